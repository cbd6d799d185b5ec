import Bytes
import Compaction
import JSON
import Metadata
import Platform
import Tables
import TestKit
import TransactionLog

/// A table without keys in memory whose files are entries alone, each a run, and a clock that the test moves.
///
/// Its compactor works and finds nothing to do, as long as all files are in a job of another session.
final class PressedTable {
    static let other = SessionID(0xA11E)

    let storage = MemoryStorage()
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let directory: TemporaryDirectory
    let store: Store
    let table: Table
    private var next: UInt64 = 1

    init(partitionColumns: [ByteString] = []) throws {
        directory = try TemporaryDirectory("pressure")
        store = try Store.open(
            storage: storage, root: directory.path,
            options: StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: 11), command: "test", scratchPath: directory.path))
        table = try store.createTable("t", TableCreation(partitionColumns: partitionColumns))
        table.compactor.start()
    }

    deinit { store.close() }

    private func commit(_ actions: [Action]) throws {
        next += 1
        _ = try table.log.commit(
            Transaction(
                id: CommitID(high: 9, low: next), operation: "TEST", session: nil, actions: actions))
    }

    /// Adds files to a partition and gives all its files to one job.
    @discardableResult
    func press(
        runs: Int, partition: ByteString = "", status: Job.Status = .running, job id: UInt64 = 1,
        session: SessionID? = PressedTable.other, failures: Int = 0
    ) throws -> JobID {
        var files: [FileEntry] = []
        for _ in 0..<runs {
            next += 1
            let value = partition.isEmpty ? [] : [ByteString(partition.bytes.dropFirst(2))]
            var file = FileEntry(
                path: ByteString("data/\(partition)/20240131T123456Z-" + Hex.string(next) + ".parquet"),
                id: FileID(next), partitionValues: PartitionTuple(value), sizeBytes: 1_000,
                modificationTime: 17)
            file.rowCount = 10
            files.append(file)
        }
        var job = Job(
            id: JobID(id), partition: PartitionID(partition), inputs: files.map(\.id), status: status,
            session: status == .running ? session : nil, strategy: "requested", reason: "test")
        job.failureCount = failures
        try commit(files.map(Action.add) + [.operation(.putJob(job))])
        return job.id
    }

    /// Commits the job: its files become one.
    func finish(_ id: JobID) throws {
        guard let job = table.state.jobs[id] else { preconditionFailure("there is no job \(id)") }
        let removals = job.inputs.map { file in
            let entry = table.state.files.file(file)
            return Action.remove(
                FileRemoval(
                    path: entry?.path ?? "", id: file, deletionTimestamp: 0, dataChange: false,
                    sizeBytes: entry?.sizeBytes ?? 0, job: id))
        }
        try commit(removals + [.operation(.removeJob(id, outcome: .committed))])
    }

    /// Lets time pass as the caretaker does.
    func pass(seconds: Int) {
        for _ in 0..<(seconds * 5) {
            clock.advance(milliseconds: 200)
            table.backPressure.review()
        }
    }

    func status(_ name: String) -> JSONValue? {
        table.statusReport().lines.first { $0.name == name }?.value
    }

    /// Bytes a second; nil without a limit.
    var rate: Int64? { status("ingestRate")?.int64Value }

    /// The events of this kind, oldest first.
    func events(_ name: String) -> [JSONValue] {
        table.events.read(at: 0, count: 1 << 22).split(separator: UInt8(ascii: "\n")).compactMap {
            try? JSONValue.parse(Array($0))
        }.filter { $0["event"]?.stringValue == ByteString(name) }
    }
}
