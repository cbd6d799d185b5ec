import Bytes
import Metadata
import Planning
import Platform
import Storage
import Synchronization
import Tables
import TestKit
import Testing

/// Clocks that are set forward and back while garbage waits. What holds is in the module's documentation.
@Suite("Clocks that jump")
struct CollectorClockTests {
    private static let day = 24 * CollectorTable.hour
    private static let years = 3650 * day

    /// Sets the clocks of several processes, as one machine's is set.
    private func jump(by milliseconds: Int64, _ processes: CollectorTable.Process...) {
        for process in processes {
            process.clock.set(milliseconds: process.clock.nowMilliseconds() + milliseconds)
        }
    }

    @Test("a clock set forward by years ends no pin: neither a version's nor an open file's")
    func forwardWithPins() throws {
        let scene = try CollectorTable(properties: [("gc.delayMinutes", "15")])
        let (old, gone, _) = try scene.history()
        let (_, others, _) = try scene.history(2)
        let reader = try scene.open(seed: 2)
        _ = try reader.table.pin(old)
        var handle: OpenDataFile? = try reader.table.openDataFile(others[0].path, id: others[0].id)
        jump(by: Self.years, scene.collector, reader)
        try reader.store.session.beat()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 1)
        #expect(scene.dataFiles.isSuperset(of: gone.paths.union([others[0].path])))
        #expect(reader.table.isPinned(old))
        for file in gone + [others[0]] { #expect(reader.canRead(file)) }
        // They end as if the clock had not been touched.
        handle = nil
        #expect(handle == nil)
        for process in [scene.collector, reader] {
            process.clock.advance(milliseconds: Session.versionPinMilliseconds)
        }
        try reader.store.session.beat()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 4)
        #expect(scene.dataFiles == PurgeFixture.paths(scene.table.state))
    }

    @Test("a clock set forward ends the delay and the retention of what nobody reads, and nothing more")
    func forward() throws {
        let scene = try CollectorTable(properties: [("gc.delayMinutes", "15")])
        let (_, _, live) = try scene.history()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        jump(by: Self.years, scene.collector)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
        #expect(scene.dataFiles == live.paths)
    }

    @Test("a clock set back by days only makes wait, and pins end on time all the same")
    func back() throws {
        let scene = try CollectorTable(properties: [("gc.delayMinutes", "15")])
        let (old, _, live) = try scene.history()
        let reader = try scene.open(seed: 2)
        _ = try reader.table.pin(old)
        jump(by: -7 * Self.day, scene.collector, reader)
        reader.clock.advance(milliseconds: Session.versionPinMilliseconds)
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        try reader.store.session.beat()
        #expect(reader.table.pinnedVersions.isEmpty)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        let held = try scene.table.garbageReport().files.map(\.reasons)
        #expect(held.allSatisfy { $0.contains { if case .delay = $0 { true } else { false } } })
        scene.collector.clock.advance(milliseconds: 7 * Self.day)
        #expect(try scene.table.collectGarbage()?.deletedFiles == 3)
        #expect(scene.dataFiles == live.paths)
    }

    @Test("what a clock that was ahead has dated waits for that date, or until the ages are set to zero")
    func committedAhead() throws {
        let scene = try CollectorTable(properties: [("gc.delayMinutes", "15")])
        jump(by: Self.years, scene.collector)
        let (_, _, live) = try scene.history()
        jump(by: -Self.years, scene.collector)
        // Times in the log never go back: what is removed now is dated ahead too.
        try scene.remove(live)
        let (_, _, newer) = try scene.history(1)
        scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
        try scene.table.checkpoint()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 0)
        try scene.table.setProperty("gc.delayMinutes", "0")
        try scene.table.setProperty("log.retention.hours", "0")
        try scene.table.checkpoint()
        #expect(try scene.table.collectGarbage()?.deletedFiles == 5)
        #expect(scene.dataFiles == newer.paths)
    }

    @Test(
        "a clock that jumps at any step of a collection takes nothing that is live or pinned",
        arguments: [years, -7 * day])
    func everyStep(jump: Int64) throws {
        func scene() throws -> (CollectorTable, CollectorTable.Process, Version, Set<ByteString>) {
            let scene = try CollectorTable(properties: [("gc.delayMinutes", "15")])
            let (old, gone, live) = try scene.history()
            let reader = try scene.open(seed: 2)
            _ = try reader.table.pin(old)
            let (_, _, others) = try scene.history(2)
            scene.collector.clock.advance(milliseconds: 2 * CollectorTable.hour)
            return (scene, reader, old, (gone + live + others).paths)
        }
        let (whole, _, _, _) = try scene()
        let steps = whole.storage.counting { _ = try? whole.table.collectGarbage() }
        for step in 1...steps {
            let (scene, reader, old, kept) = try scene()
            let clock = scene.collector.clock
            let time = clock.nowMilliseconds()
            _ = scene.storage.counting(interludeBefore: step) {
                clock.set(milliseconds: clock.nowMilliseconds() + jump)
            } _: {
                _ = try? scene.table.collectGarbage()
            }
            #expect(kept.isSubset(of: scene.dataFiles), "step \(step)")
            #expect(PurgeFixture.paths(try reader.table.pin(old)).isSubset(of: kept), "step \(step)")
            // Nothing stays for ever once the clock is right again and the reader has gone.
            clock.set(milliseconds: time)
            reader.store.session.end()
            _ = try scene.table.collectGarbage()
            #expect(scene.dataFiles == PurgeFixture.paths(scene.table.state), "step \(step)")
        }
    }

    @Test("a session is given up by the monotonic clock alone, however the other one is set")
    func death() throws {
        let scene = try CollectorTable()
        let other = SessionID(0xABCD)
        let sessions = SessionDirectory(storage: scene.memory)
        let heartbeat = Heartbeat(
            id: other, counter: 1, host: "elsewhere", boot: "another", processID: 1, processStart: 1,
            command: "mount", startedAtMilliseconds: CollectorTable.begin)
        try sessions.publish(heartbeat)
        let mount = try scene.open(seed: 2, runsServices: true)
        /// Lets the mount look once more.
        func look(afterSeconds seconds: Int64) throws {
            let before = try #require(try sessions.heartbeats().first { $0.id == mount.store.session.id })
                .counter
            mount.clock.advance(milliseconds: seconds * 1000)
            mount.clock.set(milliseconds: mount.clock.nowMilliseconds() - seconds * 1000)
            for _ in 0..<2_000 {
                Thread.sleep(nanoseconds: 5_000_000)
                let now = try sessions.heartbeats().first { $0.id == mount.store.session.id }
                if now.map({ $0.counter > before }) ?? false { break }
            }
            // The dead are buried right after the beat.
            Thread.sleep(nanoseconds: 50_000_000)
        }
        try look(afterSeconds: 6)
        mount.clock.set(milliseconds: CollectorTable.begin + Self.years)
        try look(afterSeconds: 30)
        mount.clock.set(milliseconds: CollectorTable.begin - Self.years)
        try look(afterSeconds: 29)
        #expect(try sessions.heartbeats().contains { $0.id == other })
        try look(afterSeconds: 6)
        for _ in 0..<2_000 where try sessions.heartbeats().contains(where: { $0.id == other }) {
            Thread.sleep(nanoseconds: 10_000_000)
        }
        #expect(try !sessions.heartbeats().contains { $0.id == other })
    }
}
