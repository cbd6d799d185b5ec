import Bytes
import Metadata
import Platform
import Records
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// A table in memory whose data files are there, of the right length and without content.
final class VerbTable {
    let storage: MemoryStorage
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let directory: TemporaryDirectory
    let store: Store
    let table: Table

    init(kind: TableKind = .append, partitioned: Bool = false) throws {
        storage = MemoryStorage()
        storage.setTime(milliseconds: 1_700_000_000_000)
        directory = try TemporaryDirectory("verbs")
        store = try Store.open(
            storage: storage, root: directory.path,
            options: StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: 3), command: "test", scratchPath: directory.path))
        let columns = [
            TableSchema.Column(id: 1, name: "k", type: .int64, isNullable: false),
            TableSchema.Column(id: 2, name: "day", type: .int32),
            TableSchema.Column(id: 3, name: "region", type: .string),
        ]
        let partitionColumns: [ByteString] = partitioned ? ["day", "region"] : []
        table = try store.createTable(
            "t",
            TableCreation(
                kind: kind,
                schema: TableSchema(columns: columns, rowKey: ["k"], partitionColumns: partitionColumns),
                rowKey: ["k"], partitionColumns: partitionColumns))
    }

    /// A file of ten rows with the keys from `number` to `number + span`.
    func file(_ number: UInt64, day: Int? = nil, region: String = "eu", span: UInt64 = 0) -> FileEntry {
        let tuple = day.map { [ByteString(String($0)), ByteString(region)] } ?? []
        let directory = day.map { "data/day=\($0)/region=\(region)/" } ?? "data/"
        let path = ByteString(directory + "20240101T000000Z-\(Hex.string(number)).parquet")
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple(tuple),
            sizeBytes: 100 + Int64(number), modificationTime: 5)
        entry.rowCount = 10
        entry.schemaID = table.state.schemaID
        entry.minValues = [.init(column: "k", text: ByteString(String(number)))]
        entry.maxValues = [.init(column: "k", text: ByteString(String(number + span)))]
        entry.stats = #"{"nullCount":{"k":0}}"#
        entry.minKey = ByteString([UInt8(number)])
        entry.maxKey = ByteString([UInt8(number + span)])
        return entry
    }

    @discardableResult
    func add(_ files: FileEntry..., to other: Table? = nil) throws -> Version {
        for file in files {
            try storage.putIfAbsent("t/" + file.path, [UInt8](repeating: 0, count: Int(file.sizeBytes)))
        }
        clock.advance(milliseconds: 1_000)
        return try (other ?? table).commit("INGEST", actions: files.map { .add($0) }).version
    }

    static func removal(_ entry: FileEntry, job: JobID? = nil) -> Action {
        .remove(
            FileRemoval(
                path: entry.path, id: entry.id, deletionTimestamp: 0, dataChange: job == nil,
                sizeBytes: entry.sizeBytes, job: job))
    }

    @discardableResult
    func remove(_ files: FileEntry...) throws -> Version {
        clock.advance(milliseconds: 1_000)
        return try table.commit("REMOVE", actions: files.map { Self.removal($0) }).version
    }

    func paths(at version: Version? = nil) throws -> Set<ByteString> {
        var paths: Set<ByteString> = []
        let state = try version.map { try table.log.state(at: $0) } ?? table.state
        state.files.forEach { paths.insert($0.path) }
        return paths
    }

    /// Runs the body, which must not write anything.
    func writingNothing<R>(_ body: () throws -> R) throws -> R {
        let keys = storage.allKeys
        let version = table.state.version
        let result = try body()
        #expect(storage.allKeys == keys && table.state.version == version)
        return result
    }

    /// The refusal of a request, which must not write anything.
    func refusal(_ request: VerbRequest) throws -> StoreError {
        try writingNothing {
            do throws(StoreError) {
                let outcome = try table.perform(request, user: 0)
                Issue.record("\(request) was done: \(outcome.plan.summary)")
                return StoreError(.eio, "")
            } catch {
                return error
            }
        }
    }

    /// Tells what would happen, does it, and compares.
    func perform(_ request: VerbRequest) throws -> VerbOutcome {
        let planned = try writingNothing { try table.perform(request, user: 7, dryRun: true) }
        #expect(planned.isDryRun && planned.version == nil)
        let before = try paths()
        let outcome = try table.perform(request, user: 7)
        let after = try paths()
        #expect(planned.plan.added == outcome.plan.added && planned.plan.removed == outcome.plan.removed)
        #expect(Set(planned.plan.added.map(\.path)) == after.subtracting(before))
        #expect(Set(planned.plan.removed.map(\.path)) == before.subtracting(after))
        if let version = outcome.version {
            let committed = try #require(table.log.transactions(of: version)?.last)
            #expect(committed.operation == outcome.plan.operation)
            #expect(committed.notes.contains { $0.name == "user" && $0.value == "7" })
        }
        return outcome
    }
}
