import Bytes
import Metadata
import Platform
import Records
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("Commit and replay")
struct CommitTests {
    @Test("a committed transaction is there after a new open, stamped with version, time and ordinal")
    func commitAndOpen() throws {
        let table = try TestTable()
        let committed = try table.log.commit(table.adding(2))
        #expect(committed.version == Version(1))
        let opened = try table.open()
        #expect(opened.current.version == Version(1))
        #expect(opened.current.fileCount == 2)
        var ordinals: [Int32] = []
        opened.current.files.forEach { ordinals.append($0.ordinal) }
        #expect(ordinals.sorted() == [0, 1])
        #expect(opened.current.timestamp == committed.timestamp)
        #expect(opened.current.definition == table.log.current.definition)
    }

    @Test("a second table of the same name is refused, and an absent one cannot be opened")
    func names() throws {
        let table = try TestTable()
        #expect(throws: LogError.self) {
            try TransactionLog.create(
                storage: table.storage, table: "t", definition: TestTable.definition(), clock: table.clock,
                entropy: table.entropy)
        }
        #expect(throws: LogError.self) {
            try TransactionLog.open(
                storage: table.storage, table: "other", clock: table.clock, entropy: table.entropy)
        }
    }

    @Test("a precondition that no longer holds is a conflict, and nothing is written")
    func conflict() throws {
        let table = try TestTable()
        var transaction = table.adding(1)
        transaction.preconditions = [.isLive(FileID(12345))]
        do {
            _ = try table.log.commit(transaction)
            Issue.record("it was committed")
        } catch CommitError.conflict(let conflict) {
            #expect(conflict.precondition == .isLive(FileID(12345)))
        }
        #expect(table.log.current.version == Version(0))
        #expect(try table.open().current.version == Version(0))
    }

    @Test("a clock that stands still or goes back does not stop time in the log")
    func timestamps() throws {
        let table = try TestTable()
        let first = try table.log.commit(table.adding(1))
        let second = try table.log.commit(table.adding(1))
        #expect(second.timestamp > first.timestamp)
    }

    @Test("two logs over one storage race: versions are dense and every file is there")
    func race() throws {
        let table = try TestTable()
        let other = try table.open()
        let perThread = 15
        let logs = [table.log, other]
        let failures = Mutex<[String]>([])
        let threads = (0..<4).map { index in
            Thread.spawn(name: "race") {
                for _ in 0..<perThread {
                    do { _ = try logs[index % 2].commit(table.adding(1)) } catch {
                        failures.withLock { $0.append("\(error)") }
                    }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.withLock { $0 } == [])
        let opened = try table.open()
        #expect(opened.current.fileCount == 4 * perThread)
        for log in logs { #expect(try log.refresh().fileCount == 4 * perThread) }
        let names = try table.storage.list("t/_transaction_log").compactMap {
            LogPath.version(ofVersionFile: $0.name)
        }
        #expect(names == (0..<Int64(names.count)).map { Version($0) })
    }

    @Test("transactions that wait together go out as one version; one that fails its check fails alone")
    func group() throws {
        let gate = GateStorage(MemoryStorage())
        let table = try TestTable(storage: gate)
        gate.close()
        let outcomes = Mutex<[Int: Result<Version, CommitError>]>([:])
        let threads = (0..<8).map { index in
            let transaction = {
                var transaction = table.adding(1)
                if index == 5 { transaction.preconditions = [.jobExists(JobID(77))] }
                return transaction
            }()
            return Thread.spawn(name: "group") {
                do throws(CommitError) {
                    let version = try table.log.commit(transaction).version
                    outcomes.withLock { $0[index] = .success(version) }
                } catch {
                    outcomes.withLock { $0[index] = .failure(error) }
                }
            }
        }
        // One leads and waits at the gate; the others gather behind it.
        gate.waitUntilBlocked()
        while table.log.waitingCount < 7 { Thread.sleep(nanoseconds: 1_000_000) }
        gate.open()
        for thread in threads { thread.join() }
        let all = outcomes.withLock { $0 }
        #expect(all.count == 8)
        guard case .failure(.conflict) = all[5] else {
            Issue.record("transaction 5 did not conflict")
            return
        }
        let versions = Set(all.values.compactMap { try? $0.get() })
        #expect(versions.count <= 2)
        #expect(try table.open().current.fileCount == 7)
        #expect(try table.open().current.version == versions.max())
    }
}
