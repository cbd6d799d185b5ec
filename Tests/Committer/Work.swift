import Bytes
import Glibc
import Metadata
import Platform
import Storage
import TransactionLog

/// What one process does to a log, told line by line.
struct Work {
    private let log: TransactionLog
    /// The property that is counted.
    private static let counter: ByteString = "gc.delayMinutes"

    init(root: ByteString, table: ByteString) throws {
        let storage = try DirectoryStorage(root: root, entropy: SystemEntropy())
        var options = LogOptions()
        // Many processes on few cores: what counts here is that they agree, not how soon.
        options.maxCommitAttempts = 100_000
        options.warn = { say("warning \($0)") }
        log = try TransactionLog.open(
            storage: storage, table: table, clock: SystemClock(), entropy: SystemEntropy(), options: options)
    }

    /// Files of a commit, the same whenever it is tried.
    static func file(writer: Int, commit: Int, number: Int) -> FileEntry {
        let id = FileID(UInt64(writer) << 40 | UInt64(commit) << 16 | UInt64(number + 1))
        let path = ByteString("data/20240131T123456.123Z-" + Hex.string(id.rawValue) + ".parquet")
        var entry = FileEntry(
            path: path, id: id, partitionValues: PartitionTuple([]), sizeBytes: 100 + Int64(number),
            modificationTime: 17)
        entry.rowCount = Int64(commit)
        return entry
    }

    func commit(writer: Int, first: Int, count: Int, files: Int, attemptedAfter: Int64?) throws {
        let states = ManifestWriter(log)
        for commit in first..<(first + count) {
            var transaction = Transaction(
                id: CommitID(high: UInt64(writer), low: UInt64(commit)), operation: "INGEST", session: nil,
                actions: (0..<files).map { .add(Self.file(writer: writer, commit: commit, number: $0)) })
            if commit == first { transaction.attemptedAfter = attemptedAfter.map { Version($0) } }
            say("try \(commit) after \(log.current.version)")
            let committed = try log.commit(transaction)
            say("done \(commit) version \(committed.version)")
        }
        states.stop()
    }

    /// Each addition reads a value and commits only where it is still so.
    func count(_ count: Int) throws {
        var conflicts = 0
        var done = 0
        while done < count {
            let value = log.current.properties.overrides[Self.counter]
            let next = ByteString("\((value.flatMap { Int($0.display) } ?? 0) + 1)")
            do throws(CommitError) {
                _ = try log.commit(
                    transaction(
                        "COUNT", [.property(name: Self.counter, value: value)],
                        [.operation(.setProperty(name: Self.counter, value: next))]))
                done += 1
            } catch {
                guard case .conflict = error else { throw error }
                conflicts += 1
                try log.refresh()
            }
        }
        say("conflicts \(conflicts)")
    }

    /// Receives names that every process receives; each may be received once.
    func claim(_ count: Int) throws {
        for number in 0..<count {
            let name = ByteString("in-\(number).csv")
            do throws(CommitError) {
                _ = try log.commit(
                    transaction(
                        "INGEST", [.notReceived(name: name, contentHash: "ab")],
                        [
                            .operation(
                                .receipt(
                                    IngestReceipt(name: name, contentHash: "ab", rowCount: 1, fileCount: 0)))
                        ]))
                say("took \(number)")
            } catch {
                guard case .conflict = error else { throw error }
            }
        }
    }

    func compact(_ count: Int) throws {
        for _ in 0..<count {
            _ = try log.commit(
                transaction("TAG", [], [.operation(.putTag(name: "compacted", version: log.current.version))])
            )
            do throws(LogError) {
                say("\(try log.compactState())")
            } catch {
                // Where manifests may go at any age, one of a state on its way may go: the state is taken back.
                guard error.isDamageOfState else { throw error }
                say("warning \(error)")
            }
        }
    }

    func expire(_ count: Int) throws {
        for _ in 0..<count {
            try log.refresh()
            let states = try log.stateVersions()
            do throws(LogError) {
                let expired = try log.expire(states: Array(states.dropLast()), versionFiles: [])
                let unreferenced = try log.surveyManifests().unreferenced.map(\.name)
                let manifests = try log.delete(unreferenced: unreferenced)
                say("expired \(expired.states.count) states, \(manifests.count) manifests")
            } catch {
                // Another process's state may go while it is looked at.
                guard error.isDamageOfState else { throw error }
                say("warning \(error)")
            }
            Thread.sleep(nanoseconds: 2_000_000)
        }
    }

    private func transaction(
        _ operation: ByteString, _ preconditions: [Precondition], _ actions: [Action]
    ) -> Transaction {
        let entropy = SystemEntropy()
        return Transaction(
            id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: operation, session: nil,
            preconditions: preconditions, actions: actions)
    }
}

extension LogError {
    fileprivate var isDamageOfState: Bool {
        if case .damaged = self { return true }
        return false
    }
}

/// A line for whoever started this process, there even if it is killed at once.
func say(_ text: String) {
    let line = Array((text + "\n").utf8)
    _ = line.withUnsafeBytes { write(1, $0.baseAddress, $0.count) }
}
