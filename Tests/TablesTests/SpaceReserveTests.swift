import Bytes
import Compaction
import Ingest
import Metadata
import Planning
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing

@Suite("The reserve of a store")
struct SpaceReserveTests {
    @Test(
        "it is 64 MiB, of a small disk a sixteenth, and nothing where that would leave less than as much",
        arguments: [
            (1 << 40, 64 << 20), (1 << 30, 64 << 20), (512 << 20, 32 << 20), (16 << 20, 1 << 20),
        ] as [(UInt64, UInt64)])
    func sizes(capacity: UInt64, expected: UInt64) throws {
        let storage = MemoryStorage(limitBytes: capacity)
        let reserve = SpaceReserve(storage: storage)
        reserve.fill()
        #expect(reserve.heldBytes == expected && reserve.isHeld)
        #expect(try storage.space()?.availableBytes == capacity - expected)
        #expect(reserve.release() && !reserve.isHeld && !reserve.release())
        // Others have taken all but a little more than it.
        _ = try storage.reserve("other", sizeBytes: capacity - expected - expected / 2)
        reserve.fill()
        #expect(!reserve.isHeld)
        try storage.delete("other")
        reserve.restore()
        #expect(reserve.heldBytes == expected)
    }

    @Test("one that is smaller than it should be is made anew; a storage that knows no limit has none")
    func others() throws {
        let storage = MemoryStorage(limitBytes: 1 << 30)
        try storage.putIfAbsent(SpaceReserve.key, [UInt8](repeating: 0, count: 1 << 20))
        let reserve = SpaceReserve(storage: storage)
        reserve.fill()
        #expect(reserve.heldBytes == 64 << 20)
        let limitless = SpaceReserve(storage: Limitless(inner: MemoryStorage()))
        limitless.fill()
        #expect(!limitless.isHeld && !limitless.release())
        let plain = SpaceReserve(storage: Plain(inner: MemoryStorage(limitBytes: 1 << 30)))
        plain.fill()
        #expect(!plain.isHeld)
    }

    private struct Limitless: StorageLayer {
        let inner: MemoryStorage
        func space() throws(StorageError) -> StorageSpace? { nil }
    }

    /// It cannot set room aside.
    private struct Plain: StorageLayer {
        let inner: MemoryStorage
        func reserve(_ key: ByteString, sizeBytes: UInt64) throws(StorageError) -> Bool { false }
    }
}

/// On a file system that is full to the last byte.
@Suite("On a full disk", .enabled(if: FullDisk.canMount, "\(FullDisk.requirement)"))
struct FullDiskTests {
    private static let begin: Int64 = 1_700_000_000_000

    /// A store on a small disk with a table of two files.
    private final class Fixture {
        let disk: FullDisk
        let clock = ManualClock(milliseconds: begin)
        let store: Store
        let table: Table
        private let staged: TemporaryDirectory

        init() throws {
            disk = try FullDisk(sizeBytes: 32 << 20)
            staged = try TemporaryDirectory("staged")
            store = try Store.open(
                at: disk.path,
                options: StoreOptions(
                    clock: clock, entropy: SeededEntropy(seed: 5), command: "test", scratchPath: staged.path))
            store.context.reserve.fill()
            table = try store.createTable("t", TableCreation(rowKey: ["k"]))
            for (name, text) in [("a.csv", "k,v\n1,a\n3,c\n"), ("b.csv", "k,v\n2,b\n")]
                as [(ByteString, String)]
            {
                try staged.write(name, Array(text.utf8))
                _ = try table.ingest.commit([
                    StagedFile(
                        relativePath: name, localPath: staged.file(name), sizeBytes: Int64(text.utf8.count),
                        requester: IngestRequester(userID: 0, groupID: 0, processID: 1))
                ])
            }
        }

        deinit {
            table.compactor.stop()
            store.close()
        }

        /// Its two files replaced by one, a long time ago.
        func age() throws {
            #expect(try table.compactor.foreground().failed.isEmpty)
            for (name, value) in [
                ("state.retention.hours", "1"), ("state.retention.versions", "1"),
                ("log.retention.hours", "1"),
            ] as [(ByteString, ByteString)] {
                try table.setProperty(name, value)
            }
            try table.checkpoint()
            clock.advance(milliseconds: 30 * 86_400_000)
        }

