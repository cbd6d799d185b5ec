import Bytes
import Metadata
import Records

/// SplitMix64: the same numbers from the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

final class TestManifest: ManifestIdentity {
    let name: String
    init(_ name: String) { self.name = name }
}

func filePath(_ id: UInt64, date: String? = nil) -> ByteString {
    ByteString("data/\(date.map { "date=\($0)/" } ?? "")20240101T000000Z-\(Hex.string(id)).parquet")
}

func fileEntry(
    _ id: UInt64, date: String? = nil, bytes: Int64 = 1000, rows: Int64? = 10, keys: (String, String)? = nil
) -> FileEntry {
    let tuple = PartitionTuple(date.map { [ByteString($0)] } ?? [])
    var entry = FileEntry(
        path: filePath(id, date: date), id: FileID(id), partitionValues: tuple, sizeBytes: bytes,
        modificationTime: 1_700_000_000_000)
    entry.rowCount = rows
    entry.minKey = keys.map { ByteString($0.0) }
    entry.maxKey = keys.map { ByteString($0.1) }
    return entry
}

/// A table with a key column, partitioned by date where asked for.
func makeState(partitioned: Bool = false, kind: TableKind = .append) throws -> TableState {
    let schema = TableSchema(
        columns: [
            .init(id: 1, name: "key", type: .string, isNullable: false),
            .init(id: 2, name: "date", type: .date),
        ], rowKey: ["key"], partitionColumns: partitioned ? ["date"] : [])
    let definition = TableDefinition(
        id: "0123456789abcdef0123456789abcdef", name: "flights", kind: kind, schema: schema, createdTime: 0)
    return try TableState.initial(
        from: transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
}

func transaction(_ version: Int64, _ actions: [Action], ordinal: Int = 0, at timestamp: Int64? = nil)
    -> CommittedTransaction
{
    CommittedTransaction(
        id: CommitID(high: UInt64(version), low: UInt64(ordinal)), version: Version(version),
        ordinal: ordinal,
        timestamp: timestamp ?? 1_700_000_000_000 + version, operation: "TEST", session: nil, notes: [],
        actions: actions)
}

extension TableState {
    /// The state after these actions as the next version.
    func next(_ actions: Action..., at timestamp: Int64? = nil) throws -> TableState {
        try applying(transaction(version.rawValue + 1, actions, at: timestamp))
    }
}

func removal(_ id: UInt64, date: String? = nil, job: UInt64? = nil) -> Action {
    .remove(
        FileRemoval(
            path: filePath(id, date: date), id: FileID(id), deletionTimestamp: 0, dataChange: true,
            sizeBytes: nil, job: job.map { JobID($0) }))
}

func job(
    _ id: UInt64, inputs: [UInt64], partition: String = "", status: Job.Status = .running, attempt: Int = 1,
    session: UInt64? = 7
) -> Action {
    .operation(
        .putJob(
            Job(
                id: JobID(id), partition: PartitionID(ByteString(partition)),
                inputs: inputs.map { FileID($0) },
                status: status, attempt: attempt, session: session.map { SessionID($0) },
                strategy: "lazy-leveled", reason: "test")))
}
