import Bytes
import Metadata
import Platform
import Records
import Storage
import TestKit
import TransactionLog

/// A table's log on a storage in memory, with a clock that the test moves.
struct SampleLog {
    static let table: ByteString = "flights"
    static let path = LogPath(table: table)
    static let schema = TableSchema(
        columns: [
            TableSchema.Column(id: 1, name: "day", type: .string),
            TableSchema.Column(id: 2, name: "key", type: .int64, isNullable: false),
        ], rowKey: ["key"], partitionColumns: ["day"])

    let storage: MemoryStorage
    let clock: ManualClock
    let entropy: SeededEntropy
    let log: TransactionLog

    static var options: LogOptions {
        var options = LogOptions()
        options.sleep = { _ in }
        return options
    }

    init(seed: UInt64 = 1, properties: [(ByteString, ByteString)] = []) throws {
        storage = MemoryStorage()
        clock = ManualClock()
        entropy = SeededEntropy(seed: seed)
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: Self.table, kind: .append, schema: Self.schema,
            createdTime: 1)
        log = try TransactionLog.create(
            storage: storage, table: Self.table, definition: definition,
            actions: properties.map { .operation(.setProperty(name: $0.0, value: $0.1)) }, clock: clock,
            entropy: entropy, options: Self.options)
    }

    /// The log as another process opens it, perhaps on what a crash left.
    func open(
        _ other: (any ObjectStorage)? = nil, options: LogOptions = SampleLog.options
    ) throws -> TransactionLog {
        try TransactionLog.open(
            storage: other ?? storage, table: Self.table, clock: clock, entropy: entropy, options: options)
    }

    func file(_ number: UInt64, day: ByteString? = "1") -> FileEntry {
        Self.file(number, day: day)
    }

    static func file(_ number: UInt64, day: ByteString? = "1") -> FileEntry {
        let tuple = PartitionTuple([day])
        let root = RootPath.path(columns: ["day"], tuple: tuple)
        let path = "data/" + root + ByteString("/20240101T000000Z-\(Hex.string(number)).parquet")
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: tuple,
            sizeBytes: 100 + Int64(number % 7), modificationTime: 5)
        entry.rowCount = Int64(number % 11)
        entry.minKey = ByteString([1, UInt8(truncatingIfNeeded: number)])
        entry.maxValues = [FileEntry.ColumnText(column: "key", text: ByteString("\(number)"))]
        return entry
    }

    func transaction(
        _ actions: [Action], _ operation: ByteString = "TEST", preconditions: [Precondition] = []
    ) -> Transaction {
        Transaction(
            id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: operation,
            session: SessionID(7), preconditions: preconditions, actions: actions)
    }

    /// Commits files with these numbers, a second later.
    @discardableResult
    func add(_ numbers: UInt64..., to log: TransactionLog? = nil) throws -> CommittedTransaction {
        clock.advance(milliseconds: 1000)
        storage.setTime(milliseconds: clock.nowMilliseconds())
        return try (log ?? self.log).commit(transaction(numbers.map { .add(file($0)) }, "INGEST"))
    }

    static func removal(_ entry: FileEntry) -> Action {
        .remove(
            FileRemoval(
                path: entry.path, id: entry.id, deletionTimestamp: 0, dataChange: true,
                sizeBytes: entry.sizeBytes))
    }

    func advance(hours: Int64) {
        clock.advance(milliseconds: hours * 3_600_000)
        storage.setTime(milliseconds: clock.nowMilliseconds())
    }
}

extension TableState {
    /// Everything that a state says, as lines in one order: two states are the same where these are.
    var digest: [String] {
        var lines = ["version \(version) at \(timestamp)", "\(tableProtocol)", "\(definition)"]
        lines += schemaRegistry.map { "schema \($0.key) \($0.value)" }.sorted()
        lines += properties.overrides.map { "property \($0.key)=\($0.value)" }.sorted()
        lines += tags.map { "tag \($0.key)=\($0.value)" }.sorted()
        lines += jobs.values.sorted { $0.id < $1.id }.map { "\($0)" }
        lines += receipts.all.map { "\($0)" }
        lines += deadSessions.map { "dead \($0)" }.sorted()
        var entries: [FileEntry] = []
        files.forEach { entries.append($0.entry) }
        lines += entries.sorted { $0.path < $1.path }.map { "\($0)" }
        var references: [String] = []
        self.references.entries.forEach { references.append("\($1)") }
        lines += references.sorted()
        lines += garbage.sorted().map { "\($0)" }
        lines += partitions.sorted().map { "\($0)" }
        lines.append("\(fileCount) files, \(totalBytes) bytes, \(totalRows) rows, \(garbage.totalBytes)")
        return lines
    }

    var filePaths: Set<ByteString> {
        var paths: Set<ByteString> = []
        files.forEach { paths.insert($0.path) }
        return paths
    }
}
