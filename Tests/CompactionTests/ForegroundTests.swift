import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

/// A run in the foreground beside another process that takes up some of what was asked for.
@Suite("A run in the foreground")
struct ForegroundTests {
    static let day1 = CompactionTable.partition("1")
    static let day2 = CompactionTable.partition("2")

    /// The other process takes the job of day 1, and goes on with it once the run has shown it.
    private final class Other: Sendable {
        let table: CompactionTable
        let events: EventBox
        let compactor: Compactor
        private let isSeen: Monitor<Bool>
        private let worker = Mutex<Thread?>(nil)

        typealias Act = @Sendable (CompactionTable, Compactor, JobID) -> Void

        /// - Parameter act: what happens before it merges.
        init(_ storage: any ObjectStorage, _ act: Act? = nil) throws {
            let table = try CompactionTable(opening: storage, session: 2)
            self.table = table
            let (isSeen, box) = (Monitor(false), CompactorBox())
            self.isSeen = isSeen
            events = EventBox { event in
                guard case .assigned(let job) = event else { return }
                _ = isSeen.wait(atMostNanoseconds: 20_000_000_000) { $0 ? true : nil }
                if let compactor = box.compactor { act?(table, compactor, job.id) }
            }
            compactor = table.compactor(events: events)
            box.set(compactor)
        }

        func begin() {
            let begun = Monitor(false)
            table.log.addObserver { _, new, _ in
                if new.jobs.values.contains(where: { $0.status == .running }) { begun.update { $0 = true } }
            }
            let thread = Thread.spawn(name: "other", stackBytes: 8 << 20) { [self] in
                _ = try? table.log.refresh()
                compactor.runOnce()
            }
            worker.withLock { $0 = thread }
            _ = begun.wait(atMostNanoseconds: 20_000_000_000) { $0 ? true : nil }
        }

        func seen() { isSeen.update { $0 = true } }
        func join() { worker.withLock { $0 }?.join() }
    }

    /// Two days of which the first is taken by the other process as soon as it is asked for.
    private func run(
        cancellation: Cancellation = Cancellation(), _ act: Other.Act? = nil,
        onOther: @escaping @Sendable () -> Void = {}
    ) throws -> (table: CompactionTable, result: Compactor.ForegroundResult) {
        let table = try CompactionTable(.append)
        for day in ["1", "2"] as [ByteString] { try table.fill(files: 5, day: day) }
        try table.set("compaction.strategy", "off")
        let other = try Other(table.storage, act)
        let events = EventBox { event in
            if case .requested(let job) = event, job.partition == Self.day1 { other.begin() }
        }
        let result = try table.compactor(events: events).foreground(
            progress: { view in
                guard !view.isOwn else { return }
                onOther()
                other.seen()
            }, cancellation: cancellation)
        other.seen()
        other.join()
        return (table, result)
    }

    @Test("waits for what another session took up of it, and tells who did it")
    func followed() throws {
        let (table, result) = try run()
        #expect(result.committed.map(\.job.partition) == [Self.day2])
        #expect(result.elsewhere.map(\.job.partition) == [Self.day1])
        #expect(result.elsewhere.map(\.transaction.session) == [SessionID(2)])
        #expect(result.isDone && result.left.isEmpty)
        #expect(table.fileCount(day: "1") == 1 && table.fileCount(day: "2") == 1)
    }

    @Test("takes up what the other session leaves when it is declared dead")
    func leftBehind() throws {
        let (table, result) = try run { table, _, _ in
            _ = try? table.commit("DECLARE SESSION DEAD", [.operation(.declareDead(SessionID(2)))])
        }
        #expect(result.isDone && result.elsewhere.isEmpty && result.committed.count == 2)
        #expect(table.fileCount(day: "1") == 1)
    }

    @Test("is not done where somebody cancelled a part of it")
    func cancelled() throws {
        let (table, result) = try run { _, compactor, job in try? compactor.cancel(job) }
        #expect(!result.isDone && result.cancelled.map(\.partition) == [Self.day1])
        #expect(table.fileCount(day: "1") == 5)
    }

    @Test("ends when it is interrupted, and leaves the other session at work")
    func interrupted() throws {
        let cancellation = Cancellation()
        let (table, result) = try run(cancellation: cancellation, onOther: { cancellation.cancel() })
        #expect(!result.isDone && result.wasCancelled)
        #expect(result.left.map(\.job.partition) == [Self.day1] && result.left.first?.isOwn == false)
        #expect(try table.log.refresh().files(in: Self.day1).count == 1, "the other has gone on")
    }

    @Test("is done where a job failed and then did not; not where it was set aside, which it tells")
    func failures() throws {
        for isRepaired in [true, false] {
            let storage = MemoryStorage()
            let table = try CompactionTable(.append, on: storage)
            try table.fill(files: 5)
            let path = try #require(table.log.current.files(in: Self.day1).first?.path)
            let key = CompactionTable.name + "/" + path
            let bytes = try storage.get(key)
            try storage.delete(key)
            let events = EventBox { event in
                guard case .failed = event, isRepaired else { return }
                try? storage.putIfAbsent(key, bytes)
            }
            let compactor = table.compactor(events: events)
            let result = try compactor.foreground()
            #expect(result.failed.count == (isRepaired ? 1 : 3))
            #expect(result.isDone == isRepaired && result.committed.count == (isRepaired ? 1 : 0))
            #expect(result.left.map(\.phase) == (isRepaired ? [] : [.setAside]))
            if isRepaired { continue }
            // Asked for anew it is still not done; what the strategy would do does not ask for it.
            #expect(try compactor.foreground().left.map(\.phase) == [.setAside])
            #expect(try compactor.foreground(scope: .strategy).isDone)
        }
    }

    @Test("follows the job that holds all of a partition")
    func heldWhole() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 5)
        let other = try Other(table.storage)
        _ = try table.compactor().request(partitions: [Self.day1])
        other.begin()
        let result = try table.compactor().foreground(progress: { if !$0.isOwn { other.seen() } })
        other.join()
        #expect(result.isDone && result.elsewhere.count == 1 && result.committed.isEmpty)
        #expect(table.fileCount() == 1)
    }
}
