import Bytes
import Metadata
import Records

/// A state of a table with partition trees, made by transactions alone: no storage, no files behind the entries.
struct TreeTable {
    private(set) var state: TableState
    let keys: KeyEncoder
    private var nextFile: UInt64 = 1
    private var nextNode: UInt64 = 1

    init(
        key: [(name: ByteString, type: ColumnType)] = [("id", .int64)], partitionColumns: [ByteString] = [],
        kind: TableKind = .append
    ) throws {
        var columns = key.enumerated().map {
            TableSchema.Column(id: $0.offset + 1, name: $0.element.name, type: $0.element.type)
        }
        for name in partitionColumns {
            columns.append(TableSchema.Column(id: columns.count + 1, name: name, type: .date))
        }
        let schema = TableSchema(
            columns: columns, rowKey: key.map(\.name), partitionColumns: partitionColumns)
        keys = KeyEncoder(schema: schema)
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: "t", kind: kind, schema: schema, createdTime: 0)
        state = try TableState.initial(
            from: Self.transaction(0, [.tableProtocol(TableProtocol()), .definition(definition)]))
    }

    private static func transaction(_ version: Int64, _ actions: [Action]) -> CommittedTransaction {
        CommittedTransaction(
            id: CommitID(high: UInt64(version), low: 0), version: Version(version), ordinal: 0,
            timestamp: 1_700_000_000_000 + version, operation: "TEST", session: nil, notes: [],
            actions: actions)
    }

    mutating func commit(_ actions: [Action]) throws {
        state = try state.applying(Self.transaction(state.version.rawValue + 1, actions))
    }

    mutating func commit(_ body: TransactionBody) throws {
        try state.check(body.preconditions, now: state.timestamp)
        try commit(body.actions)
    }

    /// The normalised key of texts, one for each of the first key columns.
    func key(_ texts: String...) -> ByteString {
        guard let key = keys.encode(texts: texts.map { ByteString($0) }) else {
            preconditionFailure("\(texts) is no key")
        }
        return key
    }

    static func root(_ day: String?) -> (id: PartitionID, tuple: PartitionTuple) {
        (
            PartitionID(ByteString(day.map { "day=\($0)" } ?? "")),
            PartitionTuple(day.map { [ByteString($0)] } ?? [])
        )
    }

    /// Splits a leaf, first putting the node of a root that had none.
    @discardableResult
    mutating func split(
        _ id: PartitionID = PartitionID(""), at key: ByteString, day: String? = nil,
        references: [ReferenceSplit] = []
    ) throws -> (left: PartitionID, right: PartitionID) {
        let leaf =
            state.partitions[id]
            ?? Partition(id: id, root: Self.root(day).tuple, parent: nil, minKey: nil, maxKey: nil)
        let children = [0, 1].map {
            PartitionID(ByteString(Hex.string(0xAAAA_0000_0000_0000 + nextNode + $0)))
        }
        nextNode += 2
        try commit(
            .splitPartition(leaf, at: key, into: (children[0], children[1]), references: references))
        return (children[0], children[1])
    }

    /// A file of int64 keys from `range`, referenced in one partition or in several with so many rows each.
    @discardableResult
    mutating func add(
        _ range: ClosedRange<Int>, rows: Int64? = 10, bytes: Int64 = 1_000, day: String? = nil,
        partition: PartitionID? = nil, references: [(PartitionID, Int64)] = []
    ) throws -> FileID {
        let directory = day.map { "data/day=\($0)/" } ?? "data/"
        let path = ByteString("\(directory)20240101T000000Z-\(Hex.string(nextFile)).parquet")
        nextFile += 1
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: Self.root(day).tuple, sizeBytes: bytes,
            modificationTime: 5)
        entry.rowCount = rows
        entry.minKey = key(String(range.lowerBound))
        entry.maxKey = key(String(range.upperBound))
        entry.partition = partition
        try commit(
            .addFiles([
                (entry, references.map { FileReference(file: entry.id, partition: $0.0, rowCount: $0.1) })
            ]))
        return entry.id
    }
}
