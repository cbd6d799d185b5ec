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

@Suite("Back-pressure of a table")
struct BackPressureTests {
    private static let floor: Int64 = 65_536

    /// A write of these bytes; tells when it is answered.
    private final class Write: Sendable {
        private let answers = Atomic(0)
        var answerCount: Int { answers.load(ordering: .sequentiallyConsistent) }
        var isAnswered: Bool { answerCount > 0 }

        func answer() { answers.wrappingAdd(1, ordering: .sequentiallyConsistent) }

        func begin(_ bytes: Int, at table: Table) -> HeldWrite? {
            if table.backPressure.passes(bytes) {
                answer()
                return nil
            }
            let held = HeldWrite(bytes: bytes, cost: bytes) { self.answer() }
            table.backPressure.hold(held)
            return held
        }
    }

    private static func areAnswered(_ writes: [Write]) -> Bool { writes.allSatisfy { $0.isAnswered } }

    @Test("a partition of many runs that is being compacted slows what comes in, and says so")
    func slows() throws {
        let pressed = try PressedTable(partitionColumns: ["p"])
        pressed.pass(seconds: 1)
        #expect(pressed.rate == nil && pressed.status("stall")?.isNull == true)
        let job = try pressed.press(runs: 30, partition: "p=a")
        pressed.pass(seconds: 1)
        let first = try #require(pressed.rate)
        #expect(first > 300_000_000, "it begins where nobody feels it: \(first)")
        pressed.pass(seconds: 15)
        #expect(pressed.rate == Self.floor)
        let reason = try #require(pressed.status("stall")?.stringValue?.display)
        for part in ["p=a", "30 runs", "job \(job)"] { #expect(reason.contains(part), "\(reason)") }

        try pressed.finish(job)
        pressed.pass(seconds: 1)
        let rising = try #require(pressed.rate)
        #expect(rising > Self.floor && rising < 10 * Self.floor, "\(rising)")
        pressed.pass(seconds: 15)
        #expect(pressed.rate == nil && pressed.status("stall")?.isNull == true)
    }

    @Test("more runs are a lower rate, and eleven are none")
    func byRuns() throws {
        var rates: [Int64?] = []
        for runs in [11, 12, 16, 20, 24, 60] {
            let pressed = try PressedTable()
            try pressed.press(runs: runs)
            pressed.pass(seconds: 15)
            rates.append(pressed.rate)
        }
        #expect(rates[0] == nil)
        #expect(rates[1] == 64 << 20 && rates[4] == Self.floor && rates[5] == Self.floor)
        let limited = rates.compactMap { $0 }
        #expect(limited.count == 5 && zip(limited, limited.dropFirst()).allSatisfy { $0 >= $1 })
        #expect(Set(limited).count == 4)
    }

    /// What keeps a partition of thirty runs from being compacted.
    private static let obstacles: [(String, @Sendable (PressedTable) throws -> Void)] = [
        (
            "compaction.enabled=false",
            { pressed in
                try pressed.press(runs: 30)
                try pressed.table.setProperty("compaction.enabled", "false")
            }
        ),
        (
            "compaction.strategy=off",
            { pressed in
                try pressed.press(runs: 30)
                try pressed.table.setProperty("compaction.strategy", "off")
            }
        ),
        (
            "a pause",
            { pressed in
                pressed.table.compactor.pause()
                try pressed.press(runs: 30, status: .waiting)
            }
        ),
        (
            "a pause of the job",
            { pressed in
                pressed.table.compactor.pause()
                try pressed.table.compactor.pause(try pressed.press(runs: 30, status: .waiting))
                pressed.table.compactor.resume()
            }
        ),
        (
            "a disk without room",
            { pressed in
                pressed.storage.setLimit(bytes: 1 << 20)
                try pressed.press(runs: 30, status: .waiting)
            }
        ),
        (
            "the back-off after a failure",
            { pressed in
                try pressed.press(runs: 30, status: .waiting, failures: 1)
            }
        ),
        ("three failures of its job", { pressed in try pressed.press(runs: 30, status: .setAside) }),
        (
            "the death of this session",
            { pressed in
                let own = pressed.table.context.session.id
                try pressed.table.commit("DECLARE SESSION DEAD", actions: [.operation(.declareDead(own))])
                try pressed.press(runs: 30, status: .waiting)
            }
        ),
        (
            "that no compactor works",
            { pressed in
                try pressed.press(runs: 30)
                pressed.table.compactor.stop()
            }
        ),
    ]

    @Test("a partition in which no compaction can run slows nobody", arguments: obstacles.indices)
    func unable(index: Int) throws {
        let (name, prevent) = Self.obstacles[index]
        let pressed = try PressedTable()
        try prevent(pressed)
        for _ in 0..<8 {
            pressed.pass(seconds: 1)
            #expect(pressed.rate == nil, "\(name)")
            #expect(Write().begin(1 << 20, at: pressed.table) == nil, "\(name)")
        }
        #expect(pressed.events("stall begins").isEmpty, "\(name)")
    }

    @Test("when compaction is switched off, those who wait are let go at once")
    func switchedOff() throws {
        let pressed = try PressedTable()
        try pressed.press(runs: 30)
        pressed.pass(seconds: 15)
        let writes = (0..<3).map { _ in Write() }
        for write in writes { _ = write.begin(1 << 20, at: pressed.table) }
        #expect(writes.map(\.isAnswered) == [true, false, false])
        try pressed.table.setProperty("compaction.enabled", "false")
        pressed.table.backPressure.review()
        #expect(Self.areAnswered(writes) && pressed.rate == nil)
    }

    @Test("the most loaded partition that can be compacted counts, not one that cannot")
    func mostLoaded() throws {
        let pressed = try PressedTable(partitionColumns: ["p"])
        try pressed.press(runs: 40, partition: "p=a", status: .setAside, job: 1)
        try pressed.press(runs: 14, partition: "p=b", job: 2)
        try pressed.press(runs: 18, partition: "p=c", job: 3)
        try pressed.press(runs: 11, partition: "p=d", job: 4)
        pressed.pass(seconds: 15)
        #expect(pressed.status("stall")?.stringValue?.display.contains("p=c has 18 runs") == true)
        try pressed.finish(JobID(3))
        pressed.pass(seconds: 15)
        #expect(pressed.status("stall")?.stringValue?.display.contains("p=b has 14 runs") == true)
        try pressed.press(runs: 5, partition: "p=d", job: 4)
        pressed.pass(seconds: 15)
        let sixteen = pressed.status("stall")?.stringValue?.display
        #expect(sixteen?.contains("p=d has 16 runs") == true, "\(sixteen ?? "")")
        // Whatever any property says, everything is counted again.
        try pressed.table.setProperty("gc.delayMinutes", "20")
        pressed.pass(seconds: 1)
        #expect(pressed.status("stall")?.stringValue?.display == sixteen)
    }

    @Test("a write waits for the clock; one that is interrupted, and all at the end, are answered at once")
    func answers() throws {
        let pressed = try PressedTable()
        try pressed.press(runs: 30)
        pressed.pass(seconds: 15)
        let table = pressed.table
        let writes = (0..<5).map { _ in Write() }
        let held = writes.map { $0.begin(65_536, at: table) }
        #expect(writes.map(\.isAnswered) == [true, false, false, false, false])
        #expect(String(decoding: table.metricsText(), as: UTF8.self).contains("firn_ingest_waiting_writes"))
        table.backPressure.letGo(try #require(held[2]))
        #expect(writes.map(\.isAnswered) == [true, false, true, false, false])
        // A second is what the bytes of each take at the floor.
        pressed.clock.advance(milliseconds: 900)
        table.backPressure.review()
        #expect(writes.map(\.isAnswered) == [true, false, true, false, false])
        pressed.clock.advance(milliseconds: 200)
        table.backPressure.review()
        #expect(Self.areAnswered(writes))
        let late = Write()
        _ = late.begin(1 << 20, at: table)
        #expect(!late.isAnswered)
        table.backPressure.end()
        #expect(late.isAnswered)
        pressed.pass(seconds: 15)
        let after = Write()
        _ = after.begin(1 << 20, at: table)
        #expect(after.isAnswered, "after the end nothing is held")
    }

    @Test("an interruption that comes before the write is queued is not lost")
    func earlyInterruption() throws {
        let pressed = try PressedTable()
        try pressed.press(runs: 30)
        pressed.pass(seconds: 15)
        #expect(Write().begin(1 << 20, at: pressed.table) == nil)
        let write = Write()
        let held = HeldWrite(bytes: 1, cost: 1) { write.answer() }
        #expect(!pressed.table.backPressure.passes(1))
        pressed.table.backPressure.letGo(held)
        pressed.table.backPressure.hold(held)
        #expect(write.answerCount == 1)
        pressed.pass(seconds: 20)
        #expect(write.answerCount == 1)
    }

    @Test("a stall is told when a write is held first, when the rate changes much, and when it is over")
    func events() throws {
        let pressed = try PressedTable()
        let job = try pressed.press(runs: 24)
        pressed.pass(seconds: 4)
        #expect(pressed.rate != nil && pressed.events("stall begins").isEmpty, "nobody was held yet")
        let writes = (0..<60).map { _ in Write() }
        for write in writes { _ = write.begin(1 << 20, at: pressed.table) }
        pressed.pass(seconds: 15)
        let begun = pressed.events("stall begins")
        #expect(begun.count == 1 && begun.first?["runs"]?.int64Value == 24)
        let changes = pressed.events("stall changes").compactMap { $0["bytesPerSecond"]?.int64Value }
        #expect((3...10).contains(changes.count) && changes.last == Self.floor, "\(changes)")
        try pressed.finish(job)
        pressed.pass(seconds: 20)
        let ends = pressed.events("stall ends")
        #expect(ends.count == 1 && Self.areAnswered(writes))
        let end = try #require(ends.first)
        let delayed = try #require(end["delayedWrites"]?.int64Value)
        #expect(delayed > 0 && end["delayedBytes"]?.int64Value == delayed << 20)
        #expect((end["delayMilliseconds"]?.int64Value ?? 0) > 0)
        let metrics = String(decoding: pressed.table.metricsText(), as: UTF8.self)
        #expect(metrics.contains("firn_ingest_delayed_bytes_total{table=\"t\"} \(delayed << 20)\n"))
        #expect(metrics.contains("firn_ingest_stalls_total{table=\"t\"} 1\n"))
        #expect(metrics.contains("firn_ingest_rate_limit_bytes{table=\"t\"} +Inf\n"))
    }

    @Test("a mount is idle two seconds after the last request, and then two jobs may run")
    func activity() throws {
        let clock = ManualClock()
        let activity = MountActivity(clock: clock)
        #expect(activity.isIdle)
        activity.note()
        #expect(!activity.isIdle)
        clock.advance(milliseconds: 1_999)
        #expect(!activity.isIdle)
        clock.advance(milliseconds: 1)
        #expect(activity.isIdle)
        let pressed = try PressedTable()
        #expect(pressed.store.context.slots.isQuiet)
        pressed.store.context.activity.note()
        #expect(!pressed.store.context.slots.isQuiet)
    }
}
