import Bytes
import Metadata
import Planning
import Records
import TestKit

/// A table whose files hold rows of known keys, planned for and changed through its states as a compactor does.
struct StateSimulation {
    static let partition = PartitionID("")

    private(set) var state: TableState
    /// The keys of each live file, ascending.
    private(set) var keys: [FileID: [Int]] = [:]
    private var next: UInt64 = 0
    private(set) var ingested: [Int] = []
    private(set) var rowsWritten = 0
    let rowBytes: Int64 = 1 << 20
    let targetFileSize: Int64

    init(targetFileSize: Int64) throws {
        self.targetFileSize = targetFileSize
        let schema = TableSchema(
            columns: [.init(id: 1, name: "key", type: .string, isNullable: false)], rowKey: ["key"])
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: .append, schema: schema, createdTime: 0)
        state = try TableState.initial(
            from: Self.transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
    }

    var picture: PartitionPicture { PartitionPicture(of: Self.partition, in: state) }
    var runCount: Int { state.runs(in: Self.partition).runs.count }
    var writeAmplification: Double { Double(rowsWritten) / Double(ingested.count) }

    mutating func ingest(_ rows: [Int]) throws {
        ingested += rows
        try commit(removing: [], adding: [rows.sorted()], dataChange: true)
    }

    /// Merges the inputs of a job into files of the target size, cut between keys.
    mutating func merge(_ job: PlannedJob) throws {
        let rows = job.inputs.flatMap { keys[$0] ?? [] }.sorted()
        let limit = max(1, Int(targetFileSize / rowBytes))
        var outputs: [[Int]] = []
        for row in rows {
            if let last = outputs.last, last.count < limit || last.last == row {
                outputs[outputs.count - 1].append(row)
            } else {
                outputs.append([row])
            }
        }
        try commit(removing: job.inputs, adding: outputs, dataChange: false)
    }

    private mutating func commit(removing inputs: [FileID], adding outputs: [[Int]], dataChange: Bool) throws
    {
        var actions: [Action] = inputs.map { id in
            .remove(
                FileRemoval(
                    path: Self.path(id), id: id, deletionTimestamp: 0, dataChange: dataChange, sizeBytes: nil)
            )
        }
        for id in inputs { keys[id] = nil }
        for rows in outputs {
            next += 1
            let id = FileID(next)
            keys[id] = rows
            rowsWritten += rows.count
            var entry = FileEntry(
                path: Self.path(id), id: id, partitionValues: PartitionTuple([]),
                sizeBytes: Int64(rows.count) * rowBytes, modificationTime: 0)
            entry.rowCount = Int64(rows.count)
            entry.dataChange = dataChange
            entry.minKey = rows.first.map(Self.key)
            entry.maxKey = rows.last.map(Self.key)
            actions.append(.add(entry))
        }
        state = try state.applying(Self.transaction(state.version.rawValue + 1, actions))
    }

    /// Big-endian: the order of the bytes is that of the numbers.
    static func key(_ number: Int) -> ByteString {
        ByteString([UInt8(number >> 16 & 255), UInt8(number >> 8 & 255), UInt8(number & 255)])
    }

    private static func path(_ id: FileID) -> ByteString { ByteString("data/20240101T000000Z-\(id).parquet") }

    private static func transaction(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
        CommittedTransaction(
            id: CommitID(high: 0, low: UInt64(version)), version: Version(version), ordinal: 0,
            timestamp: 1_700_000_000_000 + version * 60_000, operation: "TEST", session: nil, notes: [],
            actions: actions)
    }
}
