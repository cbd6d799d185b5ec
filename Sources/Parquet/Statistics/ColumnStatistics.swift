import Bytes
package import Records

/// What is known of the values of a column in a file, a row group or a page.
package struct ColumnStatistics: Equatable, Sendable {
    /// nil where the file does not say.
    package var nullCount: Int?
    /// A lower bound of the values that are not null and not NaN.
    package var minimum: StatisticValue?
    package var maximum: StatisticValue?
    /// True where the bound is one of the values.
    package var isMinimumExact = true
    package var isMaximumExact = true
    /// True where there may be values and nothing is known of where they begin or end: `minimum` or `maximum` is
    /// nil for that reason, and not because there is no value.
    package private(set) var lacksMinimum = false
    package private(set) var lacksMaximum = false

    package init(nullCount: Int? = nil, minimum: StatisticValue? = nil, maximum: StatisticValue? = nil) {
        self.nullCount = nullCount
        self.minimum = minimum
        self.maximum = maximum
    }

    /// False where no value can lie in `lower...upper`; an end that is nil is open.
    package func mayContain(
        _ lower: StatisticValue?, _ upper: StatisticValue?, as type: ColumnType
    ) -> Bool {
        if let lower, let maximum, maximum.precedes(lower, as: type) { return false }
        if let upper, let minimum, upper.precedes(minimum, as: type) { return false }
        return true
    }

    /// Widens the bounds by those of other rows of the same column.
    mutating func merge(_ other: ColumnStatistics, as type: ColumnType) {
        if let mine = nullCount, let more = other.nullCount {
            nullCount = mine + more
        } else {
            nullCount = nil
        }
        if lacksMinimum || other.lacksMinimum {
            lacksMinimum = true
            minimum = nil
        } else if let low = other.minimum, minimum.map({ low.precedes($0, as: type) }) ?? true {
            minimum = low
            isMinimumExact = other.isMinimumExact
        }
        if lacksMaximum || other.lacksMaximum {
            lacksMaximum = true
            maximum = nil
        } else if let high = other.maximum, maximum.map({ $0.precedes(high, as: type) }) ?? true {
            maximum = high
            isMaximumExact = other.isMaximumExact
        }
    }
}

extension ColumnStatistics {
    /// Those of a chunk of `valueCount` values, nulls included.
    ///
    /// Writers leave bounds out: of long strings, of columns with NaN, or always. What other rows say of theirs
    /// must then not be taken for bounds of these.
    init(_ stored: StoredStatistics, _ column: FileColumn, valueCount: Int) {
        self.init(stored, column)
        let isEmpty = nullCount == valueCount
        lacksMinimum = minimum == nil && !isEmpty
        lacksMaximum = maximum == nil && !isEmpty
    }

    init(_ stored: StoredStatistics, _ column: FileColumn) {
        self.init(nullCount: stored.nullCount)
        // The older fields were written in signed order, whatever the type.
        let type = column.column.type
        let isSignedOrder = !type.isUnsigned && type.lane != .bytes && column.type != .fixedLengthByteArray
        let low = stored.minimum ?? (isSignedOrder ? stored.signedMinimum : nil)
        let high = stored.maximum ?? (isSignedOrder ? stored.signedMaximum : nil)
        // Nobody defines an order for INT96.
        guard column.type != .int96 else { return }
        minimum = low.flatMap { StatisticValue(plain: $0, column) }
        maximum = high.flatMap { StatisticValue(plain: $0, column) }
        isMinimumExact = stored.isMinimumExact ?? (type.lane != .bytes)
        isMaximumExact = stored.isMaximumExact ?? (type.lane != .bytes)
    }

    /// The form of the footer: long bounds cut, zeros signed so that they cover both.
    func stored(_ column: FileColumn, longest: Int) -> StoredStatistics {
        var result = StoredStatistics()
        result.nullCount = nullCount
        if let minimum {
            let (bound, isExact) = minimum.lowerBound(longest: longest, as: column.column.type)
            result.minimum = bound.plain(column)
            result.isMinimumExact = isExact && isMinimumExact
        }
        if let maximum {
            // Where nothing short is above it, the value itself is the bound.
            let (bound, isExact) =
                maximum.upperBound(longest: longest, as: column.column.type) ?? (maximum, isExact: true)
            result.maximum = bound.plain(column)
            result.isMaximumExact = isExact && isMaximumExact
        }
        return result
    }
}
