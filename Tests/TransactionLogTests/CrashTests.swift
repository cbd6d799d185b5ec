import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// What the log must answer, whatever goes wrong: all that was acknowledged, and nothing half.
@Suite("Crashes and lost replies")
struct CrashTests {
    /// One random run: commits and states, until the storage fails or the steps are done.
    struct Run {
        let table: TestTable
        let storage: MemoryStorage
        var random: SeededGenerator
        /// Paths after each acknowledged transaction.
        var acknowledged: Set<ByteString> = []
        /// Adds and removes of a transaction whose outcome is not known.
        var uncertain: (adds: Set<ByteString>, removes: Set<ByteString>) = ([], [])
        var live: [FileEntry] = []

        /// False where the storage failed.
        mutating func step() -> Bool {
            var actions: [Action] = []
            var adds: [FileEntry] = []
            var removes: [FileEntry] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let file = table.file()
                adds.append(file)
                actions.append(.add(file))
            }
            if live.count > 4 {
                let victim = live.remove(at: Int.random(in: 0..<live.count, using: &random))
                removes.append(victim)
                actions.append(TestTable.removal(victim))
            }
            do throws(CommitError) {
                _ = try table.log.commit(table.transaction(actions))
                acknowledged.formUnion(adds.map(\.path))
                acknowledged.subtract(removes.map(\.path))
                live += adds
            } catch {
                // Whose process died does not learn its answer, whatever the call would have said.
                var isUnknown = storage.hasCrashed
                if case .unknownOutcome = error { isUnknown = true }
                if isUnknown { uncertain = (Set(adds.map(\.path)), Set(removes.map(\.path))) }
                return false
            }
            if Int.random(in: 0..<3, using: &random) == 0 {
                // A state that cannot be written must not hurt.
                _ = try? table.log.writeState()
            }
            return true
        }

        func check(_ state: TableState, _ comment: Comment) {
            let found = Set(TestTable.files(state).map(\.path))
            let after = acknowledged.union(uncertain.adds).subtracting(uncertain.removes)
            #expect(found == acknowledged || found == after, comment)
        }
    }

    static let steps = 7

    static func operationCount(seed: UInt64) throws -> Int {
        let memory = MemoryStorage()
        let before = memory.operationCount
        let table = try TestTable(storage: memory, seed: seed)
        var run = Run(table: table, storage: memory, random: SeededGenerator(seed: seed))
        for _ in 0..<steps where !run.step() { Issue.record("a step failed without a fault") }
        run.check(try run.table.open().current, "seed \(seed)")
        return memory.operationCount - before
    }

    @Test("after a crash at any operation, all that was acknowledged is there, and nothing half")
    func crashes() throws {
        let seed = Seed.fresh()
        let count = try Self.operationCount(seed: seed)
        for place in 1...count {
            let memory = MemoryStorage()
            memory.inject(.crash, atOperation: place)
            guard let table = try? TestTable(storage: memory, seed: seed) else { continue }
            var run = Run(table: table, storage: memory, random: SeededGenerator(seed: seed))
            for _ in 0..<Self.steps where !memory.hasCrashed { _ = run.step() }
            for keeping in [false, true] {
                let survivor = memory.crashedCopy(keepingUnsynced: keeping)
                let comment: Comment = "seed \(seed), crash at \(place), unsynced kept: \(keeping)"
                let opened = try table.open(survivor)
                run.check(opened.current, comment)
                let before = opened.current.fileCount
                _ = try opened.commit(table.adding(2))
                #expect(try table.open(survivor).current.fileCount == before + 2, comment)
            }
        }
    }

    @Test("a reply that is lost at any operation loses no commit and makes none twice")
    func lostReplies() throws {
        let seed = Seed.fresh()
        let count = try Self.operationCount(seed: seed)
        for place in 1...(count + 4) {
            let memory = MemoryStorage()
            guard let table = try? TestTable(storage: memory, seed: seed) else { continue }
            memory.inject(.lostReply, atOperation: place)
            var run = Run(table: table, storage: memory, random: SeededGenerator(seed: seed))
            for step in 0..<Self.steps {
                let isCommitted = run.step()
                #expect(isCommitted, "seed \(seed), lost reply at \(place), step \(step)")
            }
            let comment: Comment = "seed \(seed), lost reply at \(place)"
            run.check(try table.open(memory.crashedCopy()).current, comment)
            #expect(table.log.current.version == Version(Int64(Self.steps)), comment)
        }
    }

    @Test(
        "an operation that fails leaves the log usable, or asks for a reopen",
        arguments: [StorageError.Kind.unavailable, .noSpace, .failedSync, .unknownOutcome])
    func failures(kind: StorageError.Kind) throws {
        let seed = Seed.fresh()
        let count = try Self.operationCount(seed: seed)
        for place in 1...count {
            let memory = MemoryStorage()
            guard let table = try? TestTable(storage: memory, seed: seed) else { continue }
            memory.inject(.error(kind), atOperation: place)
            var run = Run(table: table, storage: memory, random: SeededGenerator(seed: seed))
            let comment: Comment = "seed \(seed), \(kind) at \(place)"
            for _ in 0..<Self.steps where !run.step() { break }
            run.check(try table.open(memory.crashedCopy()).current, comment)
            memory.clearFaults()
            if table.log.isPoisoned { try table.log.reopen() }
            let before = try table.log.refresh().fileCount
            _ = try table.log.commit(table.adding(2))
            #expect(try table.open(memory.crashedCopy()).current.fileCount == before + 2, comment)
        }
    }
}
