package import Bytes

/// Grows one column, value by value.
///
/// Only the array of the column's lane is used; keeping all of them side by side instead of in an enum is
/// what makes an append one store. A value is appended with the call of its lane.
@frozen
@usableFromInline
package struct ColumnBuilder: Sendable {
    @usableFromInline package let type: ColumnType
    @usableFromInline package let lane: Lane
    @usableFromInline package var booleans: [UInt8] = []
    @usableFromInline package var int32s: [Int32] = []
    @usableFromInline package var int64s: [Int64] = []
    @usableFromInline package var int128s: [Int128] = []
    @usableFromInline package var floats: [Float] = []
    @usableFromInline package var doubles: [Double] = []
    @usableFromInline package var bytes = ByteColumn()
    /// One byte a row, as in ``ColumnVector/validity``.
    @usableFromInline package var validity: [UInt8] = []
    @usableFromInline package var nullCount = 0

    package init(type: ColumnType) {
        self.type = type
        lane = type.lane
    }

    @inlinable package var count: Int { validity.count }

    @inlinable package mutating func append(boolean value: Bool) {
        booleans.append(value ? 1 : 0)
        validity.append(1)
    }

    @inlinable package mutating func append(int32 value: Int32) {
        int32s.append(value)
        validity.append(1)
    }

    @inlinable package mutating func append(int64 value: Int64) {
        int64s.append(value)
        validity.append(1)
    }

    @inlinable package mutating func append(int128 value: Int128) {
        int128s.append(value)
        validity.append(1)
    }

    @inlinable package mutating func append(float value: Float) {
        floats.append(value)
        validity.append(1)
    }

    @inlinable package mutating func append(double value: Double) {
        doubles.append(value)
        validity.append(1)
    }

    @inlinable package mutating func append(bytes value: UnsafeRawBufferPointer) {
        bytes.append(value)
        validity.append(1)
    }

    package mutating func append(bytes value: ByteString) {
        bytes.append(value)
        validity.append(1)
    }

    package mutating func appendNull() {
        switch lane {
        case .boolean: booleans.append(0)
        case .int32: int32s.append(0)
        case .int64: int64s.append(0)
        case .int128: int128s.append(0)
        case .float: floats.append(0)
        case .double: doubles.append(0)
        case .bytes: bytes.appendEmpty()
        case .none: break
        }
        validity.append(0)
        nullCount += 1
    }

    /// Appends a value of the column's type, or a null; not for hot paths.
    ///
    /// - Precondition: an integer fits the type.
    package mutating func append(_ value: TypedValue?) {
        switch (value, lane) {
        case (nil, _): appendNull()
        case (.boolean(let value), .boolean): append(boolean: value)
        case (.integer(let value), .int32):
            append(int32: type.isUnsigned ? Int32(bitPattern: UInt32(value)) : Int32(value))
        case (.integer(let value), .int64):
            append(int64: type.isUnsigned ? Int64(bitPattern: UInt64(value)) : Int64(value))
        case (.integer(let value), .int128): append(int128: value)
        case (.floating(let value), .float): append(float: Float(value))
        case (.floating(let value), .double): append(double: value)
        case (.bytes(let value), .bytes): append(bytes: value)
        default: preconditionFailure("a value of another type than its column, \(type.name)")
        }
    }

    package mutating func reserveCapacity(_ rows: Int) {
        switch lane {
        case .boolean: booleans.reserveCapacity(rows)
        case .int32: int32s.reserveCapacity(rows)
        case .int64: int64s.reserveCapacity(rows)
        case .int128: int128s.reserveCapacity(rows)
        case .float: floats.reserveCapacity(rows)
        case .double: doubles.reserveCapacity(rows)
        case .bytes: bytes.offsets.reserveCapacity(rows + 1)
        case .none: break
        }
        validity.reserveCapacity(rows)
    }

    /// The column so far; the builder starts anew.
    package mutating func finish() -> ColumnVector {
        let rows = count
        let values: ColumnValues
        switch lane {
        case .boolean: values = .boolean(take(&booleans))
        case .int32: values = .int32(take(&int32s))
        case .int64: values = .int64(take(&int64s))
        case .int128: values = .int128(take(&int128s))
        case .float: values = .float(take(&floats))
        case .double: values = .double(take(&doubles))
        case .bytes:
            values = .bytes(bytes)
            bytes = ByteColumn()
        case .none: values = .none(count: rows)
        }
        let hasNulls = nullCount > 0 && lane != .none
        nullCount = 0
        let rowsThatHaveValues = take(&validity)
        return ColumnVector(values: values, validity: hasNulls ? rowsThatHaveValues : nil)
    }

    private func take<T>(_ array: inout [T]) -> [T] {
        let result = array
        array = []
        return result
    }
}

extension ColumnBuilder {
    /// Bytes of the values so far.
    package var byteCount: Int {
        let width =
            switch lane {
            case .boolean: 1
            case .int32, .float: 4
            case .int64, .double: 8
            case .int128: 16
            case .bytes: 4
            case .none: 0
            }
        return count * (width + 1) + bytes.data.count
    }
}
