package import Bytes

/// One value that is not null, apart from any column: a bound, a literal, a partition value.
package enum TypedValue: Hashable, Sendable {
    case boolean(Bool)
    /// Integers and decimals (unscaled), days and timestamps (in the type's unit).
    case integer(Int128)
    /// A float is exact as a double.
    case floating(Double)
    case bytes(ByteString)

    /// Negative, zero or positive in the order of keys: NaN after every number, -0 with 0, bytes by memcmp.
    ///
    /// - Precondition: both are values of one type.
    package func compare(_ other: TypedValue) -> Int {
        switch (self, other) {
        case (.boolean(let a), .boolean(let b)): a == b ? 0 : a ? 1 : -1
        case (.integer(let a), .integer(let b)): a < b ? -1 : a > b ? 1 : 0
        case (.floating(let a), .floating(let b)): Self.compare(a, b)
        case (.bytes(let a), .bytes(let b)):
            a.withUnsafeBytes { left in b.withUnsafeBytes { compareBytes(left, $0) } }
        default: preconditionFailure("values of different types have no order")
        }
    }

    private static func compare(_ a: Double, _ b: Double) -> Int {
        if a.isNaN || b.isNaN { return a.isNaN == b.isNaN ? 0 : a.isNaN ? 1 : -1 }
        return a < b ? -1 : a > b ? 1 : 0
    }
}

extension ColumnVector {
    /// The value of a row; nil where it is null.
    package func value(_ row: Int, _ type: ColumnType) -> TypedValue? {
        if isNull(row) { return nil }
        switch values {
        case .boolean(let values): return .boolean(values[row] != 0)
        case .int32(let values):
            let value = values[row]
            return .integer(type.isUnsigned ? Int128(UInt32(bitPattern: value)) : Int128(value))
        case .int64(let values):
            let value = values[row]
            return .integer(type.isUnsigned ? Int128(UInt64(bitPattern: value)) : Int128(value))
        case .int128(let values): return .integer(values[row])
        case .float(let values): return .floating(Double(values[row]))
        case .double(let values): return .floating(values[row])
        case .bytes(let values): return .bytes(values[row])
        case .none: return nil
        }
    }

    /// A column in which every row is `value`, or null.
    package init(repeating value: TypedValue?, type: ColumnType, count: Int) {
        guard let value else {
            self = .nulls(type: type, count: count)
            return
        }
        switch (value, type.lane) {
        case (.boolean(let value), _):
            self.init(values: .boolean(Array(repeating: value ? 1 : 0, count: count)))
        case (.integer(let value), .int32):
            self.init(values: .int32(Array(repeating: Int32(truncatingIfNeeded: value), count: count)))
        case (.integer(let value), .int64):
            self.init(values: .int64(Array(repeating: Int64(truncatingIfNeeded: value), count: count)))
        case (.integer(let value), _): self.init(values: .int128(Array(repeating: value, count: count)))
        case (.floating(let value), .float):
            self.init(values: .float(Array(repeating: Float(value), count: count)))
        case (.floating(let value), _): self.init(values: .double(Array(repeating: value, count: count)))
        case (.bytes(let value), _):
            var column = ByteColumn()
            column.data.reserveCapacity(value.count * count)
            for _ in 0..<count { column.append(value) }
            self.init(values: .bytes(column))
        }
    }

    /// A column of nulls in the lane of `type`.
    package static func nulls(type: ColumnType, count: Int) -> ColumnVector {
        let values: ColumnValues =
            switch type.lane {
            case .boolean: .boolean(Array(repeating: 0, count: count))
            case .int32: .int32(Array(repeating: 0, count: count))
            case .int64: .int64(Array(repeating: 0, count: count))
            case .int128: .int128(Array(repeating: 0, count: count))
            case .float: .float(Array(repeating: 0, count: count))
            case .double: .double(Array(repeating: 0, count: count))
            case .bytes: .bytes(ByteColumn(offsets: Array(repeating: 0, count: count + 1), data: []))
            case .none: .none(count: count)
            }
        return ColumnVector(
            values: values, validity: type.lane == .none ? nil : Array(repeating: 0, count: count))
    }
}

extension ByteColumn {
    /// Calls `body` with the bytes of a row, borrowed.
    package func withRow<R>(_ row: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        return try data.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
}
