import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing
import TransactionLog

/// Tables that another process removes, or makes anew, while they are open here.
@Suite("Tables that others remove")
struct RemovedTableTests {
    private func waitUntil(_ isSo: () throws -> Bool) rethrows {
        for _ in 0..<2_000 where try !isSo() { Thread.sleep(nanoseconds: 5_000_000) }
    }

    @Test("a collection of a table that was removed does nothing, and leaves nothing")
    func collection() throws {
        let scene = try CollectorTable()
        let other = try scene.open(seed: 2)
        try scene.collector.store.removeEmptyTable("t")
        do {
            _ = try other.table.collectGarbage()
            Issue.record("there was something to collect")
        } catch {
            #expect(error.errno == .enoent, "\(error)")
        }
        #expect(!scene.memory.allKeys.contains { $0.hasPrefix("t/") })
    }

    @Test("it is let go of, nothing is committed to it any more, and one that is made anew is another")
    func madeAnew() throws {
        let scene = try CollectorTable()
        let other = try scene.open(seed: 2)
        let gone = Mutex<[ByteString]>([])
        other.store.onTableGone { table in gone.withLock { $0.append(table.name) } }
        let old = other.table
        let version = old.state.version
        #expect(version > Version(1))
        try scene.collector.store.removeEmptyTable("t")
        scene.memory.setTime(milliseconds: CollectorTable.begin + 5)
        _ = try scene.collector.store.createTable("t", TableCreation(rowKey: ["k"]))
        waitUntil { gone.withLock { $0 } == ["t"] }
        #expect(gone.withLock { $0 } == ["t"])
        #expect(throws: CommitError.self) { try old.commit("TEST", actions: []) }
        let new = try other.store.table("t")
        #expect(new !== old && new.state.version == Version(0))
        try new.setProperty("compaction.fanIn", "5")
        #expect(new.state.version == Version(1))
        #expect(try scene.collector.store.table("t").refresh().version == Version(1))
    }

    @Test("a table that stays is not taken for another, also when version 0 has expired")
    func stays() throws {
        let scene = try CollectorTable(properties: [("log.retention.hours", "0")])
        let other = try scene.open(seed: 2)
        try scene.add(1)
        try scene.table.checkpoint()
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        #expect(try scene.table.collectGarbage()?.deletedVersionFiles ?? 0 > 0)
        let version = scene.table.state.version
        waitUntil { other.table.state.version == version }
        Thread.sleep(nanoseconds: 500_000_000)
        #expect(try other.store.table("t") === other.table)
    }
}
