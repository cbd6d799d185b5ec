import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("A compactor when things fail")
struct FailureTests {
    static let day1 = CompactionTable.partition("1")

    @Test("a damaged input is named, sets its job aside after three failures, and holds up no other job")
    func damagedInput() throws {
        let storage = MemoryStorage()
        let table = try CompactionTable(.append, on: storage)
        try table.fill(files: 5)
        try table.fill(files: 5, day: "2")
        let before = try table.rows()
        let damaged = try #require(table.log.current.files(in: Self.day1).first?.path)
        let key = CompactionTable.name + "/" + damaged
        let bytes = try storage.get(key)
        try storage.delete(key)
        try storage.putIfAbsent(key, Array(bytes.dropLast(20)))

        let events = EventBox()
        let compactor = table.compactor(events: events)
        #expect(compactor.runOnce() == 2)
        #expect(events.failures.count == 1 && events.failures[0].contains(damaged.display))
        #expect(table.fileCount(day: "2") == 1, "the other partition's job is done")
        #expect(compactor.runOnce() == 0, "the next attempt is not due")
        #expect(compactor.jobs.map(\.phase) == [.waiting])
        table.clock.advance(milliseconds: 10_001)
        #expect(compactor.runOnce() == 1)
        table.clock.advance(milliseconds: 10_001)
        #expect(compactor.runOnce() == 0, "the back-off grows")
        table.clock.advance(milliseconds: 30_001)
        #expect(compactor.runOnce() == 1)
        let view = try #require(compactor.jobs.first)
        #expect(view.phase == .setAside && view.job.failureCount == 3)
        #expect(view.reason.display.contains(damaged.display))
        table.clock.advance(milliseconds: 10_000_000)
        #expect(compactor.runOnce() == 0)
        #expect(try table.strayFiles() == [])

        try storage.delete(key)
        try storage.putIfAbsent(key, bytes)
        try compactor.retry(view.job.id)
        #expect(compactor.runOnce() == 1)
        #expect(table.fileCount() == 1)
        #expect(try table.rows() == before)
    }