        /// Not even the smallest commit finds room.
        func fill() throws {
            #expect(store.context.reserve.heldBytes == 2 << 20)
            try disk.fill()
            #expect(throws: StoreError.self) { try table.setProperty("compaction.fanIn", "7") }
        }

        /// With room, the reserve is there again.
        func checkRestored() throws {
            #expect(!store.context.reserve.isHeld)
            try disk.clear()
            _ = try table.collectGarbage()
            #expect(store.context.reserve.heldBytes == 2 << 20)
            #expect(table.state.totalRows == 3)
            try table.setProperty("compaction.fanIn", "7")
        }
    }

    @Test("garbage is collected with what the reserve gives, which is taken again when there is room")
    func collection() throws {
        let fixture = try Fixture()
        try fixture.age()
        try fixture.fill()
        #expect(try fixture.table.collectGarbage()?.deletedFiles == 2)
        #expect(fixture.table.state.garbage.isEmpty)
        try fixture.disk.fill()
        try fixture.checkRestored()
    }

    @Test("so it is with a purge")
    func purge() throws {
        let fixture = try Fixture()
        try fixture.age()
        try fixture.fill()
        let age = try PurgeAge("7d", isForced: false, now: fixture.clock.nowMilliseconds())
        let outcome = try #require(try fixture.table.purge(age))
        #expect(outcome.deleted.count { $0.kind == .dataFile } == 2, "\(outcome.obstacles)")
        try fixture.disk.fill()
        try fixture.checkRestored()
    }

    @Test("a job that waits can be cancelled")
    func cancelWaiting() throws {
        let fixture = try Fixture()
        let id = try #require(try fixture.table.compactor.request(partitions: [PartitionID("")]).first)
        try fixture.fill()
        #expect(throws: CompactionRefusal.self) { try fixture.table.compactor.cancel(id) }
        try fixture.table.cancelCompaction(id)
        #expect(fixture.table.state.jobs.isEmpty)
        try fixture.disk.fill()
        try fixture.checkRestored()
    }

    @Test("a job that runs can be cancelled, and stays cancelled")
    func cancelRunning() throws {
        let fixture = try Fixture()
        let table = fixture.table
        table.events.observe { [weak table] in
            guard let table else { return }
            let text = String(decoding: table.events.read(at: 0, count: 1 << 20), as: UTF8.self)
            if text.contains("job assigned") { table.compactor.pause() }
        }
        let id = try #require(try table.compactor.request(partitions: [PartitionID("")]).first)
        table.compactor.start()
        try until { table.compactor.jobs.first?.phase == .paused }
        try fixture.fill()
        try table.cancelCompaction(id)
        // It is told after its commit.
        try until {
            String(decoding: table.events.read(at: 0, count: 1 << 20), as: UTF8.self).contains(
                "job cancelled")
        }
        #expect(table.state.jobs.isEmpty && table.state.fileCount == 2)
        try fixture.disk.fill()
        try fixture.checkRestored()
    }

    @Test("compaction waits for room without trying, and slows nobody")
    func compaction() throws {
        let fixture = try Fixture()
        let table = fixture.table
        _ = try table.compactor.request(partitions: [PartitionID("")])
        try fixture.disk.fill()
        table.compactor.start()
        try until { table.compactor.obstacles[PartitionID("")] != nil }
        #expect(table.compactor.obstacles[PartitionID("")]?.contains("must be free") == true)
        #expect(!table.compactor.prospect(of: PartitionID("")).canRun)
        #expect(table.compactor.jobs.map(\.phase) == [.waiting])
        #expect(table.compactor.jobs.first?.job.failureCount == 0)
    }

    struct TimedOut: Error {}

    private func until(_ condition: () -> Bool) throws {
        for _ in 0..<20_000 {
            if condition() { return }
            Thread.sleep(nanoseconds: 1_000_000)
        }
        throw TimedOut()
    }
}
