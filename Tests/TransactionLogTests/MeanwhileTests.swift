import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// Commits, compaction of the state and expiry that overlap, each order on its own.
@Suite("Meanwhile")
struct MeanwhileTests {
    private struct Setting {
        let memory = MemoryStorage()
        let gate: GateStorage
        /// Its puts wait while the gate is closed; the other's do not.
        let held: TestTable
        let other: TransactionLog

        init() throws {
            gate = GateStorage(memory)
            held = try TestTable(storage: gate)
            for _ in 0..<3 { _ = try held.log.commit(held.adding(5)) }
            try held.log.writeState()
            _ = try held.log.commit(held.adding(5))
            other = try held.open(memory)
        }

        /// Runs `body` while a put of `work` waits.
        func whileHeld(_ work: @escaping @Sendable () throws -> Void, _ body: () throws -> Void) throws {
            let failure = Box<String?>(nil)
            gate.close()
            let thread = Thread.spawn(name: "held") {
                do { try work() } catch {
                    let text = "\(error)"
                    failure.update { $0 = text }
                }
            }
            gate.waitUntilBlocked()
            try body()
            gate.open()
            thread.join()
            #expect(failure.value == nil)
        }
    }

    @Test(
        "what other processes commit while a state is compacted is in the state of no earlier version, and in the log"
    )
    func commitDuringCompaction() throws {
        let setting = try Setting()
        let victim = try #require(TestTable.files(setting.other.current).first)
        let log = setting.held.log
        try setting.whileHeld({ try log.compactState() }) {
            _ = try setting.other.commit(setting.held.adding(2))
            _ = try setting.other.commit(setting.held.removing([victim]))
        }
        #expect(log.baseManifest?.version == Version(4))
        #expect(try log.refresh().fileCount == 21)
        #expect(log.current.files.view(path: victim.path) == nil)
        #expect(try log.state(at: Version(4)).fileCount == 20)
        // The next state knows the removal of a file that the compaction wrote.
        try log.writeState()
        #expect(try setting.held.open().current.digest == log.current.digest)
    }

    @Test("a commit on its way while another process compacts the state stands after it, or is checked again")
    func compactionDuringCommit() throws {
        let setting = try Setting()
        let log = setting.held.log
        let file = setting.held.file()
        var transaction = setting.held.transaction([.add(file)])
        transaction.preconditions = [.unknownFile(file.id)]
        let held = transaction
        try setting.whileHeld({ _ = try log.commit(held) }) {
            try setting.other.compactState()
            _ = try setting.other.commit(setting.held.adding(1))
            try setting.other.compactState()
        }
        #expect(log.current.version == Version(6) && log.current.fileCount == 22)
        #expect(try setting.other.refresh().digest == log.current.digest)
        try log.writeState()
        #expect(try setting.held.open().current.digest == log.current.digest)
    }

    @Test(
        "a removal on its way conflicts where the file went meanwhile, though the state was compacted between"
    )
    func conflictAfterCompaction() throws {
        let setting = try Setting()
        let log = setting.held.log
        let victim = try #require(TestTable.files(log.current).first)
        var transaction = setting.held.removing([victim])
        transaction.preconditions = [.isLive(victim.id)]
        let (held, outcome) = (transaction, Box<CommitError?>(nil))
        try setting.whileHeld({
            do throws(CommitError) { _ = try log.commit(held) } catch { outcome.update { $0 = error } }
        }) {
            _ = try setting.other.commit(setting.held.removing([victim]))
            try setting.other.compactState()
        }
        guard case .conflict(let conflict) = outcome.value else {
            Issue.record("\(String(describing: outcome.value))")
            return
        }
        #expect(conflict.version == Version(5))
        #expect(try setting.held.open().current.fileCount == 19)
    }

    @Test("expiry while a state is written leaves a state that reads whole, or none, and no version lost")
    func expiryDuringState() throws {
        let setting = try Setting()
        let log = setting.held.log
        let memory = setting.memory
        try setting.whileHeld({ _ = try? log.writeState() }) {
            // Another process writes the next state, and lets the one below the held writer's go.
            _ = try setting.other.commit(setting.held.adding(1))
            try setting.other.compactState()
            setting.held.clock.advance(milliseconds: 7_200_000)
            memory.setTime(milliseconds: setting.held.clock.nowMilliseconds())
            _ = try setting.other.expire(
                states: [Version(3)], versionFiles: [Version(0), Version(1), Version(2)])
        }
        let opened = try setting.held.open()
        #expect(opened.current.fileCount == 21)
        // Where the held writer's manifests went with the state below, it has taken its record back.
        for state in try opened.storedHistory().states {
            #expect(try opened.state(at: state.version).version == state.version)
        }
        _ = try log.refresh()
        _ = try log.commit(setting.held.adding(1))
        try log.writeState()
        #expect(try setting.held.open().current.digest == log.current.digest)
    }

    @Test("a process that stood still until its version had come and expired claims nothing")
    func stoodStill() throws {
        let setting = try Setting()
        let log = setting.held.log
        let transaction = setting.held.adding(3)
        let outcome = Box<CommitError?>(nil)
        try setting.whileHeld({
            do throws(CommitError) { _ = try log.commit(transaction) } catch { outcome.update { $0 = error } }
        }) {
            for _ in 0..<4 { _ = try setting.other.commit(setting.held.adding(1)) }
            try setting.other.compactState()
            setting.held.clock.advance(milliseconds: 7_200_000)
            setting.memory.setTime(milliseconds: setting.held.clock.nowMilliseconds())
            let expired = try setting.other.expire(
                states: [Version(3)], versionFiles: (0...7).map { Version($0) })
            #expect(expired.versionFiles.last == Version(7))
        }
        guard case .unknownOutcome(transaction.id, _) = outcome.value else {
            Issue.record("\(String(describing: outcome.value))")
            return
        }
        #expect(log.current.version == Version(8) && log.current.fileCount == 24)
        #expect(try setting.held.open().current.digest == log.current.digest)
        // Both go on; a second attempt is answered no better, and does not stand twice.
        _ = try setting.other.commit(setting.held.adding(1))
        do throws(CommitError) {
            _ = try log.commit(transaction)
            Issue.record("it was answered")
        } catch {
            guard case .unknownOutcome = error else { throw error }
        }
        #expect(try log.refresh().fileCount == 25)
        #expect(try setting.held.open().current.digest == log.current.digest)
    }
}
