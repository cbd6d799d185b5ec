import Bytes
import Merge
import Metadata
import Parquet
import Records
import Storage
import Testing

/// How a data file of a test is laid out.
struct FileLayout: Sendable, CustomTestStringConvertible {
    var hasPageIndex = true
    var hasSeveralRowGroups = false

    static let all = [true, false].flatMap { index in
        [false, true].map { FileLayout(hasPageIndex: index, hasSeveralRowGroups: $0) }
    }

    var testDescription: String {
        (hasPageIndex ? "page index" : "no page index") + (hasSeveralRowGroups ? ", row groups" : "")
    }

    /// Pages and row groups end between two batches.
    var batchRows: Int { hasSeveralRowGroups ? 200 : 8_192 }

    func options(targetFileSize: Int64) -> DataFileOptions {
        hasSeveralRowGroups
            ? DataFileOptions(targetFileSizeBytes: targetFileSize, rowGroupBytes: 16_000, pageBytes: 2_000)
            : DataFileOptions(targetFileSizeBytes: targetFileSize)
    }
}

extension CompactionTable {
    /// What the file says of its pages becomes bytes that say nothing, so that it is as if it had no page index.
    func removePageIndex(of entry: FileEntry) throws {
        let key = Self.name + "/" + entry.path
        var bytes = try storage.get(key)
        let groups = try ParquetFile(MemoryParquetSource(bytes)).rowGroups
        for span in groups.flatMap(\.chunks).compactMap(\.offsetIndex) {
            for place in span.offset..<span.offset + span.size { bytes[place] = 0xFF }
        }
        try storage.delete(key)
        try storage.putIfAbsent(key, bytes)
    }

    /// The normalised keys of all rows of a file, in its order.
    func keys(of entry: FileEntry) throws -> [ByteString] {
        let source = try DataFileContext.open(entry, storage: storage, directory: Self.name)
        let reader = try DataFileReader(entry, source, schema: schema, kind: kind, only: Set(schema.rowKey))
        var keys: [ByteString] = []
        while let batch = try reader.next() {
            let encoded = KeyEncoder(columns: schema.dataKeyColumns).encode(batch)
            keys += (0..<encoded.count).map { encoded[$0] }
        }
        return keys
    }

    /// The normalised key of a number.
    func key(_ number: Int64) -> ByteString {
        KeyEncoder(columns: schema.dataKeyColumns).encode(values: [.integer(Int128(number))])
    }
}
