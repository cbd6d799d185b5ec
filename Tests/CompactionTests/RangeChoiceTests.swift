import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("Ranges of keys that a job merges at once")
struct RangeChoiceTests {
    /// A job of several outputs; `isIdle` is what it finds after so many of them.
    ///
    /// - Returns: after each output whether there is a gap before it, and how often the next in time was not the next in
    ///   the order of keys.
    private func run(
        rows: Int64 = 12_000, isIdle: @escaping @Sendable (_ parts: Int) -> Bool
    ) throws -> (gaps: [Bool], jumps: Int, isWhole: Bool) {
        let table = try CompactionTable(.append)
        try table.set("compaction.targetFileSize", "65536")
        var random = SeededGenerator(seed: 5)
        for file in 0..<5 {
            try table.ingest(
                (0..<rows).map { SampleRow(key: $0 * 5 + Int64(file), serial: Int64(random.next() >> 1)) })
        }
        let before = try table.rows()
        let gaps = Mutex<[Bool]>([])
        let told = Mutex<[JobPart]>([])
        table.log.addObserver { _, _, transactions in
            for transaction in transactions where transaction.operation == "CHECKPOINT COMPACTION" {
                guard case .operation(.putJob(let job))? = transaction.actions.first else { continue }
                let parts = job.parts.sorted { ($0.minKey ?? "") < ($1.minKey ?? "") }
                let hasGap =
                    parts.first?.minKey != nil
                    || zip(parts, parts.dropFirst()).contains { $0.maxKey != $1.minKey }
                gaps.withLock { $0.append(hasGap) }
                told.withLock { told in told += parts.filter { !told.contains($0) } }
            }
        }
        var options = CompactionOptions()
        options.twoRangesBytes = 0
        let slots = JobSlots(isIdle: { isIdle(gaps.withLock { $0.count }) })
        let events = EventBox()
        #expect(table.compactor(slots: slots, events: events, options: options).runOnce() == 1)
        let summary = try #require(events.summaries.first)
        #expect(summary.rowsIn == 5 * rows && summary.rowsOut == 5 * rows)
        let known = Set(table.log.current.files(in: CompactionTable.partition("1")).map(\.id))
        let isWhole =
            try table.rows() == before && known == Set(summary.outputs.map(\.id))
            && table.strayFiles() == []
        let order = told.withLock { $0 }
        let jumps = zip(order, order.dropFirst()).count { $0.maxKey != $1.minKey }
        return (gaps.withLock { $0 }, jumps, isWhole)
    }

    @Test("one while the mount is used")
    func busy() throws {
        let (gaps, jumps, isWhole) = try run { _ in false }
        #expect(gaps.count > 6 && !gaps.contains(true) && jumps == 0 && isWhole, "\(gaps)")
    }

    @Test("two as soon as nobody uses it any more, behind what is finished by then")
    func growing() throws {
        // On a machine that gives one of two threads no time, they come one after the other.
        var hasSeenTwo = false
        for _ in 0..<8 where !hasSeenTwo {
            let (gaps, jumps, isWhole) = try run { $0 >= 2 }
            #expect(gaps.count > 6 && gaps.prefix(2) == [false, false] && isWhole, "\(gaps)")
            hasSeenTwo = gaps.contains(true) && jumps > 0
        }
        #expect(hasSeenTwo)
    }

    @Test("of two, one waits where the mount is used again")
    func making() throws {
        let (gaps, jumps, isWhole) = try run(rows: 40_000) { $0 == 0 }
        #expect(gaps.count > 16 && isWhole, "\(gaps)")
        // To the other range and back for what that had in hand, and once more when the first has ended.
        #expect(jumps <= 4, "\(jumps) of \(gaps.count)")
    }
}
