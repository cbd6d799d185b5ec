import Bytes
import Metadata
import Planning
import Platform
import Storage
import Tables
import TestKit
import TransactionLog

/// A store in memory with one table whose data files hold a byte each: what a purge does needs no rows.
final class PurgeFixture {
    static let hour: Int64 = 3_600_000
    static let begin: Int64 = 1_700_000_000_000

    let storage: MemoryStorage
    let clock: ManualClock
    let directory: TemporaryDirectory
    let store: Store
    let table: Table
    private var next: UInt64
    private var isOpen = true

    /// - Parameter storage: with the table in it already where `seed` is not the first one's.
    init(
        storage: MemoryStorage = MemoryStorage(), clock: ManualClock = ManualClock(milliseconds: begin),
        seed: UInt64 = 7, properties: [(ByteString, ByteString)] = []
    ) throws {
        self.storage = storage
        self.clock = clock
        next = (seed & 0xFFFF) << 32 | 1
        directory = try TemporaryDirectory("purge")
        storage.setTime(milliseconds: clock.nowMilliseconds())
        store = try Store.open(
            storage: storage, root: directory.path,
            options: StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: seed), command: "test", scratchPath: directory.path
            ))
        if try store.tableNames().isEmpty {
            table = try store.createTable("t", TableCreation(rowKey: ["k"]))
            for (name, value) in properties { try table.setProperty(name, value) }
        } else {
            table = try store.table("t")
        }
    }

    deinit { end() }

    func end() {
        if isOpen { store.close() }
        isOpen = false
    }

    var now: Int64 { clock.nowMilliseconds() }

    func advance(hours: Int64) {
        clock.advance(milliseconds: hours * Self.hour)
        storage.setTime(milliseconds: clock.nowMilliseconds())
    }

    /// Writes a data file without committing it, as a writer that dies does.
    @discardableResult
    func write(_ number: UInt64? = nil) throws -> FileEntry {
        let id = number ?? next
        next = max(next, id) + 1
        let time = TimestampText.compact(milliseconds: now)
        let path = ByteString("data/\(time)-\(Hex.string(id)).parquet")
        try storage.putIfAbsent(table.key(path), [1])
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple([]), sizeBytes: 1,
            modificationTime: now)
        entry.rowCount = 1
        return entry
    }

    @discardableResult
    func add(_ count: Int = 1) throws -> [FileEntry] {
        clock.advance(milliseconds: 1000)
        storage.setTime(milliseconds: clock.nowMilliseconds())
        let entries = try (0..<count).map { _ in try write() }
        try table.commit("INGEST", actions: entries.map { .add($0) })
        return entries
    }

    func remove(_ entries: [FileEntry]) throws {
        clock.advance(milliseconds: 1000)
        storage.setTime(milliseconds: clock.nowMilliseconds())
        try table.commit(
            "REMOVE",
            actions: entries.map {
                .remove(
                    FileRemoval(
                        path: $0.path, id: $0.id, deletionTimestamp: now, dataChange: true,
                        sizeBytes: $0.sizeBytes))
            })
    }

    func age(_ text: ByteString) throws -> PurgeAge { try PurgeAge(text, isForced: true, now: now) }

    func plan(_ text: ByteString) throws -> PurgePlan { try Purger(table: table).plan(try age(text)) }

    func purge(_ text: ByteString) throws -> Purger.Outcome {
        try Purger(table: table, pause: { _ in }).run(try age(text))
    }

    /// Paths below the table.
    var keys: Set<ByteString> {
        Set(storage.allKeys.filter { $0.hasPrefix("t/") }.map { ByteString(Array($0.bytes.dropFirst(2))) })
    }

    var dataFiles: Set<ByteString> { keys.filter { $0.hasPrefix("data/") } }

    /// The paths of the files that a version is made of.
    func files(at version: Version, of table: Table? = nil) throws -> Set<ByteString> {
        try Self.paths((table ?? self.table).log.state(at: version))
    }

    static func paths(_ state: TableState) -> Set<ByteString> {
        var paths: Set<ByteString> = []
        state.files.forEach { paths.insert($0.path) }
        return paths
    }
}

extension PurgePlan {
    func names(_ kind: Kind) -> [ByteString] { items.filter { $0.kind == kind }.map(\.name) }
    func kept(_ kind: Kind) -> [String] { kept.filter { $0.kind == kind }.map(\.why) }
}
