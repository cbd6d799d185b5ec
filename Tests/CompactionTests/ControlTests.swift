import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

/// A place for a compactor that its own event receiver needs.
final class CompactorBox: Sendable {
    private let box = Mutex<Compactor?>(nil)
    var compactor: Compactor? { box.withLock { $0 } }
    func set(_ compactor: Compactor) { box.withLock { $0 = compactor } }
}

@Suite("What people ask of a compactor")
struct ControlTests {
    static let day1 = CompactionTable.partition("1")

    @Test("a request is a durable job for each partition, and refusals say what stands in the way")
    func requests() throws {
        let table = try CompactionTable(.append)
        let first = try table.ingest([SampleRow(key: 1, serial: 1)])[0]
        let second = try table.ingest([SampleRow(key: 1, serial: 2)])[0]
        let other = try table.ingest([SampleRow(key: 1, serial: 3)], day: "2")[0]
        let compactor = table.compactor()
        let jobs = try compactor.request(files: [first.id, second.id, other.id])
        #expect(jobs.count == 2)
        let reopened = try CompactionTable(opening: table.storage, session: 2)
        #expect(Set(reopened.log.current.jobs.keys) == Set(jobs))
        #expect(reopened.log.current.jobs.values.allSatisfy { $0.status == .waiting })

        let busy = try refusal { try compactor.request(files: [second.id]) }
        #expect(busy.errno == .ebusy)
        #expect("\(busy)".contains("\(second.path) is in job"))
        #expect(try refusal { try compactor.request(partitions: [Self.day1]) }.errno == .ebusy)
        #expect(try refusal { try compactor.request(files: [FileID(12)]) }.errno == .eperm)
        let empty = CompactionTable.partition("9")
        #expect(try refusal { try compactor.request(partitions: [empty]) }.errno == .enoent)
        #expect(compactor.runOnce() == 2)
        let gone = try refusal { try compactor.request(files: [first.id]) }
        #expect(gone.errno == .estale)
        #expect("\(gone)".contains("was replaced by job"))
        #expect(try table.rows().count == 2)
    }

