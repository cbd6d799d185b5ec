import Bytes
import Compaction
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

/// Random ingests, splits and merges, with every setting of what a job does with files of several partitions; after
/// each step, and for every version at the end, the table has exactly the rows of a model.
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
        for round in 0..<3 {
            let seed = Seed.fresh() &+ UInt64(round)
            var random = SeededGenerator(seed: seed)
            let table = try CompactionTable(setting.kind, seed: seed)
            try table.set("compaction.partialReferences", setting.isPartial ? "true" : "false")
            try table.set("compaction.splitFilesFirst", setting.splitsFirst ? "true" : "false")
            let compactor = table.compactor()
            var model: [SampleRow] = []
            var history: [(state: TableState, rows: [SampleRow])] = []
            for step in 0..<40 {
                let comment: Comment = "seed \(seed), step \(step)"
                try self.step(step, table, compactor, &model, &random)
                #expect(try table.rows() == CompactionTable.visible(model, setting.kind), comment)
                check(table.log.current, setting, comment)
                history.append((table.log.current, CompactionTable.visible(model, setting.kind)))
            }
            _ = try compactor.foreground()
            #expect(try table.rows() == CompactionTable.visible(model, setting.kind), "seed \(seed)")
            for (state, rows) in history {
                #expect(try table.rows(in: state) == rows, "seed \(seed), version \(state.version)")
            }
            #expect(try table.strayFiles() == [], "seed \(seed)")
        }
    }

    private func step(
        _ step: Int, _ table: CompactionTable, _ compactor: Compactor, _ model: inout [SampleRow],
        _ random: inout SeededGenerator
    ) throws {
        let state = table.log.current
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5:
            let start = Int64.random(in: 0..<100, using: &random)
            var rows = (0..<Int64.random(in: 1...30, using: &random)).map {
                SampleRow(key: start + $0, serial: Int64(step) << 8 | $0)
            }
            if table.kind == .upsert { rows[0].isDeleted = Bool.random(using: &random) }
            try table.ingest(rows)
            model += rows
        case 5, 6:
            let leaves = state.partitions.leaves(below: CompactionTable.partition("1"))
            guard let leaf = leaves.randomElement(using: &random), leaves.count < 9 else { return }
            _ = try? compactor.split(leaf)
        case 7:
            guard let partition = state.occupiedPartitions().randomElement(using: &random) else { return }
            _ = try compactor.request(partitions: [partition])
            compactor.runOnce()
        default: compactor.runOnce()
        }
    }

    /// References never overlap, their rows add up, and half-live files are there only where they may be.
    private func check(_ state: TableState, _ setting: Setting, _ comment: Comment) {
        var taken: Int64 = 0
        state.files.forEach { file in
            let references = state.references(of: file)
            let places = Set(references.map(\.partition))
            for place in places {
                #expect(places.isDisjoint(with: state.partitions.ancestors(of: place)), comment)
            }
            let rows = references.reduce(0) { $0 + $1.rowCount }
            taken += (file.rowCount ?? 0) - rows
            #expect(rows <= file.rowCount ?? 0, comment)
            #expect(references.allSatisfy { !$0.isEstimated }, comment)
        }
        #expect(taken == state.takenRows, comment)
        if !setting.isPartial { #expect(taken == 0, comment) }
    }
}
