import Bytes
import Compaction
import Metadata
import Planning
import Platform
import TestKit
import Testing
import TransactionLog

@Suite("A split of a partition")
struct SplitTests {
    private static let root = CompactionTable.partition("1")

    /// Keys 0, 1, 2, … with so many rows each, in one file.
    private func file(_ table: CompactionTable, keys: Range<Int>, each count: Int = 1) throws {
        try table.ingest(
            keys.flatMap { key in (0..<count).map { SampleRow(key: Int64(key), serial: Int64($0)) } })
    }

    private func rowCounts(_ table: CompactionTable) throws -> [[Int64]] {
        let state = table.log.current
        return state.files.files(in: Self.root).map { state.references(of: $0).map(\.rowCount) }
    }

    @Test("halves the rows, copies nothing, and counts what each child has")
    func median() throws {
        let table = try CompactionTable(.append)
        try file(table, keys: 0..<100)
        try file(table, keys: 40..<60)
        let before = try table.rows()
        let files = table.log.current.fileCount
        let outcome = try table.compactor().split(Self.root)
        let state = table.log.current
        #expect(state.fileCount == files && state.garbage.isEmpty)
        #expect(state.partitions.leaves(below: Self.root) == [outcome.left, outcome.right])
        #expect(outcome.references == 2 && outcome.estimatedReferences == 0)
        let counts = try rowCounts(table)
        #expect(counts.map { $0.reduce(0, +) }.sorted() == [20, 100])
        let left = state.files(in: outcome.left).compactMap {
            state.reference($0, in: outcome.left)?.rowCount
        }
        #expect((55...65).contains(left.reduce(0, +)), "\(counts)")
        #expect(try table.rows() == before)
        #expect(state.totalRows == 120 && state.takenRows == 0)
    }

    @Test("gives a file that lies on one side one reference there")
    func oneSide() throws {
        let table = try CompactionTable(.append)
        try file(table, keys: 0..<10)
        try file(table, keys: 10..<20)
        let outcome = try table.compactor().split(Self.root)
        let state = table.log.current
        #expect(state.files(in: outcome.left).count == 1 && state.files(in: outcome.right).count == 1)
        #expect(try rowCounts(table) == [[10], [10]])
    }

    @Test("takes the next key where most rows have the smallest, and refuses where all have one")
    func hotKey() throws {
        let table = try CompactionTable(.append)
        try file(table, keys: 7..<8, each: 50)
        let compactor = table.compactor()
        let refusal = try #require(throws: CompactionRefusal.self) { try compactor.split(Self.root) }
        guard case .unsplittable(Self.root, _) = refusal else {
            Issue.record("\(refusal)")
            return
        }
        try file(table, keys: 9..<12)
        let outcome = try compactor.split(Self.root)
        let left = table.log.current.files(in: outcome.left)
        #expect(left.count == 1)
        let next = try compactor.split(outcome.right)
        #expect(table.log.current.files(in: next.left).count == 1)
        #expect(throws: CompactionRefusal.self) { try compactor.split(outcome.left) }
        #expect(throws: CompactionRefusal.self) { try compactor.split(Self.root) }
    }

    @Test("leaves references that a job holds where they are, and they go down when the job is done")
    func heldReferences() throws {
        let table = try CompactionTable(.append)
        for _ in 0..<3 { try file(table, keys: 0..<50) }
        let compactor = table.compactor()
        let held = table.log.current.files(in: Self.root).map(\.id)[0]
        _ = try compactor.request(files: [held])
        let outcome = try compactor.split(Self.root)
        #expect(outcome.references == 2)
        #expect(table.log.current.files(in: Self.root).map(\.id) == [held])
        // The job commits at the node, which is an inner one by now; then its output goes down.
        compactor.runOnce()
        let state = table.log.current
        #expect(state.jobs.isEmpty && state.files(in: Self.root).isEmpty)
        #expect(state.files(in: outcome.left).count == 3 && state.files(in: outcome.right).count == 3)
        #expect(try table.rows().count == 150)
    }

    @Test("happens by itself above the threshold, until no leaf is above it")
    func threshold() throws {
        let table = try CompactionTable(.append)
        try table.set("partition.splitThresholdRows", "30")
        for _ in 0..<3 { try file(table, keys: 0..<100) }
        let compactor = table.compactor()
        compactor.runOnce()
        let state = table.log.current
        let leaves = state.partitions.leaves(below: Self.root)
        #expect(leaves.count >= 10)
        for leaf in leaves {
            #expect(SplitPlan(state.properties).due(SplitPlan.references(of: leaf, in: state)) == .notDue)
        }
        #expect(try table.rows().count == 300)
    }

    @Test("of a leaf that another process splits first is refused, and nothing is lost")
    func twice() throws {
        let table = try CompactionTable(.append)
        try file(table, keys: 0..<100)
        let other = try CompactionTable(opening: table.storage, session: 2)
        _ = try table.compactor().split(Self.root)
        #expect(throws: CompactionRefusal.self) { try other.compactor().split(Self.root) }
        let rows = try table.rows()
        #expect(try other.rows() == rows)
    }
}