    @Test("a job set aside can be cancelled")
    func cancelSetAside() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        try table.storage.delete(
            CompactionTable.name + "/" + table.log.current.files(in: Self.day1)[0].path)
        let compactor = table.compactor()
        let result = try compactor.foreground()
        #expect(result.failed.count == 3)
        #expect(result.left.map(\.phase) == [.setAside])
        try compactor.cancel(result.left[0].job.id)
        #expect(table.log.current.jobs.isEmpty)
    }

    /// A full disk that does not say how full it is: merges fail, and commits as the test says.
    private final class FullStorage: StorageLayer {
        let inner = MemoryStorage()
        let attempts = Mutex(0)
        let refusesCommit = Mutex<@Sendable (_ bytes: [UInt8]) -> Bool>({ _ in false })
        let isFull = Mutex(false)

        func space() throws(StorageError) -> StorageSpace? { nil }

        func create(_ key: ByteString) throws(StorageError) -> any ObjectWriter {
            if isFull.withLock({ $0 }) {
                let count = attempts.withLock { count in
                    count += 1
                    return count
                }
                precondition(count < 100, "the compactor tries again and again")
                throw StorageError(.noSpace, .create, key)
            }
            return try inner.create(key)
        }

        func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
            if isFull.withLock({ $0 }), refusesCommit.withLock({ $0 })(bytes) {
                throw StorageError(.noSpace, .put, key)
            }
            try inner.putIfAbsent(key, bytes)
        }
    }

    @Test(
        "on a full disk a job is tried three times, far apart, whatever can still be committed",
        arguments: ["everything", "nothing", "what assigns a job", "what ends a job"])
    func fullDisk(commits: String) throws {
        let storage = FullStorage()
        let table = try CompactionTable(.append, on: storage)
        try table.fill(files: 5)
        let before = try table.rows()
        storage.isFull.withLock { $0 = true }
        storage.refusesCommit.withLock { refuses in
            refuses = { bytes in
                let text = String(decoding: bytes, as: UTF8.self)
                switch commits {
                case "everything": return false
                case "nothing": return true
                case "what ends a job": return text.contains("ASSIGN COMPACTION")
                default: return !text.contains("ASSIGN COMPACTION")
                }
            }
        }
        let compactor = table.compactor()
        var counts: [Int] = []
        for _ in 0..<3 {
            compactor.runOnce()
            compactor.runOnce()
            counts.append(storage.attempts.withLock { $0 })
            table.clock.advance(milliseconds: 9_000)
            compactor.runOnce()
            #expect(storage.attempts.withLock { $0 } == counts.last, "before its time, \(commits)")
            table.clock.advance(milliseconds: 200_000)
        }
        let expected = commits == "nothing" || commits == "what ends a job" ? [0, 0, 0] : [1, 2, 3]
        #expect(counts == expected, "\(commits)")
        storage.isFull.withLock { $0 = false }
        if case .setAside? = compactor.jobs.first?.phase { try compactor.retry(compactor.jobs[0].job.id) }
        compactor.runOnce()
        #expect(table.fileCount() == 1 && table.log.current.jobs.isEmpty, "\(commits)")
        #expect(try table.rows() == before)
        #expect(try table.strayFiles() == [])
    }

    /// One job with faults at the n-th step and those after it; whether the first came.
    private func run(
        _ faults: [MemoryStorage.Fault], at step: Int, _ kind: TableKind
    ) throws -> (table: CompactionTable, storage: MemoryStorage, before: [SampleRow], didHappen: Bool) {
        let storage = MemoryStorage()
        let table = try CompactionTable(kind, on: storage)
        try table.fill(files: 5)
        let before = try table.rows()
        let start = storage.operationCount
        for (index, fault) in faults.enumerated() { storage.inject(fault, atOperation: step + index) }
        table.compactor().runOnce()
        let didHappen = storage.operationCount - start >= step
        storage.clearFaults()
        return (table, storage, before, didHappen)
    }

    private func check(_ table: CompactionTable, _ before: [SampleRow], _ place: String) throws {
        #expect(try table.rows() == before, "\(place)")
        let compactor = table.compactor()
        for _ in 0..<4 where table.fileCount() > 1 {
            compactor.runOnce()
            table.clock.advance(milliseconds: 3_600_000)
        }
        #expect(table.fileCount() == 1, "\(place)")
        #expect(table.log.current.jobs.isEmpty, "\(place)")
        #expect(try table.rows() == before, "\(place)")
    }

    @Test("a crash at any step leaves all rows, and the next session does the work")
    func crashes() throws {
        var step = 1
        while true {
            let (_, storage, before, didHappen) = try run([.crash], at: step, .upsert)
            if !didHappen { break }
            for keeps in [false, true] {
                let copy = storage.crashedCopy(keepingUnsynced: keeps)
                let table = try CompactionTable(opening: copy, session: 2, seed: UInt64(step) << 8)
                let place = "step \(step), \(storage.operations.last ?? ""), unsynced kept: \(keeps)"
                #expect([1, 5].contains(table.fileCount()), "\(place)")
                if table.log.current.jobs.isEmpty == false {
                    try table.commit("DECLARE SESSION DEAD", [.operation(.declareDead(SessionID(1)))])
                }
                try check(table, before, place)
            }
            step += 1
        }
        #expect(step > 20)
    }

    @Test(
        "an error or a lost reply at any step loses and repeats nothing",
        arguments: [
            [MemoryStorage.Fault.error(.noSpace)], [.error(.unavailable)], [.error(.failedSync)],
            [.lostReply], [.lostReply, .error(.unavailable)],
        ])
    func errors(faults: [MemoryStorage.Fault]) throws {
        var step = 1
        while true {
            let (table, storage, before, didHappen) = try run(faults, at: step, .append)
            if !didHappen { break }
            let place = "\(faults) at step \(step)"
            if table.log.isPoisoned { try table.log.reopen() }
            try check(table, before, place)
            // What is on disk is what this process believes.
            let reopened = try CompactionTable(opening: storage.crashedCopy(), session: 2)
            #expect(try reopened.rows() == before, "\(place)")
            step += 1
        }
        #expect(step > 20)
    }

    @Test("a full disk counts as a failure and leaves nothing behind")
    func fullDisk() throws {
        for step in 1..<200 {
            let (table, storage, _, didHappen) = try run([.error(.noSpace)], at: step, .append)
            try #require(didHappen, "an output was written")
            let start = storage.operations.lastIndex { $0.contains("put link") && $0.contains("06.json") }
            guard let start, storage.operations[start...].contains(where: { $0.hasPrefix("write ") }) else {
                continue
            }
            guard let job = table.log.current.jobs.values.first else { continue }
            #expect(job.failureCount == 1 && job.status == .waiting && job.session == nil)
            #expect(job.lastError?.display.contains("noSpace") ?? false)
            #expect(try table.strayFiles() == [])
            return
        }
    }

    @Test("two sessions share the work of one table and never do a job twice")
    func twoSessions() throws {
        let storage = MemoryStorage()
        let table = try CompactionTable(.append, on: storage)
        let days: [ByteString] = ["1", "2", "3", "4"]
        for day in days { try table.fill(files: 5, day: day) }
        let before = try days.map { try table.rows(day: $0) }
        let events = [EventBox(), EventBox()]
        let tables = [table, try CompactionTable(opening: storage, session: 2)]
        let threads = zip(tables, events).map { table, events in
            let compactor = table.compactor(events: events)
            return Thread.spawn(name: "session", stackBytes: 8 << 20) { compactor.runOnce() }
        }
        for thread in threads { thread.join() }
        let state = try table.log.refresh()
        let partitions = events.flatMap { $0.summaries.map(\.job.partition) }
        #expect(partitions.sorted() == days.map { CompactionTable.partition($0) })
        #expect(events.allSatisfy { $0.failures.isEmpty })
        #expect(state.jobs.isEmpty)
        #expect(try days.map { try table.rows(day: $0) } == before)
        #expect(try table.strayFiles() == [])
    }

    @Test("a job of a live session is left alone, and is done once the session is declared dead")
    func deadSession() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let inputs = table.log.current.files(in: Self.day1).map(\.id)
        let job = Job(
            id: JobID(7), partition: Self.day1, inputs: inputs, status: .running, session: SessionID(9),
            strategy: "lazy-leveled", reason: "of another session")
        try table.commit("ASSIGN COMPACTION", [.operation(.putJob(job))])
        let compactor = table.compactor()
        #expect(compactor.runOnce() == 0)
        #expect(compactor.jobs.map(\.isOwn) == [false])
        try table.commit("DECLARE SESSION DEAD", [.operation(.declareDead(SessionID(9)))])
        #expect(compactor.runOnce() == 1)
        #expect(table.fileCount() == 1)
    }

    @Test("a session that was taken for dead in its merge commits nothing, and another does the job")
    func deadInTheMerge() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let before = try table.rows()
        let other = try CompactionTable(opening: table.storage, session: 2)
        let isDone = Mutex(false)
        let events = EventBox { event in
            guard case .progress = event, !isDone.withLock({ $0 }) else { return }
            isDone.withLock { $0 = true }
            #expect(throws: Never.self) {
                _ = try other.log.refresh()
                try other.commit("DECLARE SESSION DEAD", [.operation(.declareDead(table.session))])
            }
        }
        var options = CompactionOptions()
        options.progressMilliseconds = 0
        table.compactor(events: events, options: options).runOnce()
        #expect(isDone.withLock { $0 })
        #expect(events.summaries.isEmpty)
        #expect(table.fileCount() == 5)
        #expect(try table.strayFiles() == [])
        #expect(other.compactor().runOnce() == 1)
        #expect(other.fileCount() == 1)
        #expect(try other.rows() == before)
    }

    @Test("the session's own death ends its attempt without a trace")
    func ownDeath() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let events = EventBox { event in
            guard case .assigned = event else { return }
            #expect(throws: Never.self) {
                try table.commit("DECLARE SESSION DEAD", [.operation(.declareDead(table.session))])
            }
        }
        let compactor = table.compactor(events: events)
        #expect(compactor.runOnce() == 1)
        #expect(events.summaries.isEmpty)
        #expect(table.log.current.jobs.values.map(\.status) == [.waiting])
        #expect(try table.strayFiles() == [])
        #expect(compactor.runOnce() == 0)
        #expect(compactor.isDeclaredDead)
    }
}