    @Test("of two requests for a file, the one that comes second is refused and told the winner's job")
    func requestRace() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 2)
        let other = try CompactionTable(opening: table.storage, session: 2)
        let files = table.log.current.files(in: Self.day1).map(\.id)
        let won = try table.compactor().request(files: files)
        // The other log has not seen the first request.
        let lost = try refusal { try other.compactor().request(files: files) }
        #expect(lost.errno == .ebusy)
        guard case .inJob(_, let job) = lost else { throw lost }
        #expect([job] == won)
        #expect(try table.log.refresh().jobs.count == 1)
    }

    @Test("what one job wrote is compact, and a file written by none is rewritten alone")
    func singleFiles() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 1)
        let compactor = table.compactor()
        #expect(try compactor.request(partitions: [Self.day1]).count == 1)
        #expect(compactor.runOnce() == 1)
        #expect(try compactor.request(partitions: [Self.day1]) == [])
        #expect(try table.rows().count == 10)
    }

    @Test("a job is cancelled while it waits, before the merge and in it, and leaves nothing behind")
    func cancelling() throws {
        for phase in [JobPhase.waiting, .assigned, .merging] {
            let table = try CompactionTable(.upsert)
            try table.fill(files: 5)
            let before = try table.rows()
            let box = CompactorBox()
            let events = EventBox { event in
                switch event {
                case .assigned(let job) where phase == .assigned: try? box.compactor?.cancel(job.id)
                case .progress(let view) where phase == .merging: try? box.compactor?.cancel(view.job.id)
                default: break
                }
            }
            var options = CompactionOptions()
            options.progressMilliseconds = 0
            let compactor = table.compactor(events: events, options: options)
            box.set(compactor)
            try table.set("compaction.strategy", "off")
            let id = try #require(try compactor.request(partitions: [Self.day1]).first)
            if phase == .waiting { try compactor.cancel(id) }
            compactor.runOnce()
            let wasCancelled = events.all.contains { if case .cancelled = $0 { true } else { false } }
            #expect(wasCancelled, "\(phase)")
            #expect(table.log.current.jobs.isEmpty, "\(phase)")
            #expect(table.fileCount() == 5, "\(phase)")
            #expect(try table.rows() == before, "\(phase)")
            #expect(try table.strayFiles() == [], "\(phase)")
            #expect(throws: CompactionRefusal.self) { try compactor.cancel(id) }
        }
    }

    @Test("a job that is being committed is not cancelled any more")
    func cancellingTooLate() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let compactor = table.compactor()
        let refused = Mutex<CompactionRefusal?>(nil)
        table.log.addObserver { old, new, _ in
            guard let job = old.jobs.keys.first, new.jobs.isEmpty else { return }
            do throws(CompactionRefusal) {
                try compactor.cancel(job)
            } catch {
                refused.withLock { $0 = error }
            }
        }
        #expect(compactor.runOnce() == 1)
        #expect(refused.withLock { $0?.errno } == .ebusy)
        #expect(table.fileCount() == 1)
    }

    @Test("a job cancelled by another session loses its outputs, not its inputs")
    func cancelledElsewhere() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let before = try table.rows()
        try table.set("compaction.strategy", "off")
        let id = try #require(try table.compactor().request(partitions: [Self.day1]).first)
        let other = try CompactionTable(opening: table.storage, session: 2)
        let otherCompactor = other.compactor()
        let isDone = Mutex(false)
        let events = EventBox { event in
            guard case .progress = event, !isDone.withLock({ $0 }) else { return }
            isDone.withLock { $0 = true }
            #expect(throws: Never.self) {
                _ = try other.log.refresh()
                try otherCompactor.cancel(id)
            }
        }
        var options = CompactionOptions()
        options.progressMilliseconds = 0
        table.compactor(events: events, options: options).runOnce()
        #expect(isDone.withLock { $0 })
        #expect(events.summaries.isEmpty)
        #expect(try table.log.refresh().jobs.isEmpty)
        #expect(table.fileCount() == 5)
        #expect(try table.rows() == before)
        #expect(try table.strayFiles() == [])
    }

    @Test("a paused job gives its slot away, goes on when resumed, and is released when the process ends")
    func pausing() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let slots = JobSlots()
        let box = CompactorBox()
        let paused = Monitor<[JobID]>([])
        let finished = Monitor(0)
        let events = EventBox { event in
            switch event {
            case .assigned(let job):
                try? box.compactor?.pause(job.id)
                paused.update { $0.append(job.id) }
            case .committed: finished.update { $0 += 1 }
            default: break
            }
        }
        let compactor = table.compactor(slots: slots, events: events)
        box.set(compactor)
        compactor.start()
        let limit: UInt64 = 20_000_000_000
        let first = try #require(paused.wait(atMostNanoseconds: limit) { $0.first })
        while slots.runningCount > 0 { Thread.sleep(nanoseconds: 1_000_000) }
        #expect(compactor.jobs.map(\.phase) == [.paused])
        try compactor.resume(first)
        #expect(finished.wait(atMostNanoseconds: limit) { $0 == 1 ? true : nil } == true)
        #expect(table.fileCount() == 1)

        try table.fill(files: 6, from: 5)
        let second = try #require(paused.wait(atMostNanoseconds: limit) { $0.count > 1 ? $0[1] : nil })
        compactor.stop()
        let job = try #require(table.log.current.jobs[second])
        #expect(job.status == .waiting && job.attempt == 2 && job.failureCount == 0)
        #expect(slots.runningCount == 0)
        #expect(try table.strayFiles() == [])
        #expect(try table.rows().count == 110)
    }

    @Test("a paused table begins nothing")
    func pausedTable() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let compactor = table.compactor()
        compactor.pause()
        #expect(compactor.runOnce() == 0)
        compactor.resume()
        #expect(compactor.runOnce() == 1)
    }

    private func refusal<R>(_ body: () throws -> R) throws -> CompactionRefusal {
        do {
            _ = try body()
        } catch let refusal as CompactionRefusal {
            return refusal
        }
        throw Unrefused()
    }

    private struct Unrefused: Error {}
}
