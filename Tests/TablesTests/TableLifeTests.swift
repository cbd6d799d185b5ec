import Bytes
import Compaction
import Ingest
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing

@Suite("A table's life, without a mount")
struct TableLifeTests {
    /// A store on storage in memory, with staged files in a directory.
    final class Fixture {
        let storage: MemoryStorage
        let clock: ManualClock
        let directory: TemporaryDirectory
        let store: Store

        init(storage: MemoryStorage = MemoryStorage(), seed: UInt64 = 7) throws {
            self.storage = storage
            directory = try TemporaryDirectory("tables")
            clock = ManualClock(milliseconds: 1_700_000_000_000)
            storage.setTime(milliseconds: 1_700_000_000_000)
            var options = StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: seed), command: "test", scratchPath: directory.path
            )
            options.jobSlots = 1
            store = try Store.open(storage: storage, root: directory.path, options: options)
        }

        func copy(_ name: ByteString, _ text: String, into table: Table) throws -> IngestOutcome {
            try directory.write(name, Array(text.utf8))
            return try table.ingest.commit([
                StagedFile(
                    relativePath: name, localPath: directory.file(name), sizeBytes: Int64(text.utf8.count),
                    requester: IngestRequester(userID: 0, groupID: 0, processID: 1))
            ])
        }

        /// A table with two files that one job has replaced.
        func compactedTable() throws -> Table {
            let table = try store.createTable("t", TableCreation(rowKey: ["k"]))
            _ = try copy("a.csv", "k,v\n1,a\n3,c\n", into: table)
            _ = try copy("b.csv", "k,v\n2,b\n", into: table)
            let result = try table.compactor.foreground()
            #expect(result.failed.isEmpty)
            return table
        }
    }

    @Test("files that a job replaced wait for the delay and for kept versions, then their bytes go")
    func garbage() throws {
        let fixture = try Fixture()
        let table = try fixture.compactedTable()
        #expect(table.state.fileCount == 1)
        #expect(table.state.totalRows == 3)
        #expect(table.state.garbage.count == 2)
        let waiting = try table.collectGarbage()
        #expect(waiting?.deletedFiles == 0)
        let text = String(decoding: try table.garbageReport().text, as: UTF8.self)
        #expect(text.contains("waits"), "\(text)")

        // A day later the log's retention has passed, and a newer state stands for the current version.
        try table.setProperty("state.retention.hours", "1")
        try table.setProperty("state.retention.versions", "1")
        try table.checkpoint()
        fixture.clock.advance(milliseconds: 49 * 3_600_000)
        let outcome = try #require(try table.collectGarbage())
        let plan = String(decoding: try table.garbageReport().text, as: UTF8.self)
        #expect(outcome.deletedFiles == 2, "\(plan)")
        #expect(table.state.garbage.isEmpty)
        #expect(table.state.totalRows == 3)
    }

    @Test("on a full disk a collection still works, and takes its reserve again")
    func fullDisk() throws {
        let fixture = try Fixture()
        let table = try fixture.compactedTable()
        try table.setProperty("state.retention.hours", "1")
        try table.setProperty("state.retention.versions", "1")
        try table.checkpoint()
        fixture.clock.advance(milliseconds: 49 * 3_600_000)
        fixture.store.context.reserve.fill()
        var used: UInt64 = 0
        for key in fixture.storage.allKeys { used += try fixture.storage.size(of: key) ?? 0 }
        fixture.storage.setLimit(bytes: used)
        #expect(throws: StoreError.self) { try table.setProperty("compaction.fanIn", "5") }
        #expect(try table.collectGarbage()?.deletedFiles == 2)
        #expect(table.state.totalRows == 3)
        fixture.storage.setLimit(bytes: .max)
        _ = try table.collectGarbage()
        #expect(table.statusReport().lines.first { $0.name == "reserve" }?.text == "held")
    }

    @Test("an old version that a session has pinned is not taken from under it")
    func pinnedVersion() throws {
        let fixture = try Fixture()
        let table = try fixture.compactedTable()
        let old = try table.pin(Version(2))
        #expect(old.fileCount == 2)
        try table.setProperty("state.retention.hours", "1")
        try table.setProperty("state.retention.versions", "1")
        try table.checkpoint()
        fixture.clock.advance(milliseconds: 49 * 3_600_000)
        _ = try table.pin(Version(2))
        #expect(try table.collectGarbage()?.deletedFiles == 0)
        let text = String(decoding: try table.garbageReport().text, as: UTF8.self)
        #expect(text.contains("version 2 is read by session"), "\(text)")
        // A quarter of an hour without another look lets it go.
        fixture.clock.advance(milliseconds: 16 * 60_000)
        #expect(try table.collectGarbage()?.deletedFiles == 2)
        #expect(throws: StoreError.self) { try table.pin(Version(2)) }
    }

    @Test("a table to which nothing was committed can be removed, one with rows cannot")
    func removal() throws {
        let fixture = try Fixture()
        _ = try fixture.store.createTable("empty", TableCreation())
        try fixture.store.removeEmptyTable("empty")
        #expect(try fixture.store.tableNames() == [])
        _ = try fixture.compactedTable()
        #expect(throws: StoreError.self) { try fixture.store.removeEmptyTable("t") }
        #expect(try fixture.store.tableNames() == ["t"])
    }

    @Test("a bad property or name changes nothing and says why")
    func refusals() throws {
        let fixture = try Fixture()
        let table = try fixture.store.createTable("t", TableCreation())
        #expect(throws: StoreError.self) { try table.setProperty("compaction.fanIn", "many") }
        #expect(throws: StoreError.self) { try table.setProperty("no.such", "1") }
        #expect(table.state.version == Version(0))
        for name in ["", ".hidden", "_x", "a/b", "a b"] as [ByteString] {
            #expect(throws: StoreError.self) { try fixture.store.createTable(name, TableCreation()) }
        }
        #expect(throws: StoreError.self) { try fixture.store.createTable("t", TableCreation()) }
        #expect(throws: StoreError.self) { try fixture.store.createTable("u", TableCreation(kind: .upsert)) }
    }

    @Test("a crash at any step of a collection loses no live row, and the next one goes on")
    func crashDuringCollection() throws {
        // How many operations a whole collection takes.
        let whole = try collect(crashingAt: nil)
        for step in 1...whole { _ = try collect(crashingAt: step) }
    }

    private func collect(crashingAt step: Int?) throws -> Int {
        let fixture = try Fixture()
        let table = try fixture.compactedTable()
        try table.setProperty("state.retention.hours", "1")
        try table.setProperty("state.retention.versions", "1")
        try table.checkpoint()
        fixture.clock.advance(milliseconds: 49 * 3_600_000)
        let before = fixture.storage.operationCount
        if let step { fixture.storage.inject(.crash, atOperation: step) }
        _ = try? table.collectGarbage()
        let operations = fixture.storage.operationCount - before

        let after = try Fixture(storage: fixture.storage.crashedCopy(), seed: 8)
        after.clock.advance(milliseconds: 60 * 3_600_000)
        let reopened = try after.store.table("t")
        #expect(reopened.state.totalRows == 3, "step \(step ?? -1)")
        _ = try reopened.compactor.foreground()
        _ = try reopened.collectGarbage()
        #expect(reopened.state.totalRows == 3, "step \(step ?? -1)")
        #expect(reopened.state.garbage.isEmpty, "step \(step ?? -1)")
        return operations
    }
}
