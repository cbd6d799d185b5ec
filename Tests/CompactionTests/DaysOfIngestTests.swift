import Bytes
import Compaction
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

/// Days of files that come by the hour, with fixed seeds: merged and split as they come, by a compactor that does one
/// job at a time.
@Suite("Days of ingest")
struct DaysOfIngestTests {
    struct Course: Sendable, CustomTestStringConvertible {
        var kind: TableKind
        var strategy: String
        /// Most runs that a partition may have at the end of an hour.
        var mostRuns: Int
        /// Most rows written by merges for each row that came.
        var mostWritten: Double
        var seed: UInt64
        var testDescription: String { "\(kind), \(strategy), seed \(seed)" }
    }

    private static let courses: [Course] = [11, 12].flatMap { seed in
        [
            Course(kind: .append, strategy: "lazy-leveled", mostRuns: 12, mostWritten: 12, seed: seed),
            Course(kind: .upsert, strategy: "lazy-leveled", mostRuns: 12, mostWritten: 12, seed: seed),
            Course(kind: .append, strategy: "size-ratio", mostRuns: 18, mostWritten: 9, seed: seed),
            Course(kind: .upsert, strategy: "size-ratio", mostRuns: 18, mostWritten: 9, seed: seed),
        ]
    }

    private static let roots: [ByteString] = ["north", "east", "south"]

    @Test(
        "leave bounded runs and amplification, starve no partition and keep every row once",
        arguments: courses)
    func days(course: Course) throws {
        var random = SeededGenerator(seed: course.seed)
        let table = try CompactionTable(course.kind, seed: course.seed)
        try table.set("compaction.strategy", ByteString(course.strategy))
        try table.set("partition.splitThresholdRows", "400")
        let events = EventBox()
        let compactor = table.compactor(events: events)
        var model: [ByteString: [SampleRow]] = [:]
        var history: [(state: TableState, rows: [ByteString: [SampleRow]])] = []
        var ingested: Int64 = 0
        for hour in 0..<48 {
            for root in Self.roots {
                // One partition has twice the rows of the others, and nights are quiet.
                let isNight = hour % 24 < 5
                let most = (root == "north" ? 40 : 20) / (isNight ? 5 : 1)
                let rows = drop(hour, 1 + Int.random(in: 0..<most, using: &random), table.kind, &random)
                try table.ingest(rows, day: root)
                model[root, default: []] += rows
                ingested += Int64(rows.count)
            }
            table.clock.advance(milliseconds: 3_600_000)
            compactor.runOnce()
            check(table.log.current, course, "hour \(hour)")
            if hour % 12 == 11 { history.append((table.log.current, model)) }
        }
        for (state, rows) in history {
            for root in Self.roots {
                let expected = CompactionTable.visible(rows[root] ?? [], course.kind)
                #expect(try table.rows(day: root, in: state) == expected, "\(root), version \(state.version)")
            }
        }
        let written = events.summaries.reduce(0) { $0 + $1.rowsOut }
        #expect(Double(written) / Double(ingested) <= course.mostWritten)
        #expect(events.failures == [])
        #expect(try table.strayFiles() == [])
    }

    private func drop(
        _ hour: Int, _ count: Int, _ kind: TableKind, _ random: inout SeededGenerator
    ) -> [SampleRow] {
        var keys: Set<Int64> = []
        while keys.count < count { keys.insert(Int64.random(in: 0..<3_000, using: &random)) }
        return keys.sorted().enumerated().map { index, key in
            var row = SampleRow(key: key, serial: Int64(hour) << 16 | Int64(index))
            if kind == .upsert { row.isDeleted = Int.random(in: 0..<12, using: &random) == 0 }
            return row
        }
    }

    private func check(_ state: TableState, _ course: Course, _ place: String) {
        for partition in state.occupiedPartitions() {
            let runs = state.runs(in: partition).runs.count
            #expect(runs <= course.mostRuns, "\(place): \(runs) runs in \"\(partition)\"")
            #expect(state.partitions.isLeaf(partition), "\(place): \"\(partition)\" is no leaf")
        }
        #expect(state.jobs.isEmpty && state.takenRows == 0, "\(place)")
    }
}
