import Bytes
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// A collection that ends between any two of its steps, and what the next one finds.
@Suite("Collections that end halfway")
struct CollectorFaultTests {
    private struct Scene {
        let table: CollectorTable
        let reader: CollectorTable.Process
        let pinned: Version
        /// Files of the pinned version, and files that nothing holds.
        let held: Set<ByteString>
        let free: Set<ByteString>
    }

    /// A version that another session reads, garbage that nothing holds, and a file that is still live.
    private func scene() throws -> Scene {
        let table = try CollectorTable()
        let old = try table.add(2)
        let reader = try table.open(seed: 2)
        let pinned = table.table.state.version
        _ = try reader.table.pin(pinned)
        try table.remove(old)
        let (_, gone, _) = try table.history()
        try table.table.checkpoint()
        table.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        table.memory.setTime(milliseconds: CollectorTable.begin + 2 * CollectorTable.hour)
        return Scene(table: table, reader: reader, pinned: pinned, held: old.paths, free: gone.paths)
    }

    @Test(
        "whatever happens at any step, what is referenced or pinned stays, and another session finishes",
        arguments: [
            MemoryStorage.Fault.crash, .error(.unavailable), .error(.noSpace), .error(.permission),
            .lostReply,
        ])
    func everyStep(fault: MemoryStorage.Fault) throws {
        let whole = try scene()
        let before = whole.table.memory.operationCount
        #expect(try whole.table.table.collectGarbage()?.deletedFiles == 3)
        let steps = whole.table.memory.operationCount - before
        #expect(steps > 20)
        for step in 1...steps {
            let scene = try scene()
            let live = PurgeFixture.paths(scene.table.table.state)
            scene.table.memory.inject(fault, atOperation: step)
            _ = try? scene.table.table.collectGarbage()
            scene.table.memory.clearFaults()
            for keeping in fault == .crash ? [false, true] : [true] {
                let memory = scene.table.memory.crashedCopy(keepingUnsynced: keeping)
                try check(memory, scene, live: live, "\(fault) at step \(step), unsynced kept: \(keeping)")
            }
        }
    }

    /// What the next session finds and does.
    private func check(
        _ memory: MemoryStorage, _ scene: Scene, live: Set<ByteString>, _ comment: Comment
    ) throws {
        let next = try CollectorTable.Process(memory, scene.table.directory, seed: 3)
        next.clock.set(milliseconds: scene.table.collector.clock.nowMilliseconds())
        #expect(PurgeFixture.paths(next.table.state) == live, comment)
        #expect(live.union(scene.held).isSubset(of: CollectorTable.dataFiles(in: memory)), comment)
        // The reader's heartbeat is in this storage too, unless the crash took it: it is not synced.
        try? SessionDirectory(storage: memory).publish(heartbeat(of: scene.reader, pinning: scene.pinned))
        _ = try next.table.collectGarbage()
        #expect(CollectorTable.dataFiles(in: memory) == live.union(scene.held), comment)
        #expect(PurgeFixture.paths(try next.table.log.state(at: scene.pinned)) == scene.held, comment)
        // The reader ends; nothing stays for ever.
        try SessionDirectory(storage: memory).remove(scene.reader.store.session.id)
        _ = try next.table.collectGarbage()
        #expect(CollectorTable.dataFiles(in: memory) == live, comment)
        #expect(next.table.state.garbage.isEmpty, comment)
        #expect(PurgeFixture.paths(next.table.state) == live, comment)
    }

    private func heartbeat(of process: CollectorTable.Process, pinning version: Version) -> Heartbeat {
        var heartbeat = Heartbeat(
            id: process.store.session.id, counter: 99, host: "elsewhere", boot: "", processID: 1,
            processStart: 1, command: "test", startedAtMilliseconds: CollectorTable.begin)
        heartbeat.pins["t"] = .init(versions: [version])
        return heartbeat
    }

    @Test("a file whose bytes cannot be deleted keeps no other from going, and goes later")
    func undeletable() throws {
        let scene = try scene()
        let fault = FaultyDeletes(scene.table.memory)
        let process = try CollectorTable.Process(fault, scene.table.directory, seed: 4)
        process.clock.set(milliseconds: scene.table.collector.clock.nowMilliseconds())
        fault.refused = scene.free.first
        #expect(try process.table.collectGarbage()?.deletedFiles == 2)
        let report = try process.table.garbageReport()
        #expect(report.freeCount == 1)
        #expect(
            String(decoding: report.text, as: UTF8.self).contains(
                "goes: its deletion was announced in version"))
        fault.refused = nil
        #expect(try process.table.collectGarbage()?.deletedFiles == 1)
    }
}

/// Refuses to delete one file of the table.
private final class FaultyDeletes: StorageLayer, @unchecked Sendable {
    // Unchecked: it is changed while nobody deletes.
    let inner: MemoryStorage
    var refused: ByteString?

    init(_ inner: MemoryStorage) { self.inner = inner }

    func delete(_ key: ByteString) throws(StorageError) {
        if let refused, key == "t/" + refused { throw StorageError(.permission, .delete, key) }
        try inner.delete(key)
    }
}
