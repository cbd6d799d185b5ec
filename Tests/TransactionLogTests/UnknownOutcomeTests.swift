import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// Acknowledgements that are lost, and what a second attempt must find.
@Suite("Unknown outcomes")
struct UnknownOutcomeTests {
    /// How the versions between two attempts may have left memory.
    enum Between: CaseIterable {
        case nothing, stateWritten, reopened, stateWrittenAndReopened, otherCommits
    }

    /// Commits the transaction so that it stands in the log and nobody says so: the put's answer is lost, and
    /// then nothing can be read.
    private func lose(_ transaction: Transaction, of sample: SampleLog) throws {
        let before = sample.storage.operationCount
        try sample.add(1_000)
        let steps = sample.storage.operations[before...]
        let link = try #require(steps.firstIndex { $0.hasPrefix("put link") }) - before + 1
        sample.storage.inject(.lostReply, atOperation: link)
        sample.storage.inject(.error(.permission), atOperation: link + 1)
        do throws(CommitError) {
            _ = try sample.log.commit(transaction)
            Issue.record("it was answered")
        } catch {
            guard case .unknownOutcome(transaction.id, _) = error else { throw error }
        }
    }

    @Test(
        "a transaction whose acknowledgement was lost is recognised by its id, and stands once",
        arguments: Between.allCases)
    func testCommitStateUnknown(between: Between) throws {
        let sample = try SampleLog()
        let transaction = sample.transaction([.add(sample.file(1)), .add(sample.file(2))])
        try lose(transaction, of: sample)
        let keysBefore = Set(sample.storage.allKeys)
        let other = try sample.open()
        let version = other.current.version
        switch between {
        case .nothing: break
        case .otherCommits: try sample.add(5, to: other)
        case .stateWritten:
            try sample.add(5, to: other)
            try sample.log.refresh()
            try sample.log.writeState()
        case .reopened: try sample.log.reopen()
        case .stateWrittenAndReopened:
            try sample.add(5, to: other)
            try other.writeState()
            try sample.log.reopen()
            #expect(sample.log.baseManifest?.version == version.next)
        }
        let again = try sample.log.commit(transaction)
        #expect(again.version == version && again.id == transaction.id)
        #expect(again.actions.count == 2)
        #expect(try sample.open().current.digest == sample.log.refresh().digest)
        let adds = try (0...sample.log.current.version.rawValue).flatMap {
            try #require(try sample.log.transactions(of: Version($0))).filter { $0.id == transaction.id }
        }
        #expect(adds.count == 1)
        // Nothing went because nobody knew.
        #expect(keysBefore.isSubset(of: Set(sample.storage.allKeys)))
    }

    @Test("another process that says since when finds what a dead one committed, and commits what it did not")
    func otherProcess() throws {
        let sample = try SampleLog()
        try sample.add(9)
        let before = sample.log.current.version
        let committed = sample.transaction([.add(sample.file(1))])
        let neverTried = sample.transaction([.add(sample.file(2))])
        _ = try sample.log.commit(committed)
        try sample.add(10)
        try sample.log.writeState()
        try sample.add(11)
        let heir = try sample.open()
        for (original, version) in [(committed, 2), (neverTried, 5)] as [(Transaction, Int64)] {
            var again = original
            again.attemptedAfter = before
            #expect(try heir.commit(again).version == Version(version))
        }
        #expect(heir.current.fileCount == 5)
    }

    @Test("where a version in which it may stand has expired, nobody can tell, and nothing is written")
    func expired() throws {
        let sample = try SampleLog()
        let transaction = sample.transaction([.add(sample.file(1))])
        try lose(transaction, of: sample)
        let stands = try sample.log.refresh().version
        for number in 2...4 as ClosedRange<UInt64> { try sample.add(number) }
        try sample.log.writeState()
        sample.advance(hours: 1)
        _ = try sample.log.expire(states: [], versionFiles: [Version(0), Version(1), stands, stands.next])
        // A process of its own, which remembers nothing but the time before.
        let heir = try sample.open()
        var again = transaction
        again.attemptedAfter = Version(stands.rawValue - 1)
        let newest = heir.current.version
        for log in [heir, sample.log] {
            do throws(CommitError) {
                _ = try log.commit(again)
                Issue.record("it was answered")
            } catch {
                guard case .unknownOutcome(transaction.id, let message) = error else { throw error }
                #expect(message.contains("version \(stands), in which it may stand, has expired"))
            }
        }
        #expect(try sample.open().current.version == newest)
    }

