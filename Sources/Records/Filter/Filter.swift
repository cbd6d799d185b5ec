package import Bytes

/// A condition on the columns of a table, with its literals typed by the columns that they meet.
///
/// It is read from text by ``init(_:schema:)``. A row satisfies it where it is true; as in SQL it is neither true
/// nor false where a null decides.
package struct Filter: Hashable, Sendable {
    /// The columns that it names, each once; conditions name them by their place here.
    package let columns: [TableSchema.Column]
    package let condition: Condition

    package indirect enum Condition: Hashable, Sendable {
        /// `TRUE`, `FALSE`, and nil for `NULL`.
        case constant(Bool?)
        case comparison(column: Int, Comparison, Literal)
        /// Is one of the literals; `orNull` where NULL is in the list, which makes false unknown.
        case isIn(column: Int, [Literal], orNull: Bool)
        /// `LIKE 'prefix%'`.
        case hasPrefix(column: Int, ByteString)
        case isNull(column: Int)
        case not(Condition)
        case all([Condition])
        case any([Condition])
    }

    package enum Comparison: String, Hashable, Sendable, CaseIterable {
        case equal = "="
        case notEqual = "<>"
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="

        /// Whether it holds where the value stands so to the literal: negative is below, zero equal.
        package func holds(_ order: Int) -> Bool {
            switch self {
            case .equal: order == 0
            case .notEqual: order != 0
            case .less: order < 0
            case .lessOrEqual: order <= 0
            case .greater: order > 0
            case .greaterOrEqual: order >= 0
            }
        }
    }

    package init(columns: [TableSchema.Column], condition: Condition) {
        self.columns = columns
        self.condition = condition
    }
}

extension Filter {
    /// A literal as a place in the order of its column's values: at one of them, or between two neighbours.
    ///
    /// `1.5` before a column of integers is above 1 and below 2; a number beyond the type is above, or below, all.
    package enum Literal: Hashable, Sendable {
        case at(TypedValue)
        /// Above this value, and below every one that is greater.
        case justAbove(TypedValue)

        /// Negative, zero or positive as the value is below, at or above the place.
        package func order(of value: TypedValue) -> Int {
            switch self {
            case .at(let place): value.compare(place)
            case .justAbove(let place): value.compare(place) <= 0 ? -1 : 1
            }
        }

        /// Bounds say nothing of where NaN is among values: others leave it out of them.
        var isNaN: Bool {
            if case .at(.floating(let value)) = self { return value.isNaN }
            return false
        }
    }
}

extension Filter {
    /// The parts that must all be true.
    package var conjuncts: [Filter] {
        guard case .all(let parts) = condition else { return [self] }
        return parts.map { Filter(columns: columns, condition: $0) }
    }

    /// The columns that this condition names, as places in ``columns``, ascending.
    package var usedColumns: [Int] {
        var found: Set<Int> = []
        condition.collectColumns(&found)
        return found.sorted()
    }
}

extension Filter.Condition {
    fileprivate func collectColumns(_ found: inout Set<Int>) {
        switch self {
        case .constant: break
        case .comparison(let column, _, _), .isIn(let column, _, _), .hasPrefix(let column, _),
            .isNull(let column):
            found.insert(column)
        case .not(let inner): inner.collectColumns(&found)
        case .all(let parts), .any(let parts): for part in parts { part.collectColumns(&found) }
        }
    }
}
