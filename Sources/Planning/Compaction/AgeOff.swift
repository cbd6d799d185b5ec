import Bytes
package import Metadata
package import Records

/// From when on rows are too old to keep: those whose value of `column` lies below `cutoff`.
///
/// A null is no age, so such a row stays. A merge may leave aged rows of an append table out always. Of an upsert
/// table it may where delete markers may go, and then by the newest row of a key alone: an aged row hides the older
/// ones of its key, which would come back.
package struct AgeOff: Hashable, Sendable {
    package let column: TableSchema.Column
    package let days: Int64
    /// Epoch milliseconds.
    package let now: Int64
    /// Days since 1970-01-01, or the timestamp's units.
    package let cutoff: Int128
    /// How long a row may stay beyond its time where it shares a file with younger ones, in the same unit: one day
    /// in eight, at least one. A file with rows of many days is then written about once an eighth of its life, and
    /// one that ages within so short a time goes whole.
    package let lateness: Int128

    package enum Setting: Hashable, Sendable {
        case off
        case on(AgeOff)
        /// Why the properties, as they stand, let no row age.
        case impossible(String)
    }

    /// What `ageOff.column` and `ageOff.days` mean for the table.
    ///
    /// - Parameter now: epoch milliseconds.
    package static func setting(of state: TableState, now: Int64) -> Setting {
        let properties = state.properties
        guard !properties.ageOffColumn.isEmpty, let days = properties.ageOffDays else { return .off }
        let name = properties.ageOffColumn
        guard let column = state.definition.schema?.column(name) else {
            return .impossible("ageOff.column names \(name.display), and the table has no such column")
        }
        guard let ageOff = AgeOff(column: column, days: days, now: now) else {
            return .impossible("ageOff.column names \(name.display), which is neither a date nor a timestamp")
        }
        return .on(ageOff)
    }

    /// nil where the column has no time.
    ///
    /// - Parameter now: epoch milliseconds.
    package init?(column: TableSchema.Column, days: Int64, now: Int64) {
        guard let unit = Unit(column.type) else { return nil }
        self.column = column
        self.days = days
        self.now = now
        // A date ages when its last moment does.
        cutoff = unit.value(at: now) - unit.ofDays(days)
        lateness = unit.ofDays(max(1, days / 8))
    }

    /// Whether a row of this value is too old.
    package func isAged(_ value: TypedValue?) -> Bool {
        guard case .integer(let value)? = value else { return false }
        return value < cutoff
    }

    /// True of rows that are too old, unknown of those without an age.
    package var filter: Filter {
        Filter(columns: [column], condition: .comparison(column: 0, .less, .at(.integer(cutoff))))
    }

    /// Whether every row is too old.
    func covers(_ bounds: AgeBounds?) -> Bool {
        guard let bounds, let max = bounds.max, !bounds.mayHoldNull else { return false }
        return max < cutoff
    }

    /// Whether a row is too old.
    func reaches(_ bounds: AgeBounds?) -> Bool { bounds?.min.map { $0 < cutoff } ?? false }

    /// How many times over the oldest row has stayed as long as one may.
    func overdue(_ bounds: AgeBounds?) -> Double {
        guard let min = bounds?.min, min < cutoff else { return 0 }
        return Double(cutoff - min) / Double(lateness)
    }

    /// From when on every row is too old, epoch milliseconds; nil where that is not known to come.
    func coversFrom(_ bounds: AgeBounds?) -> Int64? {
        guard let bounds, let max = bounds.max, !bounds.mayHoldNull, let unit = Unit(column.type) else {
            return nil
        }
        return unit.time(of: max + unit.ofDays(days) + 1)
    }

    /// From when on the oldest row has stayed as long as one may; nil where its age is not known.
    func isOverdueFrom(_ bounds: AgeBounds?) -> Int64? {
        guard let min = bounds?.min, let unit = Unit(column.type) else { return nil }
        return unit.time(of: min + unit.ofDays(days) + lateness)
    }

    /// A day or a moment as the column counts it.
    private struct Unit {
        private let perDay: Int128

        init?(_ type: ColumnType) {
            switch type {
            case .date: perDay = 1
            case .timestamp(let unit, _): perDay = Int128(unit.perSecond) * 86_400
            default: return nil
            }
        }

        func ofDays(_ days: Int64) -> Int128 { Int128(days) * perDay }

        func value(at milliseconds: Int64) -> Int128 {
            let product = Int128(milliseconds) * perDay
            let quotient = product / Self.dayMilliseconds
            return product % Self.dayMilliseconds < 0 ? quotient - 1 : quotient
        }

        /// The first millisecond at which the value is reached.
        func time(of value: Int128) -> Int64 {
            let product = value * Self.dayMilliseconds
            let quotient = product / perDay
            return Int64(clamping: product % perDay > 0 ? quotient + 1 : quotient)
        }

        private static let dayMilliseconds: Int128 = 86_400_000
    }
}

/// Between which values the age column's lie in a file; nil is a side on which nothing is known.
package struct AgeBounds: Hashable, Sendable {
    package var min: Int128?
    package var max: Int128?
    /// False only where it is known that every row has a value.
    package var mayHoldNull: Bool

    package init(min: Int128?, max: Int128?, mayHoldNull: Bool) {
        self.min = min
        self.max = max
        self.mayHoldNull = mayHoldNull
    }
}
