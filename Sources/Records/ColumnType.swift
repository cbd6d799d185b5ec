/// The type of a column: what a value means and how values compare.
@usableFromInline
package enum ColumnType: Hashable, Sendable {
    case boolean
    case int8, int16, int32, int64
    case uint8, uint16, uint32, uint64
    case float, double
    /// Valid UTF-8, compared byte by byte.
    case string
    case binary
    /// Days since 1970-01-01.
    case date
    /// Units since 1970-01-01T00:00:00, in UTC or in no particular zone.
    case timestamp(TimeUnit, isUTC: Bool)
    /// An exact number of `precision` digits (1 to 38), `scale` of them behind the point.
    case decimal(precision: Int, scale: Int)
    /// A column of an inferred schema in which only nulls have been seen so far.
    case undecided

    /// How the values of the type lie in memory.
    package var lane: Lane {
        switch self {
        case .boolean: .boolean
        case .int8, .int16, .int32, .uint8, .uint16, .uint32, .date: .int32
        case .int64, .uint64, .timestamp: .int64
        case .float: .float
        case .double: .double
        case .string, .binary: .bytes
        case .decimal(let precision, _): precision <= 9 ? .int32 : precision <= 18 ? .int64 : .int128
        case .undecided: .none
        }
    }

    /// True where the lane's integers are bit patterns of unsigned values.
    package var isUnsigned: Bool {
        switch self {
        case .uint8, .uint16, .uint32, .uint64: true
        default: false
        }
    }
}

/// The resolution of a timestamp.
@usableFromInline
package enum TimeUnit: String, Hashable, Sendable {
    case millisecond = "ms"
    case microsecond = "us"
    case nanosecond = "ns"
}

/// The physical form of a column's values.
@frozen
@usableFromInline
package enum Lane: Hashable, Sendable {
    /// One byte a value, 0 or 1.
    case boolean
    case int32, int64, int128
    case float, double
    case bytes
    /// No values: every row is null.
    case none
}
