import Bytes
import Records

/// One block of a sorted run in scratch space: keys and columns as they lie in memory.
///
/// Scratch files live as long as their process and are read by nobody else, so the form is the machine's
/// own: no compression, no versions. The layout is in the module's documentation.
enum SpillBlock {
    /// Appends a block, without its leading length.
    static func encode(_ batch: ColumnBatch, keys: NormalizedKeys, into writer: inout ByteWriter) {
        precondition(keys.count == batch.rowCount)
        writer.integer(UInt32(batch.rowCount))
        append(keys.offsets, to: &writer)
        append(keys.bytes, to: &writer)
        for column in batch.columns {
            writer.uint8(column.validity == nil ? 0 : 1)
            if let validity = column.validity { append(validity, to: &writer) }
            switch column.values {
            case .boolean(let lane): append(lane, to: &writer)
            case .int32(let lane): append(lane, to: &writer)
            case .int64(let lane): append(lane, to: &writer)
            case .int128(let lane): append(lane, to: &writer)
            case .float(let lane): append(lane, to: &writer)
            case .double(let lane): append(lane, to: &writer)
            case .bytes(let lane):
                append(lane.offsets, to: &writer)
                append(lane.data, to: &writer)
            case .none: break
            }
        }
    }

    static func decode(
        _ reader: inout ByteReader, schema: [TableSchema.Column]
    ) throws(DecodeError) -> (ColumnBatch, NormalizedKeys) {
        let rowCount = Int(try reader.uint32())
        let keyOffsets = try lane(&reader, UInt32.self)
        let keyBytes = try lane(&reader, UInt8.self)
        guard keyOffsets.count == rowCount + 1, Int(keyOffsets[rowCount]) == keyBytes.count else {
            throw DecodeError(
                .malformed, at: reader.offset, "the keys of a spilled block do not fit its rows")
        }
        var columns: [ColumnVector] = []
        for column in schema {
            let validity = try reader.uint8() == 0 ? nil : try lane(&reader, UInt8.self)
            let values = try values(&reader, column.type.lane, rowCount)
            guard values.count == rowCount, validity.map({ $0.count == rowCount }) ?? true else {
                throw DecodeError(
                    .malformed, at: reader.offset, "a column of a spilled block does not fit its rows")
            }
            columns.append(ColumnVector(values: values, validity: validity))
        }
        let batch = ColumnBatch(schema: schema, columns: columns, rowCount: rowCount)
        return (batch, NormalizedKeys(offsets: keyOffsets, bytes: keyBytes))
    }

    private static func values(
        _ reader: inout ByteReader, _ kind: Lane, _ rowCount: Int
    ) throws(DecodeError) -> ColumnValues {
        switch kind {
        case .boolean: return .boolean(try lane(&reader, UInt8.self))
        case .int32: return .int32(try lane(&reader, Int32.self))
        case .int64: return .int64(try lane(&reader, Int64.self))
        case .int128: return .int128(try lane(&reader, Int128.self))
        case .float: return .float(try lane(&reader, Float.self))
        case .double: return .double(try lane(&reader, Double.self))
        case .bytes:
            let offsets = try lane(&reader, UInt32.self)
            return .bytes(ByteColumn(offsets: offsets, data: try lane(&reader, UInt8.self)))
        case .none: return .none(count: rowCount)
        }
    }

    private static func append<T: BitwiseCopyable>(_ lane: [T], to writer: inout ByteWriter) {
        writer.integer(UInt64(lane.count))
        lane.withUnsafeBytes { writer.append($0) }
    }

    private static func lane<T: BitwiseCopyable>(
        _ reader: inout ByteReader, _ type: T.Type
    ) throws(DecodeError) -> [T] {
        let count = try reader.uint64()
        guard count <= UInt64(reader.remaining) else {
            throw DecodeError(.malformed, at: reader.offset, "a spilled column is longer than its block")
        }
        let bytes = try reader.slice(Int(count) * MemoryLayout<T>.stride)
        return [T](unsafeUninitializedCapacity: Int(count)) { buffer, initialized in
            UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
            initialized = Int(count)
        }
    }
}
