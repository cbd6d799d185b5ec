import Bytes
import Metadata
import Platform
import Storage
import Tables
import TestKit

/// One table of a store in memory, opened by as many sessions as a test wants, each with a clock of its own; its data
/// files hold a byte each.
final class CollectorTable {
    static let hour: Int64 = 3_600_000
    static let begin: Int64 = 1_700_000_000_000

    /// A process that has the store open.
    final class Process: Sendable {
        let clock: ManualClock
        let store: Store
        let table: Table

        init(
            _ storage: any ObjectStorage, _ directory: TemporaryDirectory, seed: UInt64,
            runsServices: Bool = false, watchesSessions: Bool = false
        ) throws {
            clock = ManualClock(milliseconds: begin)
            var options = StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: seed), command: ByteString("test \(seed)"),
                scratchPath: directory.path)
            options.runsServices = runsServices
            options.watchesSessions = watchesSessions
            store = try Store.open(storage: storage, root: directory.path, options: options)
            table =
                try store.tableNames().isEmpty
                ? try store.createTable("t", TableCreation(rowKey: ["k"])) : try store.table("t")
        }

        deinit { store.close() }

        /// A read-only look at a file; false where it is refused.
        func canRead(_ entry: FileEntry) -> Bool {
            guard let file = try? table.openDataFile(entry.path, id: entry.id) else { return false }
            return (try? file.object.read(at: 0, count: 1)) == [1]
        }
    }

    let memory: MemoryStorage
    let storage: InterludeStorage
    let directory: TemporaryDirectory
    /// Commits and collects.
    let collector: Process
    private var next: UInt64 = 1

    /// - Parameter properties: besides those by which nothing old is kept for longer than an hour.
    init(properties: [(ByteString, ByteString)] = []) throws {
        memory = MemoryStorage()
        memory.setTime(milliseconds: Self.begin)
        storage = InterludeStorage(memory)
        directory = try TemporaryDirectory("collector")
        collector = try Process(storage, directory, seed: 1)
        let usual: [(ByteString, ByteString)] = [
            ("state.retention.hours", "0"), ("state.retention.versions", "1"), ("log.retention.hours", "1"),
            ("gc.delayMinutes", "0"),
        ]
        for (name, value) in usual + properties { try table.setProperty(name, value) }
    }

    var table: Table { collector.table }

    func open(seed: UInt64, runsServices: Bool = false) throws -> Process {
        try Process(storage, directory, seed: seed, runsServices: runsServices)
    }

    @discardableResult
    func add(_ count: Int, sizeBytes: Int64 = 1) throws -> [FileEntry] {
        let entries = try (0..<count).map { _ in
            next += 1
            let time = TimestampText.compact(milliseconds: collector.clock.nowMilliseconds())
            let path = ByteString("data/\(time)-\(Hex.string(next)).parquet")
            try memory.putIfAbsent(table.key(path), [1])
            var entry = FileEntry(
                path: path, id: FileID(path: path), partitionValues: PartitionTuple([]), sizeBytes: sizeBytes,
                modificationTime: 0)
            entry.rowCount = 1
            return entry
        }
        try table.commit("INGEST", actions: entries.map { .add($0) })
        return entries
    }

    func remove(_ entries: [FileEntry]) throws {
        try table.commit(
            "REMOVE",
            actions: entries.map {
                .remove(
                    FileRemoval(
                        path: $0.path, id: $0.id, deletionTimestamp: 0, dataChange: true,
                        sizeBytes: $0.sizeBytes))
            })
    }

    /// Of files that are added, most are removed again; the version in between is `old`.
    func history(_ count: Int = 3) throws -> (old: Version, gone: [FileEntry], live: [FileEntry]) {
        let files = try add(count + 1)
        let old = table.state.version
        try remove(Array(files.dropLast()))
        try table.checkpoint()
        return (old, Array(files.dropLast()), [files[count]])
    }

    /// The data files in storage, as paths below the table.
    var dataFiles: Set<ByteString> { Self.dataFiles(in: memory) }

    static func dataFiles(in memory: MemoryStorage) -> Set<ByteString> {
        Set(
            memory.allKeys.filter { $0.hasPrefix("t/data/") }.map { ByteString(Array($0.bytes.dropFirst(2))) }
        )
    }
}

extension [FileEntry] {
    var paths: Set<ByteString> { Set(map(\.path)) }
}
