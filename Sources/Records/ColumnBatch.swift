package import Bytes

/// Byte strings of many rows, back to back: row `i` is `data[offsets[i]..<offsets[i + 1]]`.
@frozen
@usableFromInline
package struct ByteColumn: Sendable {
    /// One more than there are rows; the first is 0. A batch holds less than 4 GiB of bytes.
    @usableFromInline package var offsets: [UInt32]
    @usableFromInline package var data: [UInt8]

    @inlinable
    package init() {
        offsets = [0]
        data = []
    }

    @inlinable
    package init(offsets: [UInt32], data: [UInt8]) {
        self.offsets = offsets
        self.data = data
    }

    @inlinable package var count: Int { offsets.count - 1 }

    @inlinable
    package mutating func append(_ bytes: UnsafeRawBufferPointer) {
        data.append(contentsOf: bytes)
        offsets.append(UInt32(truncatingIfNeeded: data.count))
    }

    package mutating func append(_ string: ByteString) {
        data.append(contentsOf: string.bytes)
        offsets.append(UInt32(truncatingIfNeeded: data.count))
    }

    /// A null or an empty string.
    @inlinable package mutating func appendEmpty() { offsets.append(UInt32(truncatingIfNeeded: data.count)) }

    package subscript(row: Int) -> ByteString {
        ByteString(Array(data[Int(offsets[row])..<Int(offsets[row + 1])]))
    }
}

/// The values of one column, dense: a null row holds zero or nothing.
@frozen
@usableFromInline
package enum ColumnValues: Sendable {
    case boolean([UInt8])
    case int32([Int32])
    case int64([Int64])
    case int128([Int128])
    case float([Float])
    case double([Double])
    case bytes(ByteColumn)
    /// Every row is null.
    case none(count: Int)

    @inlinable
    package var count: Int {
        switch self {
        case .boolean(let values): values.count
        case .int32(let values): values.count
        case .int64(let values): values.count
        case .int128(let values): values.count
        case .float(let values): values.count
        case .double(let values): values.count
        case .bytes(let values): values.count
        case .none(let count): count
        }
    }
}

/// One column of a batch.
@frozen
@usableFromInline
package struct ColumnVector: Sendable {
    @usableFromInline package var values: ColumnValues
    /// One byte a row, 1 where there is a value and 0 where it is null; nil where no row is null.
    @usableFromInline package var validity: [UInt8]?

    @inlinable
    package init(values: ColumnValues, validity: [UInt8]? = nil) {
        self.values = values
        self.validity = validity
    }

    @inlinable package var count: Int { values.count }

    @inlinable
    package func isNull(_ row: Int) -> Bool {
        if case .none = values { return true }
        return validity.map { $0[row] == 0 } ?? false
    }
}

/// A block of rows, column by column: what travels between modules instead of single values.
@frozen
@usableFromInline
package struct ColumnBatch: Sendable {
    /// Names and types in the order of `columns`.
    @usableFromInline package var schema: [TableSchema.Column]
    @usableFromInline package var columns: [ColumnVector]
    @usableFromInline package var rowCount: Int

    /// - Precondition: every column has `rowCount` rows.
    package init(schema: [TableSchema.Column], columns: [ColumnVector], rowCount: Int) {
        precondition(schema.count == columns.count)
        assert(columns.allSatisfy { $0.count == rowCount })
        self.schema = schema
        self.columns = columns
        self.rowCount = rowCount
    }
}
