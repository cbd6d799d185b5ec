import Bytes
import Compaction
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("What is to be expected of a compactor")
struct ProspectTests {
    static let day1 = CompactionTable.partition("1")

    /// A table and a compactor that works on it and is kept from beginning anything until the end.
    private func with(
        files: Int = 5, storage: MemoryStorage = MemoryStorage(),
        _ body: (CompactionTable, Compactor) throws -> Void
    ) throws {
        let table = try CompactionTable(.append, on: storage)
        let isOver = Monitor(false)
        let slots = JobSlots(isIdle: { isOver.wait { $0 ? false : nil } ?? false })
        let compactor = table.compactor(slots: slots)
        compactor.start()
        defer {
            isOver.update { $0 = true }
            compactor.stop()
        }
        try table.fill(files: files)
        try body(table, compactor)
    }

    private func putJob(
        _ table: CompactionTable, _ status: Job.Status, session: SessionID? = nil, failures: Int = 0
    ) throws -> JobID {
        var job = Job(
            id: JobID(77), partition: Self.day1, inputs: table.log.current.files(in: Self.day1).map(\.id),
            status: status, session: session, strategy: "requested", reason: "test")
        job.failureCount = failures
        try table.commit("ASSIGN COMPACTION", [.operation(.putJob(job))])
        return job.id
    }

    @Test("a job is planned, waits, or runs elsewhere; what is too little is no work")
    func work() throws {
        try with { table, compactor in
            #expect(compactor.prospect(of: Self.day1) == .planned)
            #expect(!compactor.prospect(of: CompactionTable.partition("2")).canRun)
            let job = try putJob(table, .waiting)
            #expect(compactor.prospect(of: Self.day1) == .waiting(job))
            _ = try putJob(table, .running, session: SessionID(9))
            #expect(compactor.prospect(of: Self.day1) == .running(job))
        }
        try with(files: 4) { _, compactor in #expect(!compactor.prospect(of: Self.day1).canRun) }
    }

    @Test(
        "nothing is to be expected where compaction is off, and it is said why",
        arguments: [
            ("compaction.enabled", "false"), ("compaction.strategy", "off"),
        ] as [(ByteString, ByteString)])
    func properties(name: ByteString, value: ByteString) throws {
        try with { table, compactor in
            try table.set(name, value)
            guard case .none(let reason) = compactor.prospect(of: Self.day1) else {
                Issue.record("a compaction is expected")
                return
            }
            #expect(reason.contains(name.display) && compactor.standstill == reason)
            _ = try putJob(table, .running, session: SessionID(9))
            #expect(!compactor.prospect(of: Self.day1).canRun, "nor of another session")
        }
    }

    @Test("a paused table, a paused job, a job set aside and one of a dead session are no prospect")
    func heldUp() throws {
        try with { table, compactor in
            compactor.pause()
            #expect(!compactor.prospect(of: Self.day1).canRun)
            compactor.resume()
            let job = try putJob(table, .waiting)
            try compactor.pause(job)
            #expect(!compactor.prospect(of: Self.day1).canRun)
            try compactor.resume(job)
            #expect(compactor.prospect(of: Self.day1).canRun)
            _ = try putJob(table, .setAside)
            #expect(!compactor.prospect(of: Self.day1).canRun)
            // Held by this session without being worked on: its end could not be committed.
            _ = try putJob(table, .running, session: table.session)
            #expect(!compactor.prospect(of: Self.day1).canRun)
            try table.commit("DECLARE SESSION DEAD", [.operation(.declareDead(table.session))])
            #expect(!compactor.prospect(of: Self.day1).canRun)
        }
    }

    @Test("while a failed job waits for its next attempt, nothing is to be expected of it")
    func backOff() throws {
        try with { table, compactor in
            let job = try putJob(table, .waiting, failures: 1)
            #expect(!compactor.prospect(of: Self.day1).canRun)
            table.clock.advance(milliseconds: 10_001)
            #expect(compactor.prospect(of: Self.day1) == .waiting(job))
        }
    }

    @Test("without room for its output no job is to be expected")
    func noRoom() throws {
        let storage = MemoryStorage()
        try with(storage: storage) { table, compactor in
            let used = try storage.allKeys.reduce(UInt64(0)) { $0 + (try storage.size(of: $1) ?? 0) }
            storage.setLimit(bytes: used + (1 << 20))
            guard case .none(let reason) = compactor.prospect(of: Self.day1) else {
                Issue.record("a compaction is expected")
                return
            }
            #expect(reason.contains("must be free"))
            _ = try putJob(table, .waiting)
            #expect(!compactor.prospect(of: Self.day1).canRun)
            storage.setLimit(bytes: .max)
            #expect(compactor.prospect(of: Self.day1).canRun)
        }
    }

    @Test("a compactor that was not started, or is stopped, promises nothing")
    func notStarted() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let compactor = table.compactor()
        #expect(compactor.standstill != nil && !compactor.prospect(of: Self.day1).canRun)
    }
}
