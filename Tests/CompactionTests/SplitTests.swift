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

/// Where a split finds its key in files of any layout, and what it never says without proof.
@Suite("The key of a split")
struct SplitKeyTests {
    private static let root = CompactionTable.partition("1")

    private func ingest(_ table: CompactionTable, _ keys: some Sequence<Int>, _ layout: FileLayout) throws {
        try table.ingest(
            keys.enumerated().map { SampleRow(key: Int64($0.element), serial: Int64($0.offset)) },
            layout: layout)
    }

    /// What is referenced of each leaf, checked against the rows that the files really have there.
    private func leafRows(_ table: CompactionTable) throws -> [Int] {
        let state = table.log.current
        return try state.partitions.leaves(below: Self.root).map { leaf in
            try state.files(in: leaf).reduce(0) { sum, file in
                let reference = try #require(state.reference(file, in: leaf))
                let keys = try table.keys(of: file.entry)
                let node = state.partitions[leaf]
                #expect(reference.rowCount == keys.count { node?.contains($0) ?? true })
                #expect(!reference.isEstimated)
                return sum + Int(reference.rowCount)
            }
        }
    }

    @Test("has half of the rows on each side, counted", arguments: FileLayout.all)
    func median(layout: FileLayout) throws {
        let table = try CompactionTable(.append)
        try ingest(table, 0..<10_000, layout)
        let compactor = table.compactor()
        let outcome = try compactor.split(Self.root)
        #expect(outcome.references == 1 && outcome.estimatedReferences == 0)
        #expect(try leafRows(table).allSatisfy { (4_990...5_010).contains($0) })
        _ = try compactor.split(outcome.left)
        _ = try compactor.split(outcome.right)
        #expect(try leafRows(table).allSatisfy { (2_490...2_510).contains($0) })
    }

    @Test("by itself, until no leaf is above the threshold", arguments: FileLayout.all)
    func threshold(layout: FileLayout) throws {
        let table = try CompactionTable(.append)
        try table.set("partition.splitThresholdRows", "3000")
        try ingest(table, 0..<10_000, layout)
        table.compactor().runOnce()
        let rows = try leafRows(table)
        #expect(rows.count == 4 && rows.allSatisfy { (2_400...2_600).contains($0) }, "\(rows)")
    }

    @Test(
        "of a leaf that has few of a large file's rows is found among those few", arguments: FileLayout.all)
    func smallShare(layout: FileLayout) throws {
        let table = try CompactionTable(.append)
        try ingest(table, 0..<20_000, layout)
        let compactor = table.compactor()
        var leaf = try compactor.split(Self.root, at: table.key(4)).left
        leaf = try compactor.split(leaf).right
        _ = try compactor.split(leaf)
        var rows = try leafRows(table).sorted()
        #expect(rows == [1, 1, 2, 19_996])
        // In the middle of the file too.
        let above = try #require(
            table.log.current.partitions.leaves(below: Self.root).first {
                table.log.current.partitions[$0]?.contains(table.key(9_000)) ?? false
            })
        leaf = try compactor.split(above, at: table.key(9_000)).right
        leaf = try compactor.split(leaf, at: table.key(9_003)).left
        _ = try compactor.split(leaf)
        rows = try leafRows(table).sorted()
        #expect(rows.prefix(5) == [1, 1, 1, 2, 2] && rows.reduce(0, +) == 20_000, "\(rows)")
    }

    private func rows(of outcome: SplitOutcome, in state: TableState) -> [Int64] {
        [outcome.left, outcome.right].map { leaf in
            state.files(in: leaf).reduce(0) { $0 + (state.reference($1, in: leaf)?.rowCount ?? 0) }
        }
    }

    enum Place: CaseIterable { case first, middle, last }

    @Test(
        "is found beside a key that nearly all rows have, and only a leaf of one key is unsplittable",
        arguments: FileLayout.all, Place.allCases)
    func heavy(layout: FileLayout, place: Place) throws {
        let table = try CompactionTable(.append)
        let heavy = [.first: 0, .middle: 5, .last: 10][place]!
        for _ in 0..<2 {
            try ingest(
                table, (0...10).flatMap { Array(repeating: $0, count: $0 == heavy ? 9_000 : 1) }, layout)
        }
        let compactor = table.compactor()
        var waiting = [Self.root]
        var splits = 0
        var rare: Int64?
        while let leaf = waiting.popLast() {
            do throws(CompactionRefusal) {
                let outcome = try compactor.split(leaf)
                splits += 1
                waiting += [outcome.left, outcome.right]
                // The rare keys go to one side, as far as they are on it.
                if splits == 1 { rare = rows(of: outcome, in: table.log.current).min() }
            } catch {
                guard case .unsplittable(leaf, let key) = error else { throw error }
                let state = table.log.current
                let keys = try state.files(in: leaf).flatMap { try table.keys(of: $0.entry) }
                #expect(Set(keys.filter { state.partitions[leaf]?.contains($0) ?? true }) == [key])
            }
        }
        #expect(splits == 10 && rare == (place == .middle ? 10 : 20))
        #expect(try leafRows(table).sorted() == Array(repeating: 2, count: 10) + [18_000])
    }

    @Test("into many has leaves for rare keys too", arguments: FileLayout.all)
    func many(layout: FileLayout) throws {
        let table = try CompactionTable(.append)
        try ingest(table, Array(repeating: 0, count: 9_000) + Array(1...10), layout)
        for count in [2, 4, 11, 12] {
            let samples = try table.compactor().samples(of: Self.root, forLeaves: count)
            #expect(SplitKeys(sample: samples, leaves: count).keys.count == min(count, 11) - 1)
        }
    }

    @Test("is looked for in all files before it is said that there is none")
    func manyFiles() throws {
        let table = try CompactionTable(.append)
        for _ in 0..<300 { try ingest(table, [7, 7], FileLayout()) }
        let compactor = table.compactor()
        #expect(throws: CompactionRefusal.self) { try compactor.split(Self.root) }
        // The smallest of all, behind those of which samples are taken.
        try ingest(table, [9], FileLayout(hasPageIndex: false))
        #expect(try compactor.splitKey(of: Self.root) == table.key(9))
        try ingest(table, [3], FileLayout(hasPageIndex: false))
        _ = try compactor.split(Self.root)
        #expect(try leafRows(table).reduce(0, +) == 602)
    }

    @Test("of an estimate parts it as the rows are parted that were counted")
    func estimate() throws {
        let table = try CompactionTable(.append)
        try ingest(table, 0..<100, FileLayout(hasPageIndex: false))
        try table.splitByEstimate(Self.root, at: table.key(60)) { _ in 30 }
        let state = table.log.current
        let left = try #require(state.partitions.leaves(below: Self.root).first)
        _ = try table.compactor().split(left, at: table.key(20))
        let after = table.log.current
        let counts = after.partitions.leaves(below: Self.root).map { leaf in
            after.files(in: leaf).compactMap { after.reference($0, in: leaf) }
        }
        #expect(counts.map { $0.map(\.rowCount) } == [[10], [20], [70]])
        #expect(counts.joined().allSatisfy { $0.isEstimated })
    }
}
