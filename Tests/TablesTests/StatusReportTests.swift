import Bytes
import Compaction
import JSON
import Metadata
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing
import TransactionLog

@Suite("What a table tells of itself")
struct StatusReportTests {
    /// A clock on which five milliseconds pass between any two looks at it.
    private final class SteppingClock: Clock {
        private let looks = Mutex<UInt64>(0)
        func nowMilliseconds() -> Int64 { 1_700_000_000_000 }
        func monotonicNanoseconds() -> UInt64 {
            looks.withLock { looks in
                looks += 1
                return looks * 5_000_000
            }
        }
    }

    private static func store(_ storage: MemoryStorage, _ directory: TemporaryDirectory) throws -> Store {
        let options = StoreOptions(
            clock: SteppingClock(), entropy: SeededEntropy(seed: 3), command: "test",
            scratchPath: directory.path)
        return try Store.open(storage: storage, root: directory.path, options: options)
    }

    private static func file(_ number: UInt64) -> FileEntry {
        var entry = FileEntry(
            path: ByteString("data/20240131T123456Z-" + Hex.string(number) + ".parquet"), id: FileID(number),
            partitionValues: PartitionTuple([]), sizeBytes: 1000 + Int64(number), modificationTime: 17)
        entry.rowCount = 10
        return entry
    }

    /// A table of ten files, of which two of twelve are tombstones of its newest state.
    private static func table(in store: Store) throws -> Table {
        let table = try store.createTable("t", TableCreation(rowKey: ["k"]))
        func commit(_ low: UInt64, _ actions: [Action]) throws {
            _ = try table.log.commit(
                Transaction(
                    id: CommitID(high: 1, low: low), operation: "TEST", session: nil, actions: actions))
        }
        try table.setProperty("state.compaction.tombstoneThreshold", "1")
        try commit(1, (1...12).map { .add(file(UInt64($0))) })
        _ = try table.log.writeState()
        try commit(
            2,
            ([3, 7] as [UInt64]).map { number in
                let gone = file(number)
                return .remove(
                    FileRemoval(
                        path: gone.path, id: gone.id, deletionTimestamp: 0, dataChange: true,
                        sizeBytes: gone.sizeBytes))
            })
        _ = try table.log.writeState()
        return table
    }

    private static func json(_ table: Table) throws -> JSONValue {
        try JSONValue.parse(table.statusReport().json)
    }

    @Test("the keys of the format's document have true figures")
    func figures() throws {
        let directory = try TemporaryDirectory("status")
        let storage = MemoryStorage()
        let table = try Self.table(in: Self.store(storage, directory))
        let report = try Self.json(table)
        #expect(report["format"]?.stringValue == "avro-state" && report["provider"]?.stringValue == "firn")
        #expect(report["version"]?.int64Value == 3 && report["stateVersion"]?.int64Value == 3)
        #expect(report["numFiles"]?.int64Value == 10)
        // 1001 to 1012 without 1003 and 1007.
        #expect(report["totalBytes"]?.int64Value == 10_068)
        #expect(report["numManifests"]?.int64Value == 1 && report["numTombstones"]?.int64Value == 2)
        #expect(report["tombstoneRatio"]?.doubleValue == 0.2)
        #expect(report["createdAt"]?.stringValue == "2023-11-14T22:13:20.000Z")
        #expect(report["protocolVersion"]?.int64Value == 5)
        #expect(report["versionsSinceState"]?.int64Value == 0)
        #expect(report["properties"]?.arrayValue?.first == "state.compaction.tombstoneThreshold = 1.0")
        let text = String(decoding: table.statusReport().text, as: UTF8.self)
        #expect(text.contains("tombstoneRatio:") && text.contains(" 20.00%\n"))
    }

    @Test("a table without a state says so")
    func noState() throws {
        let directory = try TemporaryDirectory("status")
        let store = try Self.store(MemoryStorage(), directory)
        let report = try Self.json(try store.createTable("t", TableCreation(rowKey: ["k"])))
        #expect(report["format"]?.stringValue == "none" && report["createdAt"] == .null)
        #expect(report["numManifests"]?.int64Value == 0 && report["numTombstones"]?.int64Value == 0)
        #expect(report["tombstoneRatio"]?.doubleValue == 0 && report["stateVersion"] == nil)
        #expect(report["tags"] == .array([]))
    }

    @Test("what stands in the way of a partition is told by the partition's path")
    func obstacles() throws {
        let rows = try RowTable(splitKeys: [])
        try rows.ingest(0..<10)
        try rows.perform(.split(partition: nil, at: "5"))
        let left = try PartitionPathText(rows.table.state).id("id-to-5")
        _ = try rows.table.compactor.request(partitions: [left])
        try rows.table.setProperty("compaction.enabled", "false")
        #expect(rows.table.compactor.runOnce() == 0)
        #expect(
            try Self.json(rows.table)["obstacles"]
                == .array([.string("id-to-5: compaction.enabled is false")]))
    }

    /// The value of a metric of table `t`.
    private static func metric(_ name: String, _ table: Table) -> Double? {
        let text = String(decoding: table.metricsText(), as: UTF8.self)
        let line = text.split(separator: "\n").first { $0.hasPrefix("\(name){table=\"t\"} ") }
        return line?.split(separator: " ").last.flatMap { Double($0) }
    }

    @Test("the metrics of the format's document are measured")
    func metrics() throws {
        let directory = try TemporaryDirectory("status")
        let storage = MemoryStorage()
        let store = try Self.store(storage, directory)
        let written = try Self.table(in: store)
        #expect(Self.metric("firn_state_write_duration_ms", written) ?? 0 >= 5)
        #expect(Self.metric("firn_state_write_compacted", written) == 0)
        #expect(Self.metric("firn_state_writes_total", written) == 2)
        #expect(Self.metric("firn_state_tombstone_count", written) == 2)
        #expect(Self.metric("firn_state_tombstone_ratio", written) == 0.2)
        store.close()

        let again = try Self.store(storage, directory)
        let table = try again.table("t")
        #expect(Self.metric("firn_state_reads_total", table) == 1)
        #expect(Self.metric("firn_state_read_duration_ms", table) ?? 0 >= 5)
        // Twelve entries in one manifest of files, and the two files that wait in one of garbage.
        #expect(Self.metric("firn_state_read_manifest_count", table) == 2)
        #expect(Self.metric("firn_state_read_file_count", table) == 12)
        try table.setProperty("compaction.fanIn", "5")
        try table.checkpoint()
        #expect(Self.metric("firn_state_write_compacted", table) == 1)
        #expect(Self.metric("firn_state_compactions_total", table) == 1)
        #expect(Self.metric("firn_state_tombstone_count", table) == 0)
        again.close()
    }
}
