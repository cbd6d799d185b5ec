import Bytes
import Compaction
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

/// Random ingests, splits and merges, with every setting of what a job does with files of several partitions; after
/// each step, and for every version at the end, the table has exactly the rows of a model. Some splits are those of a
/// writer that estimates rows; what is left of estimates is told by a model of references, version by version.
@Suite("A table whose partitions are split while it is compacted")
struct ReferenceModelTests {
    struct Setting: Sendable, CustomTestStringConvertible {
        var kind: TableKind
        var isPartial: Bool
        var splitsFirst: Bool
        var testDescription: String {
            "\(kind), \(isPartial ? "partial references" : "finished files"), \(splitsFirst ? "split first" : "not split")"
        }
    }

    private static let settings: [Setting] = [TableKind.append, .upsert].flatMap { kind in
        [false, true].flatMap { isPartial in
            [false, true].map { Setting(kind: kind, isPartial: isPartial, splitsFirst: $0) }
        }
    }

    @Test("keeps every row, in every version", arguments: settings)
    func rows(setting: Setting) throws {
        var counts = (estimated: 0, scaled: 0, settled: 0)
        for round in 0..<3 {
            let seed = Seed.fresh() &+ UInt64(round)
            var random = SeededGenerator(seed: seed)
            let table = try CompactionTable(setting.kind, seed: seed)
            try table.set("compaction.partialReferences", setting.isPartial ? "true" : "false")
            try table.set("compaction.splitFilesFirst", setting.splitsFirst ? "true" : "false")
            let compactor = table.compactor()
            var model: [SampleRow] = []
            var references = ReferenceModel(table)
            var history: [(state: TableState, rows: [SampleRow])] = []
            for step in 0..<40 {
                let comment: Comment = "seed \(seed), step \(step)"
                try self.step(step, table, compactor, &model, &random)
                #expect(try table.rows() == CompactionTable.visible(model, setting.kind), comment)
                try references.follow(table, comment)
                check(table.log.current, setting, comment)
                history.append((table.log.current, CompactionTable.visible(model, setting.kind)))
            }
            _ = try compactor.foreground()
            #expect(try table.rows() == CompactionTable.visible(model, setting.kind), "seed \(seed)")
            try references.follow(table, "seed \(seed), at the end")
            counts.estimated += references.estimatedCount
            counts.scaled += references.scaledCount
            counts.settled += references.settledCount
            for (state, rows) in history {
                #expect(try table.rows(in: state) == rows, "seed \(seed), version \(state.version)")
            }
            #expect(try table.strayFiles() == [], "seed \(seed)")
        }
        // A file that is live wholly or not at all gives away no rows.
        #expect(counts.estimated > 0 && (counts.scaled > 0) == setting.isPartial, "\(counts)")
        #expect((counts.settled > 0) == setting.isPartial, "\(counts)")
    }

    private func step(
        _ step: Int, _ table: CompactionTable, _ compactor: Compactor, _ model: inout [SampleRow],
        _ random: inout SeededGenerator
    ) throws {
        let state = table.log.current
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<5:
            let start = Int64.random(in: 0..<100, using: &random)
            // Neighbours, or all over the tree.
            let stride = Bool.random(using: &random) ? 1 : Int64.random(in: 5...20, using: &random)
            var rows = (0..<Int64.random(in: 1...30, using: &random)).map {
                SampleRow(key: (start + $0 * stride) % 130, serial: Int64(step) << 8 | $0)
            }
            if table.kind == .upsert { rows[0].isDeleted = Bool.random(using: &random) }
            try table.ingest(rows)
            model += rows
        case 5:
            let leaves = state.partitions.leaves(below: CompactionTable.partition("1"))
            guard let leaf = leaves.randomElement(using: &random), leaves.count < 9 else { return }
            _ = try? compactor.split(leaf)
        case 6: try splitByEstimate(table, &random)
        case 7, 8: try moveDownByEstimate(table, &random)
        case 9, 10:
            guard let partition = state.occupiedPartitions().randomElement(using: &random) else { return }
            _ = try compactor.request(partitions: [partition])
            compactor.runOnce()
        default: compactor.runOnce()
        }
    }

    private func splitByEstimate(_ table: CompactionTable, _ random: inout SeededGenerator) throws {
        let state = table.log.current
        let leaves = state.partitions.leaves(below: CompactionTable.partition("1"))
        let key = table.key(Int64.random(in: 1..<130, using: &random))
        guard leaves.count < 9,
            let leaf = leaves.first(where: { state.partitions[$0]?.contains(key) ?? true }),
            state.partitions[leaf]?.minKey != key, state.fileCount > 0
        else { return }
        let shares = Shares(&random)
        try table.splitByEstimate(leaf, at: key, movesReferences: Bool.random(using: &random), shares.rows)
    }

    /// All the way, what stands above the leaves.
    private func moveDownByEstimate(_ table: CompactionTable, _ random: inout SeededGenerator) throws {
        let shares = Shares(&random)
        while let node = table.log.current.occupiedPartitions().first(where: {
            !table.log.current.partitions.isLeaf($0)
        }) {
            guard try table.moveDownByEstimate(node, shares.rows) else { return }
        }
    }

    /// Estimates of any number of rows.
    private struct Shares {
        private let seed: UInt64

        init(_ random: inout SeededGenerator) { seed = random.next() }

        func rows(_ reference: FileReference) -> Int64 {
            var random = SeededGenerator(seed: seed ^ reference.file.rawValue)
            return Int64.random(in: 0...reference.rowCount, using: &random)
        }
    }

    /// References never overlap, and half-live files are there only where they may be.
    private func check(_ state: TableState, _ setting: Setting, _ comment: Comment) {
        state.files.forEach { file in
            let places = Set(state.references(of: file).map(\.partition))
            for place in places {
                #expect(places.isDisjoint(with: state.partitions.ancestors(of: place)), comment)
            }
        }
        if !setting.isPartial { #expect(state.takenRows == 0, comment) }
    }

    @Test(
        "gives what an estimate was off by to the other estimates, and counts what is left in the end",
        arguments: [true, false])
    func scaling(splitsFirst: Bool) throws {
        let table = try CompactionTable(.append)
        try table.set("compaction.partialReferences", "true")
        try table.set("compaction.splitFilesFirst", splitsFirst ? "true" : "false")
        var references = ReferenceModel(table)
        let file = try #require(try table.ingest((0..<100).map { SampleRow(key: $0, serial: $0) }).first)
        let root = CompactionTable.partition("1")
        let (a, right) = try table.splitByEstimate(root, at: table.key(50)) { _ in 30 }
        let (b, c) = try table.splitByEstimate(right, at: table.key(75)) { _ in 14 }
        func rows() -> [String] {
            let state = table.log.current
            return [a, b, c].compactMap { state.references.reference(file.id, in: $0) }.map {
                ($0.isEstimated ? "~" : "") + "\($0.rowCount)"
            }
        }
        #expect(rows() == ["~30", "~14", "~56"])
        let compactor = table.compactor()
        // In order: rows that were estimated and those that are there; what all references have in the end.
        for (partition, left, taken) in [(a, ["~10", "~40"], 50), (b, ["25"], 75), (c, [], 0)] {
            _ = try compactor.request(partitions: [partition])
            compactor.runOnce()
            #expect(rows() == left)
            #expect(table.log.current.takenRows == Int64(taken) && table.log.current.totalRows == 100)
            try references.follow(table, "\(left)")
        }
        #expect(references.scaledCount == 1 && references.settledCount == 1)
        #expect(try table.rows().count == 100 && table.strayFiles() == [])
    }
}
