import Bytes
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit

@testable import Parquet

/// An append table with a key of any types, and beside it a number that tells rows apart.
struct KeyTable {
    let schema: TableSchema
    let storage = MemoryStorage()
    private let entropy = SeededEntropy()

    init(_ types: [ColumnType]) {
        let key = types.enumerated().map {
            TableSchema.Column(id: $0 + 1, name: ByteString("k\($0)"), type: $1)
        }
        let serial = TableSchema.Column(id: 99, name: "serial", type: .int64, isNullable: false)
        schema = TableSchema(columns: [serial] + key, rowKey: key.map(\.name), partitionColumns: [])
    }

    var context: DataFileContext {
        DataFileContext(
            tableID: "t", kind: .append, schema: schema, schemaID: "s", partitionValues: PartitionTuple([]),
            storage: storage, directory: "keys", clock: ManualClock(), entropy: entropy)
    }

    var keyTypes: [ColumnType] { schema.columns.dropFirst().map(\.type) }

    /// Rows of random keys from a few values of each type, in order, and their keys.
    func batch(_ count: Int, values: Int, _ random: inout SeededGenerator) -> (ColumnBatch, [ByteString]) {
        var builder = BatchBuilder(schema: schema.columns)
        for row in 0..<count {
            let key = keyTypes.map { KeyTable.value(Int.random(in: 0..<values, using: &random), $0) }
            builder.append(row: [.integer(Int128(row))] + key)
        }
        let unordered = builder.finish()
        let encoder = KeyEncoder(schema: schema)
        let batch = unordered.gather(KeyOrder.sortedPermutation(of: encoder.encode(unordered)))
        let keys = encoder.encode(batch)
        return (batch, (0..<count).map { keys[$0] })
    }

    /// A value of a type for a number: null, ends of the range, texts that begin alike and hold zeros.
    private static func value(_ number: Int, _ type: ColumnType) -> TypedValue? {
        if number == 0 { return nil }
        switch type {
        case .undecided: return nil
        case .boolean: return .boolean(number % 2 == 0)
        case .float, .double:
            let edges = [0, -0.0, .nan, .infinity, -.infinity]
            return .floating(number < 6 ? edges[number - 1] : Double(number) / 4 - 3)
        case .string, .binary:
            let text = String(repeating: "common ", count: number % 11) + (number % 3 == 0 ? "\u{0}" : "z")
            return .bytes(ByteString(text + (number % 2 == 0 ? "" : "\(number)")))
        default:
            guard let range = type.integerRange, number < 3 else { return .integer(Int128(number % 120)) }
            return .integer(number == 1 ? range.lowerBound : range.upperBound)
        }
    }

    /// Writes one file. Pages and row groups end between two batches, so small ones make small pages.
    func write(_ batch: ColumnBatch, batchRows: Int = 6, options: DataFileOptions) throws -> FileEntry {
        let writer = DataFileWriter(context, options: options)
        for start in stride(from: 0, to: batch.rowCount, by: batchRows) {
            try writer.append(batch.slice(start..<min(start + batchRows, batch.rowCount)))
        }
        return try writer.finish()[0]
    }

    func bytes(_ entry: FileEntry) throws -> [UInt8] { try storage.get("keys/" + entry.path) }

    /// The file as writers leave it that write no page index.
    static func withoutPageIndex(_ bytes: [UInt8]) throws -> [UInt8] {
        let footer = try ParquetFile(MemoryParquetSource(bytes)).footer
        var metadata = try Array(bytes[footer.offset..<footer.offset + footer.size]).withByteReader {
            (reader) throws(DecodeError) in
            var compact = CompactReader(reader)
            return try FileMetadata(&compact)
        }
        var start = 0
        for group in metadata.rowGroups.indices {
            // The footer says how many rows a group has, and the reader where they begin.
            metadata.rowGroups[group].rows = start..<start + metadata.rowGroups[group].statedRowCount
            start += metadata.rowGroups[group].statedRowCount
            for chunk in metadata.rowGroups[group].chunks.indices {
                metadata.rowGroups[group].chunks[chunk].offsetIndex = nil
                metadata.rowGroups[group].chunks[chunk].columnIndex = nil
            }
        }
        let encoded = metadata.encoded()
        let length = withUnsafeBytes(of: UInt32(encoded.count).littleEndian) { Array($0) }
        return Array(bytes[..<footer.offset]) + encoded + length + Array("PAR1".utf8)
    }
}

/// Counts what is read of a file in memory.
final class CountingSource: ParquetSource {
    private let inner: MemoryParquetSource
    private let sizes = Monitor([Int]())

    init(_ bytes: [UInt8]) { inner = MemoryParquetSource(bytes) }

    var sizeBytes: Int { inner.sizeBytes }
    /// The size of each read since this was asked last.
    func takeReads() -> [Int] {
        sizes.withLock { sizes in
            defer { sizes = [] }
            return sizes
        }
    }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        sizes.withLock { $0.append(buffer.count) }
        try inner.read(at: offset, into: buffer)
    }
}
