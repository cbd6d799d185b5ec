package import Bytes
package import Records

/// A bound of a column's values.
package enum StatisticValue: Equatable, Sendable {
    case boolean(Bool)
    /// The lanes int32 and int64; unsigned values are the lane's bit patterns.
    case integer(Int64)
    case wide(Int128)
    case float(Float)
    case double(Double)
    case bytes(ByteString)

    /// True where this value sorts before `other` as values of `type`.
    package func precedes(_ other: StatisticValue, as type: ColumnType) -> Bool {
        switch (self, other) {
        case (.boolean(let a), .boolean(let b)): !a && b
        case (.integer(let a), .integer(let b)):
            type.isUnsigned ? UInt64(bitPattern: a) < UInt64(bitPattern: b) : a < b
        case (.wide(let a), .wide(let b)): a < b
        case (.float(let a), .float(let b)): a < b
        case (.double(let a), .double(let b)): a < b
        case (.bytes(let a), .bytes(let b)): a < b
        default: false
        }
    }

    /// A column of this one value.
    package func vector(_ type: ColumnType) -> ColumnVector {
        switch self {
        case .boolean(let value): ColumnVector(values: .boolean([value ? 1 : 0]))
        case .integer(let value):
            ColumnVector(
                values: type.lane == .int32 ? .int32([Int32(truncatingIfNeeded: value)]) : .int64([value]))
        case .wide(let value): ColumnVector(values: .int128([value]))
        case .float(let value): ColumnVector(values: .float([value]))
        case .double(let value): ColumnVector(values: .double([value]))
        case .bytes(let value):
            ColumnVector(
                values: .bytes(
                    ByteColumn(offsets: [0, UInt32(truncatingIfNeeded: value.count)], data: value.bytes)))
        }
    }
}

extension StatisticValue {
    /// The PLAIN form, which statistics and indexes hold.
    func plain(_ column: FileColumn) -> ByteString {
        var out = ByteWriter()
        switch self {
        case .boolean(let value): out.uint8(value ? 1 : 0)
        case .integer(let value):
            if column.type == .int32 {
                out.integer(Int32(truncatingIfNeeded: value))
            } else {
                out.integer(value)
            }
        case .wide(let value):
            for index in (0..<column.typeLength).reversed() {
                out.uint8(UInt8(truncatingIfNeeded: value >> Int128(8 * index)))
            }
        // Readers may take either zero for the other: the bound is the one that covers both.
        case .float(let value): out.float(value)
        case .double(let value): out.double(value)
        case .bytes(let value): return value
        }
        return ByteString(out.bytes)
    }

    /// Reads the PLAIN form; nil where it is not one of the column, or is NaN.
    init?(plain: ByteString, _ column: FileColumn) {
        let lane = column.column.type.lane
        if lane == .bytes {
            self = .bytes(plain)
            return
        }
        if lane == .boolean {
            guard let byte = plain.bytes.first else { return nil }
            self = .boolean(byte != 0)
            return
        }
        var bytes = plain.bytes
        let stated = bytes.count
        if case .bigEndianVariable = column.conversion {
            // In statistics a byte array stands without its length; in pages it does not.
            bytes = withUnsafeBytes(of: UInt32(truncatingIfNeeded: stated).littleEndian, Array.init) + bytes
        } else if stated != PlainDecoder.storedWidth(column) {
            return nil
        }
        guard let value = Self.decode(bytes, column, lane) else { return nil }
        self = value
    }

    private static func decode(_ bytes: [UInt8], _ column: FileColumn, _ lane: Lane) -> StatisticValue? {
        switch lane {
        case .int32: number(Int32.self, bytes, column).map { .integer(Int64($0)) }
        case .int64: number(Int64.self, bytes, column).map { .integer($0) }
        case .int128: number(Int128.self, bytes, column).map { .wide($0) }
        case .float: number(Float.self, bytes, column).flatMap { $0.isNaN ? nil : .float($0) }
        case .double: number(Double.self, bytes, column).flatMap { $0.isNaN ? nil : .double($0) }
        case .boolean, .bytes, .none: nil
        }
    }

    private static func number<T: LaneValue>(_ type: T.Type, _ bytes: [UInt8], _ column: FileColumn) -> T? {
        var value = T.zero
        var offset = 0
        let problem = bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return "empty" as String? }
            return PlainDecoder.numbers(
                type, column, from: base, &offset, end: buffer.count, count: 1, into: &value)
        }
        return problem == nil ? value : nil
    }
}
