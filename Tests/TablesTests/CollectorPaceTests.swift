import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing

/// Rounds in the background, which take their time, and rounds that somebody waits for.
@Suite("Deletion in the background")
struct CollectorPaceTests {
    /// Garbage of so many files that may go.
    private func scene(_ count: Int, sizeBytes: Int64 = 1) throws -> CollectorTable {
        let scene = try CollectorTable(properties: [("log.retention.hours", "0")])
        let files = try scene.add(count, sizeBytes: sizeBytes)
        // So much is live that the garbage is no backlog.
        try scene.add(1, sizeBytes: 1 << 50)
        try scene.remove(files)
        try scene.table.checkpoint()
        scene.collector.clock.advance(milliseconds: 60_000)
        return scene
    }

    /// One round whose pauses take no time but the clock's.
    private func round(_ scene: CollectorTable) throws -> (GarbageCollector.Outcome, seconds: Double) {
        let clock = scene.collector.clock
        let begin = clock.monotonicNanoseconds()
        // The manual clock knows milliseconds: what is over is carried.
        var rest: UInt64 = 0
        let outcome = try scene.table.collectInBackground { nanoseconds in
            rest += nanoseconds
            clock.advance(milliseconds: Int64(rest / 1_000_000))
            rest %= 1_000_000
            return true
        }
        return (try #require(outcome), Double(clock.monotonicNanoseconds() - begin) / 1e9)
    }

    @Test("small files go one after the other at a rate")
    func files() throws {
        let scene = try scene(2_000)
        let (outcome, seconds) = try round(scene)
        #expect(outcome.deletedFiles == 2_000 && !outcome.hasMore)
        // 500 a second, and what 2,000 files are beyond a fifth of one live one, in five minutes.
        #expect(seconds > 3.5 && seconds < 4.1)
        #expect(scene.table.state.garbage.isEmpty && scene.dataFiles.count == 1)
    }

    @Test(
        "large files go at a rate of bytes, a few a commit, and a round leaves what takes too long to the next"
    )
    func bytes() throws {
        let scene = try scene(30, sizeBytes: 256 << 20)
        let (first, seconds) = try round(scene)
        #expect(first.hasMore && first.deletedFiles == 11)
        #expect(seconds >= 20 && seconds < 23)
        // Only what was about to go was announced: the rest may still be taken back.
        #expect(first.condemned < 15)
        var rounds = 1
        while try round(scene).0.hasMore { rounds += 1 }
        #expect(rounds <= 3 && scene.table.state.garbage.isEmpty && scene.dataFiles.count == 1)
    }

    @Test("where the disk is short of room they go faster")
    func shortOfRoom() throws {
        let scene = try scene(30, sizeBytes: 256 << 20)
        // Of a gigabyte nearly all is used, as the storage counts it.
        scene.memory.setLimit(bytes: 1 << 30)
        try scene.memory.putIfAbsent("filler", [UInt8](repeating: 0, count: 1_000 << 20))
        let (outcome, seconds) = try round(scene)
        #expect(outcome.deletedFiles > 10 || seconds < 20)
    }

    @Test("who collects in the foreground does not wait for a round in the background, nor at its pace")
    func foreground() throws {
        // At its pace the first file alone would take a day.
        let scene = try scene(3, sizeBytes: 10 << 40)
        let table = scene.table
        let outcome = Mutex(GarbageCollector.Outcome?.none)
        let background = Thread.spawn(name: "background") {
            let result = try? table.collectInBackground()
            outcome.withLock { $0 = result ?? nil }
        }
        while scene.dataFiles.count == 4 { Thread.sleep(nanoseconds: 1_000_000) }
        let foreground = try #require(try table.collectGarbage())
        background.join()
        let first = try #require(outcome.withLock { $0 })
        #expect(first.deletedFiles == 1 && first.hasMore)
        #expect(foreground.deletedFiles == 2 && !foreground.hasMore)
        #expect(scene.dataFiles.count == 1)
    }

    @Test("a store that is closed does not wait for a round's pauses")
    func closing() throws {
        let scene = try scene(3, sizeBytes: 10 << 40)
        let table = scene.table
        let background = Thread.spawn(name: "background") { _ = try? table.collectInBackground() }
        while scene.dataFiles.count == 4 { Thread.sleep(nanoseconds: 1_000_000) }
        scene.collector.store.close()
        background.join()
        #expect(try table.collectGarbage() == nil)
        // What was deleted is forgotten, the rest is there.
        #expect(table.state.garbage.count == 2 && scene.dataFiles.count == 3)
    }

    @Test("of two who collect in the foreground the second is told that it goes on already")
    func twice() throws {
        let scene = try scene(3)
        let table = scene.table
        let refused = Mutex(StoreError?.none)
        let steps = scene.storage.counting(interludeBefore: 12) {
            do {
                try table.collectGarbageOnRequest()
            } catch {
                refused.withLock { $0 = error as? StoreError }
            }
        } _: {
            #expect((try? table.collectGarbage())?.deletedFiles == 3)
        }
        #expect(steps > 12)
        #expect(refused.withLock { $0 }?.errno == .ebusy)
        try table.collectGarbageOnRequest()
    }
}
