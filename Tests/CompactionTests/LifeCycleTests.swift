import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

/// The life of a compaction, phase by phase, and what may happen beside it.
@Suite("The life of a compaction")
struct LifeCycleTests {
    private static let day1 = CompactionTable.partition("1")

    // MARK: Phase 1: trigger

    @Test("trigger: four files are left alone, the fifth begins a merge")
    func trigger() throws {
        let table = try CompactionTable(.append)
        let compactor = table.compactor()
        for count in 1...4 {
            try table.fill(files: 1, from: count)
            #expect(compactor.runOnce() == 0 && table.fileCount() == count)
        }
        try table.fill(files: 1, from: 5)
        #expect(compactor.runOnce() == 1 && table.fileCount() == 1)
    }

    @Test("trigger: files that are being merged begin no second merge, however many come")
    func triggerWhileMerging() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let other = try CompactionTable(opening: table.storage, session: 2).compactor()
        let began = Atomic(0)
        let events = EventBox { event in
            guard case .progress = event else { return }
            // Within the merge: another session finds nothing to do with what is taken.
            if began.wrappingAdd(1, ordering: .relaxed).oldValue == 0 {
                try? table.fill(files: 3, from: 20)
                _ = try? other.context.log.refresh()
                _ = other.runOnce()
            }
        }
        var options = CompactionOptions()
        options.progressMilliseconds = 0
        #expect(table.compactor(events: events, options: options).runOnce() == 1)
        #expect(began.load(ordering: .relaxed) > 0)
        // Three came meanwhile: with the output four, which are left alone.
        #expect(table.fileCount() == 4)
        #expect(events.summaries.map(\.inputFiles) == [5])
    }

    // MARK: Phase 2: snapshot

    @Test("snapshot: a file that arrives during the merge is no part of it and stays", arguments: [1, 3])
    func thirdFile(count: Int) throws {
        let table = try CompactionTable(.upsert)
        try table.fill(files: 5)
        let inputs = Set(table.log.current.files(in: Self.day1).map(\.id))
        let didArrive = Atomic(false)
        let events = EventBox { event in
            guard case .progress = event, !didArrive.exchange(true, ordering: .relaxed) else { return }
            for file in 0..<count {
                _ = try? table.ingest([SampleRow(key: 7, serial: Int64(1_000 + file))])
            }
        }
        var options = CompactionOptions()
        options.progressMilliseconds = 0
        table.compactor(events: events, options: options).runOnce()
        #expect(Set(events.summaries.first?.job.inputs ?? []) == inputs)
        #expect(table.fileCount() == 1 + count)
        #expect(try table.rows().first { $0.key == 7 }?.serial == Int64(1_000 + count - 1))
    }

    // MARK: Phases 3 and 4: merge, write

    @Test("write: outputs have names of their own, and no name is ever used twice")
    func names() throws {
        let table = try CompactionTable(.append)
        var seen: Set<ByteString> = []
        for round in 0..<4 {
            try table.fill(files: 4, from: round * 10)
            _ = try table.compactor().foreground()
            let paths = table.log.current.files(in: Self.day1).map(\.path)
            #expect(paths.count == 1 && seen.isDisjoint(with: paths))
            seen.formUnion(paths + table.log.current.garbage.sorted().map(\.path))
        }
    }

    // MARK: Phase 5: swap

    @Test("swap: one version takes the inputs and gives the outputs; who reads the old one still reads it")
    func swap() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let old = table.log.current
        let rows = try table.rows()
        let swaps = Mutex<[CommittedTransaction]>([])
        table.log.addObserver { _, _, transactions in
            swaps.withLock { $0 += transactions.filter { $0.operation == "COMPACT" } }
        }
        table.compactor().runOnce()
        let swap = try #require(swaps.withLock { $0.first })
        let removed = swap.actions.count { if case .remove = $0 { true } else { false } }
        let added = swap.actions.count { if case .add = $0 { true } else { false } }
        #expect(removed == 5 && added == 1 && swaps.withLock { $0.count } == 1)
        #expect(try table.rows(in: old) == rows)
        #expect(try table.rows() == rows)
        let notes = Dictionary(uniqueKeysWithValues: swap.notes.map { ($0.name, $0.value) })
        #expect(notes["rowsIn"] == "50" && notes["filesIn"] == "5" && notes["filesOut"] == "1")
    }

    // MARK: Races

    @Test("readers see each row once at every moment while files come and are merged")
    func readersAcrossSwaps() throws {
        let table = try CompactionTable(.append)
        let acknowledged = Atomic(0)
        let isDone = Atomic(false)
        let faults = Mutex<[String]>([])
        let compactor = table.compactor()
        compactor.start()
        let readers = (0..<2).map { _ in
            Thread.spawn(name: "reader") {
                while !isDone.load(ordering: .acquiring) {
                    let least = acknowledged.load(ordering: .acquiring)
                    let rows = (try? table.rows()) ?? []
                    let count = Set(rows).count
                    if count != rows.count { faults.withLock { $0.append("\(rows.count - count) twice") } }
                    if rows.count < least * 4 {
                        faults.withLock { $0.append("\(rows.count) of \(least * 4)") }
                    }
                }
            }
        }
        for file in 0..<60 {
            try table.ingest((0..<4).map { SampleRow(key: Int64($0 * 11), serial: Int64(file)) })
            acknowledged.store(file + 1, ordering: .releasing)
        }
        isDone.store(true, ordering: .releasing)
        for reader in readers { reader.join() }
        compactor.stop()
        #expect(faults.withLock { $0 } == [])
        #expect(try table.rows().count == 240)
        #expect(table.fileCount() < 60)
    }

    // MARK: Stopping and going on

    /// A run in the foreground looks ten times a second whether it is wanted any more.
    private static func cancel(_ cancellation: Cancellation) {
        cancellation.cancel()
        Thread.sleep(nanoseconds: 400_000_000)
    }

    /// Three files whose merge makes several outputs, and a compactor that does something after the n-th of them.
    private func long(
        _ kind: TableKind, after parts: Int, on storage: MemoryStorage = MemoryStorage(),
        _ act: @escaping @Sendable (Compactor, JobID) -> Void
    ) throws -> (table: CompactionTable, compactor: Compactor) {
        let table = try CompactionTable(kind, on: storage)
        try table.set("compaction.targetFileSize", "65536")
        var random = SeededGenerator(seed: 5)
        for file in 0..<5 {
            try table.ingest(
                (0..<12_000).map { SampleRow(key: $0 * 5 + Int64(file), serial: Int64(random.next() >> 1)) })
        }
        let box = Mutex<Compactor?>(nil)
        let seen = Atomic(0)
        table.log.addObserver { _, _, transactions in
            for transaction in transactions where transaction.operation == "CHECKPOINT COMPACTION" {
                guard case .operation(.putJob(let job))? = transaction.actions.first else { continue }
                guard seen.wrappingAdd(1, ordering: .relaxed).newValue == parts else { continue }
                if let compactor = box.withLock({ $0 }) { act(compactor, job.id) }
            }
        }
        let compactor = table.compactor()
        box.withLock { $0 = compactor }
        return (table, compactor)
    }

    @Test(
        "a job that is stopped after some outputs goes on behind them",
        arguments: [TableKind.append, .upsert])
    func stopAndGoOn(kind: TableKind) throws {
        let cancellation = Cancellation()
        let (table, compactor) = try long(kind, after: 2) { _, _ in Self.cancel(cancellation) }
        let before = try table.rows()
        let result = try compactor.foreground(cancellation: cancellation)
        #expect(result.wasCancelled && result.committed.isEmpty)
        let job = try #require(table.log.current.jobs.values.first)
        #expect(job.status == .waiting && job.parts.count >= 2)
        let finished = Set(job.parts.flatMap(\.outputs).map(\.id))
        #expect(try table.strayFiles().count == finished.count, "nothing is left but what is finished")
        // Another process takes it up.
        let other = try CompactionTable(opening: table.storage, session: 2)
        let events = EventBox()
        other.compactor(events: events).runOnce()
        let outputs = Set(try #require(events.summaries.first).outputs.map(\.id))
        #expect(finished.isSubset(of: outputs) && outputs.count > finished.count)
        #expect(try other.rows() == before)
        #expect(try other.strayFiles() == [])
    }

    @Test("a cancelled job leaves its inputs; asked for again, it goes on with the outputs it had")
    func cancelAndAskAgain() throws {
        let (table, compactor) = try long(.append, after: 2) { compactor, job in try? compactor.cancel(job) }
        let before = try table.rows()
        try table.set("compaction.strategy", "off")
        _ = try compactor.request(partitions: [Self.day1])
        compactor.runOnce()
        #expect(table.log.current.jobs.isEmpty && table.fileCount() == 5)
        let kept = Set(try table.strayFiles())
        _ = try compactor.foreground()
        let names = Set(table.log.current.files(in: Self.day1).map(\.name))
        #expect(!kept.isEmpty && kept.isSubset(of: names))
        #expect(try table.rows() == before)
        compactor.stop()
        #expect(try table.strayFiles() == [])
    }

    @Test("what a cancelled job had finished goes when nobody asks for it again")
    func cancelAndLeave() throws {
        let (table, compactor) = try long(.append, after: 1) { compactor, job in try? compactor.cancel(job) }
        try table.set("compaction.strategy", "off")
        _ = try compactor.request(partitions: [Self.day1])
        compactor.runOnce()
        #expect(table.log.current.jobs.isEmpty)
        compactor.stop()
        #expect(try table.strayFiles() == [])
    }

    @Test("a crash in a long merge costs the output that was being written, and no more")
    func crash() throws {
        let storage = MemoryStorage()
        let copy = Mutex<MemoryStorage?>(nil)
        let (table, compactor) = try long(.append, after: 2, on: storage) { _, _ in
            copy.withLock { $0 = $0 ?? storage.crashedCopy() }
        }
        let before = try table.rows()
        compactor.runOnce()
        let crashed = try #require(copy.withLock { $0 })
        let next = try CompactionTable(opening: crashed, session: 2)
        try next.commit("DECLARE SESSION DEAD", [.operation(.declareDead(SessionID(1)))])
        let job = try #require(next.log.current.jobs.values.first)
        let finished = Set(job.parts.flatMap(\.outputs).map(\.id))
        #expect(finished.count >= 2)
        let events = EventBox()
        next.compactor(events: events).runOnce()
        #expect(finished.isSubset(of: Set(try #require(events.summaries.first).outputs.map(\.id))))
        #expect(try next.rows() == before)
    }

    @Test("an output that is gone from the storage is merged again, not missed")
    func missingOutput() throws {
        let cancellation = Cancellation()
        let (table, compactor) = try long(.append, after: 2) { _, _ in Self.cancel(cancellation) }
        let before = try table.rows()
        _ = try compactor.foreground(cancellation: cancellation)
        let job = try #require(table.log.current.jobs.values.first)
        let lost = try #require(job.parts.flatMap(\.outputs).first)
        try table.storage.delete(CompactionTable.name + "/" + lost.path)
        compactor.runOnce()
        #expect(table.log.current.jobs.isEmpty)
        #expect(try table.rows() == before)
        #expect(try table.strayFiles() == [])
    }
}
