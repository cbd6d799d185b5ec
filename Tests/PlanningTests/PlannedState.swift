import Bytes
import Metadata
import Records

/// A state made by transactions alone, of files with keys of one letter and more.
struct PlannedState {
    private(set) var state: TableState
    private var nextFile: UInt64 = 1

    init(properties: [(ByteString, ByteString)] = []) throws {
        let schema = TableSchema(
            columns: [.init(id: 1, name: "key", type: .binary, isNullable: false)], rowKey: ["key"])
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: .append, schema: schema, createdTime: 0)
        state = try TableState.initial(
            from: Self.transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
        try commit(properties.map { .operation(.setProperty(name: $0.0, value: $0.1)) })
    }

    private static func transaction(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
        CommittedTransaction(
            id: CommitID(high: UInt64(version), low: 0), version: Version(version), ordinal: 0,
            timestamp: version, operation: "TEST", session: nil, notes: [], actions: actions)
    }

    mutating func commit(_ actions: [Action]) throws {
        state = try state.applying(Self.transaction(state.version.rawValue + 1, actions))
    }

    /// Splits a leaf, whose children are named `<number>` and `<number + 1>` in 16 digits.
    @discardableResult
    mutating func split(
        _ id: PartitionID = PartitionID(""), at key: ByteString, _ number: UInt64,
        references: [ReferenceSplit] = []
    ) throws -> (left: PartitionID, right: PartitionID) {
        let leaf =
            state.partitions[id]
            ?? Partition(id: id, root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
        let children = [number, number + 1].map { PartitionID(ByteString(Hex.string($0))) }
        try commit(
            TransactionBody.splitPartition(
                leaf, at: key, into: (children[0], children[1]), references: references
            ).actions)
        return (children[0], children[1])
    }

    @discardableResult
    mutating func add(
        _ first: ByteString, _ last: ByteString, rows: Int64? = 10, bytes: Int64 = 100,
        in partition: PartitionID? = nil, references: [FileReference] = []
    ) throws -> FileID {
        let path = ByteString("data/20240101T000000Z-\(Hex.string(nextFile)).parquet")
        nextFile += 1
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: PartitionTuple([]), sizeBytes: bytes,
            modificationTime: 0)
        entry.rowCount = rows
        (entry.minKey, entry.maxKey) = (first, last)
        entry.partition = partition
        try commit(
            [.add(entry)]
                + references.map { reference in
                    var reference = reference
                    reference.file = entry.id
                    return .operation(.putReference(reference))
                })
        return entry.id
    }
}