    @Test("an attempt that wrote nothing is made again, however it ended")
    func nothingWritten() throws {
        let sample = try SampleLog()
        let transaction = sample.transaction([.add(sample.file(1))])
        sample.storage.inject(.error(.failedSync), atOperation: 1)
        do throws(CommitError) {
            _ = try sample.log.commit(transaction)
            Issue.record("it was answered")
        } catch {
            guard case .failed = error else { throw error }
        }
        try sample.log.reopen()
        let again = try sample.log.commit(transaction)
        #expect(again.version == Version(1))
        #expect(try sample.log.commit(transaction).version == Version(1))
        #expect(try sample.open().current.fileCount == 1)
    }

    @Test(
        "whatever fails at whatever step, a second attempt with the same id makes the transaction stand once")
    func secondAttempts() throws {
        for fault in [.lostReply, .error(.unknownOutcome), .error(.failedSync)] as [MemoryStorage.Fault] {
            for step in 1...6 {
                for silence in [0, 1, 2] {
                    let sample = try SampleLog(seed: UInt64(step))
                    try sample.add(1)
                    let transaction = sample.transaction([.add(sample.file(2)), .add(sample.file(3))])
                    sample.storage.inject(fault, atOperation: step)
                    // Then nothing can be read, for a while.
                    for number in 0..<silence {
                        sample.storage.inject(.error(.permission), atOperation: step + 1 + number)
                    }
                    let first = try? sample.log.commit(transaction)
                    sample.storage.clearFaults()
                    if sample.log.isPoisoned { try sample.log.reopen() }
                    if silence == 2 {
                        try sample.log.refresh()
                        try sample.add(4)
                        try sample.log.writeState()
                    }
                    let second = try sample.log.commit(transaction)
                    let comment: Comment = "\(fault) at \(step), then silence for \(silence)"
                    #expect(first == nil || first?.version == second.version, comment)
                    let opened = try sample.open(sample.storage.crashedCopy())
                    #expect(opened.current.fileCount == 3 + (silence == 2 ? 1 : 0), comment)
                }
            }
        }
    }

    @Test("a put that arrives after its caller gave up is found, even by one whose check would now fail")
    func lateArrival() throws {
        let late = LateStorage()
        let table = try TestTable(storage: late)
        var transaction = table.adding(1)
        transaction.preconditions = [.property(name: "gc.delayMinutes", value: nil)]
        let set = table.transaction([.operation(.setProperty(name: "gc.delayMinutes", value: "3"))])
        // The put is taken and not answered; then nothing more can be reached.
        late.holdNextPut()
        do throws(CommitError) {
            _ = try table.log.commit(transaction)
            Issue.record("it was answered")
        } catch {
            guard case .unknownOutcome = error else { throw error }
        }
        late.deliver()
        // It has arrived as version 1, after all.
        #expect(try table.log.commit(transaction).version == Version(1))
        _ = try table.log.commit(set)
        #expect(try table.log.commit(transaction).version == Version(1))
        #expect(try table.open().current.fileCount == 1)
    }
}

/// A storage that takes a put, does not answer, and carries it out later, as an object store behind a network does.
private final class LateStorage: StorageLayer {
    private struct State {
        var isHolding = false
        var isAway = false
        var held: (key: ByteString, bytes: [UInt8])?
    }

    let inner = MemoryStorage()
    private let state = Monitor(State())

    func holdNextPut() { state.update { $0.isHolding = true } }

    func deliver() {
        let held = state.withLock { state -> (key: ByteString, bytes: [UInt8])? in
            state.isAway = false
            defer { state.held = nil }
            return state.held
        }
        if let held { try? inner.putIfAbsent(held.key, held.bytes) }
    }

    private func reach(_ operation: StorageError.Operation, _ key: ByteString) throws(StorageError) {
        if state.withLock({ $0.isAway }) { throw StorageError(.unavailable, operation, key) }
    }

    func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        try reach(.get, key)
        return try inner.get(key, range: range)
    }

    func metadata(of key: ByteString) throws(StorageError) -> ObjectMetadata? {
        try reach(.metadata, key)
        return try inner.metadata(of: key)
    }

    func list(
        _ directory: ByteString, after name: ByteString?, withMetadata: Bool
    ) throws(StorageError) -> [ObjectInfo] {
        try reach(.list, directory)
        return try inner.list(directory, after: name, withMetadata: withMetadata)
    }

    func putIfAbsent(_ key: ByteString, _ bytes: [UInt8]) throws(StorageError) {
        try reach(.put, key)
        let isHeld = state.withLock { state -> Bool in
            guard state.isHolding else { return false }
            state.isHolding = false
            state.isAway = true
            state.held = (key, bytes)
            return true
        }
        if isHeld { throw StorageError(.unknownOutcome, .put, key) }
        try inner.putIfAbsent(key, bytes)
    }
}
