import Bytes
import Metadata
import Platform
import Records
import Storage
import Synchronization
import TestKit
import TransactionLog

/// A table in memory with a log, and transactions for it.
struct TestTable: Sendable {
    let storage: any ObjectStorage
    let name: ByteString
    let clock = ManualClock()
    let entropy: SeededEntropy
    let log: TransactionLog
    private let counter = Counter()

    final class Counter: Sendable {
        private let value = Mutex<UInt64>(0)
        func next() -> UInt64 {
            value.withLock { value in
                value += 1
                return value
            }
        }
    }

    static func definition(partitioned: Bool = false) -> TableDefinition {
        let schema = TableSchema(
            columns: [
                TableSchema.Column(id: 1, name: "k", type: .int64, isNullable: false),
                TableSchema.Column(id: 2, name: "month", type: .int32),
            ], rowKey: ["k"], partitionColumns: partitioned ? ["month"] : [])
        return TableDefinition(
            id: "00112233445566778899aabbccddeeff", name: "t", kind: .append, schema: schema, createdTime: 17)
    }

    init(
        storage: any ObjectStorage = MemoryStorage(), name: ByteString = "t", seed: UInt64 = 1,
        partitioned: Bool = false,
        definition: TableDefinition? = nil, actions: [Action] = []
    ) throws {
        self.storage = storage
        self.name = name
        entropy = SeededEntropy(seed: seed)
        log = try TransactionLog.create(
            storage: storage, table: name,
            definition: definition ?? Self.definition(partitioned: partitioned),
            actions: actions, clock: clock, entropy: entropy, options: Self.options)
    }

    /// No waiting in tests.
    static var options: LogOptions {
        var options = LogOptions()
        options.sleep = { _ in }
        return options
    }

    func open(_ storage: (any ObjectStorage)? = nil) throws -> TransactionLog {
        try TransactionLog.open(
            storage: storage ?? self.storage, table: name, clock: clock, entropy: entropy,
            options: Self.options)
    }

    func id() -> CommitID { CommitID(high: 0, low: counter.next()) }

    /// A file that no other call gives; `month` is its partition where the table has one.
    func file(month: Int? = nil) -> FileEntry {
        let number = counter.next()
        let directory = month.map { "data/month=\($0)/" } ?? "data/"
        var entry = FileEntry(
            path: ByteString(directory + "20240131T123456Z-" + Hex.string(number) + ".parquet"),
            id: FileID(number),
            partitionValues: PartitionTuple(month.map { [ByteString(String($0))] } ?? []),
            sizeBytes: 100 + Int64(number), modificationTime: 17)
        entry.rowCount = Int64(number)
        entry.minValues = [FileEntry.ColumnText(column: "k", text: "1")]
        entry.minKey = ByteString([0, UInt8(number & 0xFF)])
        entry.maxKey = ByteString([1, 0xFF])
        entry.schemaID = log.current.schemaID
        return entry
    }

    func transaction(_ actions: [Action], _ operation: ByteString = "TEST") -> Transaction {
        Transaction(id: id(), operation: operation, session: nil, actions: actions)
    }

    func adding(_ count: Int) -> Transaction { transaction((0..<count).map { _ in .add(file()) }) }

    func adding(months: [Int]) -> Transaction { transaction(months.map { .add(file(month: $0)) }) }

    func removing(_ files: [FileEntry]) -> Transaction { transaction(files.map { Self.removal($0) }) }

    static func removal(_ file: FileEntry) -> Action {
        .remove(
            FileRemoval(
                path: file.path, id: file.id, deletionTimestamp: 0, dataChange: true,
                sizeBytes: file.sizeBytes))
    }

    /// All files of a state, by path.
    static func files(_ state: TableState) -> [FileEntry] {
        var entries: [FileEntry] = []
        state.files.forEach { entries.append($0.entry) }
        return entries.sorted { $0.path < $1.path }
    }
}
