import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import TestKit
import Testing
import TransactionLog

/// Two processes on one table; the first has not seen what the second has just done.
@Suite("Jobs of which a process knows an old state")
struct FencingTests {
    static let day1 = CompactionTable.partition("1")

    /// The first process knows a job of this status; when the second has begun it, `body` is run once, with the
    /// first's compactor.
    private func whileOtherRuns(
        _ status: Job.Status, _ body: @escaping @Sendable (Compactor) -> Void
    ) throws -> (table: CompactionTable, events: EventBox) {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        try table.set("compaction.strategy", "off")
        var job = Job(
            id: JobID(7), partition: Self.day1, inputs: table.log.current.files(in: Self.day1).map(\.id),
            status: status, attempt: 4, session: nil, strategy: "requested", reason: "requested: 5 files")
        job.failureCount = status == .setAside ? 3 : 0
        try table.commit("REQUEST COMPACTION", [.operation(.putJob(job))])
        let compactor = table.compactor()
        let other = try CompactionTable(opening: table.storage, session: 2)
        let events = EventBox { if case .assigned = $0 { body(compactor) } }
        let otherCompactor = other.compactor(events: events)
        if status == .setAside { try otherCompactor.retry(JobID(7)) }
        #expect(otherCompactor.runOnce() == 1)
        try table.log.refresh()
        return (table, events)
    }

    @Test("a job that was set aside, and that another process retried and runs, is not retried once more")
    func retry() throws {
        let refusal = Mutex<CompactionRefusal?>(nil)
        let (table, events) = try whileOtherRuns(.setAside) { compactor in
            do throws(CompactionRefusal) { try compactor.retry(JobID(7)) } catch {
                refusal.withLock { $0 = error }
            }
        }
        let told = refusal.withLock { $0.map { "\($0)" } }
        #expect(told?.contains("is not set aside") ?? false, "\(told ?? "it was retried")")
        #expect(events.summaries.count == 1)
        #expect(table.fileCount() == 1 && table.log.current.jobs.isEmpty)
    }

    @Test("a job that waited, and that another process has just taken, is cancelled all the same")
    func cancel() throws {
        let refusal = Mutex<CompactionRefusal?>(nil)
        let (table, events) = try whileOtherRuns(.waiting) { compactor in
            do throws(CompactionRefusal) { try compactor.cancel(JobID(7)) } catch {
                refusal.withLock { $0 = error }
            }
        }
        let told = refusal.withLock { $0.map { "\($0)" } }
        #expect(told == nil)
        #expect(events.summaries.isEmpty)
        #expect(table.fileCount() == 5 && table.log.current.jobs.isEmpty)
        #expect(try table.strayFiles() == [])
    }

    @Test(
        "no more jobs run than the caps allow, over both processes",
        arguments: [
            ("compaction.maxJobs", "2", false), ("compaction.maxJobs", "2", true),
            ("compaction.maxJobsPerPartition", "1", true),
        ])
    func caps(property: ByteString, day: ByteString, isRequested: Bool) throws {
        let table = try CompactionTable(.append)
        for day in ["1", "2"] as [ByteString] { try table.fill(files: 5, day: day) }
        try table.set(property, "1")
        let partition = CompactionTable.partition(day)
        let isSame = property == "compaction.maxJobsPerPartition"
        if isRequested {
            // Of one partition, where that has the cap: the first process takes the older job.
            let files = table.log.current.files(in: partition).map(\.id)
            let parts = isSame ? [Array(files[..<2]), Array(files[2...])] : [files]
            if !isSame { _ = try table.compactor().request(partitions: [CompactionTable.partition("1")]) }
            for part in parts { _ = try table.compactor().request(files: part) }
            try table.set("compaction.strategy", "off")
        }
        let other = try CompactionTable(opening: table.storage, session: 2)
        let otherEvents = EventBox()
        let otherCompactor = other.compactor(events: otherEvents)
        let most = Mutex(0)
        let events = EventBox { event in
            guard case .assigned = event, most.withLock({ $0 }) == 0 else { return }
            most.withLock { $0 = 1 }
            // Of what the other process knows, nothing runs.
            #expect(other.log.current.jobs.values.allSatisfy { $0.status == .waiting })
            other.log.addObserver { _, new, _ in
                let running = new.jobs.values.filter { $0.status == .running }.count
                most.withLock { $0 = max($0, running) }
            }
            if isSame {
                // It would begin with the same job, and then take the next.
                otherCompactor.runOnce()
            } else {
                _ = try? otherCompactor.foreground(partition: partition, scope: .strategy)
            }
        }
        let compactor = table.compactor(events: events)
        let count = compactor.runOnce()
        #expect(count == 2 && events.summaries.count == 2)
        #expect(otherEvents.all.isEmpty && most.withLock { $0 } == 1)
    }
}
