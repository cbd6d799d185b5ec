import Bytes
import Merge
import Metadata
import Platform
import Synchronization
import TestKit
import Testing
import TransactionLog

@testable import Compaction

@Suite("Merges in passes")
struct PassPlanTests {
    @Test("put as few inputs together as make the rest fit")
    func fewest() {
        let all = { (_: Range<Int>) in true }
        #expect(PassPlan(count: 0, maxInputs: 4, fits: all).isLast)
        #expect(PassPlan(count: 4, maxInputs: 4, fits: all).groups == [0..<4])
        // Two become one, and there are four.
        #expect(PassPlan(count: 5, maxInputs: 4, fits: all).groups == [0..<2, 2..<3, 3..<4, 4..<5])
        #expect(PassPlan(count: 7, maxInputs: 4, fits: all).groups == [0..<4, 4..<5, 5..<6, 6..<7])
        #expect(PassPlan(count: 9, maxInputs: 4, fits: all).groups == [0..<4, 4..<7, 7..<8, 8..<9])
    }

    @Test("never take more together than fit, but always two")
    func limits() {
        // Each needs as much as its number, and ten are there.
        let weights = [1, 2, 3, 4, 5, 6, 7, 8]
        let fits = { (range: Range<Int>) in range.reduce(0) { $0 + weights[$1] } <= 10 }
        let plan = PassPlan(count: 8, maxInputs: 256, fits: fits)
        #expect(plan.groups == [0..<4, 4..<6, 6..<8])
        let none = PassPlan(count: 5, maxInputs: 256, fits: { _ in false })
        #expect(none.groups == [0..<2, 2..<4, 4..<5])
        #expect(PassPlan(count: 2, maxInputs: 256, fits: { _ in false }).isLast)
        #expect(PassPlan(count: 2, maxInputs: 1, fits: { _ in false }).isLast)
    }

    @Test("tile the inputs and end", arguments: 1...40, [1, 2, 3, 7])
    func ends(count: Int, most: Int) {
        for room in [1, 3, 5, 100] {
            var left = count
            var passes = 0
            while true {
                let plan = PassPlan(count: left, maxInputs: most) { $0.count <= room }
                if plan.isLast { break }
                #expect(plan.groups.map(\.lowerBound) == [0] + plan.groups.dropLast().map(\.upperBound))
                #expect(plan.groups.last?.upperBound == left)
                #expect(plan.groups.allSatisfy { $0.count <= max(2, min(most, room)) })
                #expect(plan.groups.count < left)
                left = plan.groups.count
                passes += 1
            }
            #expect(left <= max(2, min(most, room)) && passes <= 6)
        }
    }

    /// A job of all files of a partition, merged without a commit.
    private func merge(_ table: CompactionTable, memoryBytes: Int, maxInputs: Int = 256) throws -> (
        result: MergeResult, progress: [Int64], bytes: Int64
    ) {
        let partition = CompactionTable.partition("1")
        let state = table.log.current
        let job = Job(
            id: JobID(7), partition: partition, inputs: state.files(in: partition).map(\.entry.id),
            status: .running, session: table.session, strategy: "basic", reason: "")
        let context = CompactionContext(
            table: CompactionTable.name, log: table.log, storage: table.storage, clock: table.clock,
            entropy: table.entropy, session: table.session, slots: JobSlots())
        let target = try MergeJob(job, in: state, of: context).main
        let progress = Mutex([Int64]())
        var passes = MergePasses(
            target: target, maxInputs: maxInputs, cancellation: Cancellation(),
            progress: { done in progress.withLock { $0.append(done) } })
        passes.memoryBytes = memoryBytes
        #expect(try passes.isOnePass() == (memoryBytes > 1 << 20 && maxInputs > 20))
        return (try passes.run(), progress.withLock { $0 }, target.bytes)
    }

    @Test(
        "have the result of one merge where pages do not fit in memory, however little there is",
        arguments: [TableKind.append, .upsert])
    func memory(kind: TableKind) throws {
        var results: [[SampleRow]] = []
        for (memory, most) in [(128 << 20, 256), (128 << 20, 5), (10 << 10, 256), (1, 256)] {
            let table = try CompactionTable(kind)
            try table.fill(files: 13)
            let stored = table.log.current.totalRows
            let (result, progress, bytes) = try merge(table, memoryBytes: memory, maxInputs: most)
            #expect(result.rowsIn == stored)
            #expect(result.rowsIn == result.rowsOut + result.rowsDropped)
            #expect(result.rowsInByFile.values.reduce(0, +) == stored && result.rowsInByFile.count == 13)
            #expect(progress == progress.sorted() && progress.allSatisfy { (0...bytes).contains($0) })
            // The outputs alone are left; they take the place of the inputs.
            let strays = try table.strayFiles()
            #expect(Set(strays) == Set(result.outputs.map(\.name)))
            let rows = try table.merged(result.outputs.map { MergeInput($0) })
            #expect(rows == (try table.rows()))
            results.append(rows)
        }
        #expect(results.allSatisfy { $0 == results[0] && !$0.isEmpty })
    }
}
