import Bytes
import Metadata
import Platform
import Tables
import TestKit
import Testing

/// A store of its own for a test of commands, and the firn that runs on it.
struct ScratchStore {
    let directory: TemporaryDirectory
    let store: Store

    init() throws {
        directory = try TemporaryDirectory("commands")
        store = try Store.open(at: directory.path, options: StoreOptions(command: "test"))
    }

    var path: ByteString { directory.path }

    func firn(_ words: ByteString...) throws -> (status: Int32, output: String, errors: String) {
        try FirnCommand.run(words)
    }

    /// A file that is in the log alone.
    static func entry(_ number: UInt64, day: ByteString? = nil, rows: Int64 = 10) -> FileEntry {
        let directory = day.map { ByteString("data/day=") + $0 + "/" } ?? "data/"
        let path = directory + ByteString("20240101T000000Z-\(Hex.string(number)).parquet")
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple(day.map { [$0] } ?? []),
            sizeBytes: 1_000 + Int64(number), modificationTime: 5)
        entry.rowCount = rows
        return entry
    }

    static func removal(_ entry: FileEntry) -> Action {
        .remove(
            FileRemoval(
                path: entry.path, id: entry.id, deletionTimestamp: 0, dataChange: true,
                sizeBytes: entry.sizeBytes))
    }
}
