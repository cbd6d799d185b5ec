import Bytes
import Compaction
import Merge
import Metadata
import Platform
import Records
import Storage
import Synchronization
import Telemetry
import TestKit
import TransactionLog

/// A row of the tests.
struct SampleRow: Hashable, Comparable, CustomStringConvertible {
    var key: Int64
    var serial: Int64
    var isDeleted = false
    static func < (left: SampleRow, right: SampleRow) -> Bool {
        (left.key, left.serial) < (right.key, right.serial)
    }
    var description: String { "\(key)#\(serial)\(isDeleted ? "x" : "")" }
}

/// A small table with partitions by day, on a storage of the test's choice.
struct CompactionTable {
    static let name: ByteString = "flights"
    static let schema = TableSchema(
        columns: [
            TableSchema.Column(id: 1, name: "day", type: .string),
            TableSchema.Column(id: 2, name: "key", type: .int64, isNullable: false),
            TableSchema.Column(id: 3, name: "serial", type: .int64, isNullable: false),
        ], rowKey: ["key"], partitionColumns: ["day"])

    /// The same with a column that rows age by, the serial as milliseconds.
    static let agingSchema = TableSchema(
        columns: schema.columns + [
            TableSchema.Column(id: 4, name: "at", type: .timestamp(.millisecond, isUTC: true))
        ], rowKey: schema.rowKey, partitionColumns: schema.partitionColumns)

    let storage: any ObjectStorage
    let log: TransactionLog
    let clock: ManualClock
    let entropy: any Entropy
    var session = SessionID(1)

    static var logOptions: LogOptions {
        var options = LogOptions()
        options.sleep = { _ in }
        return options
    }

    /// Creates the table.
    init(
        _ kind: TableKind, on storage: any ObjectStorage = MemoryStorage(), seed: UInt64 = 1,
        schema: TableSchema = Self.schema
    ) throws {
        self.storage = storage
        clock = ManualClock()
        entropy = SeededEntropy(seed: seed)
        let definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: Self.name, kind: kind, schema: schema,
            createdTime: 0)
        log = try TransactionLog.create(
            storage: storage, table: Self.name, definition: definition, clock: clock, entropy: entropy,
            options: Self.logOptions)
    }

    /// Opens a table that is there, as another process does.
    init(opening storage: any ObjectStorage, session: UInt64, seed: UInt64 = 2) throws {
        self.storage = storage
        clock = ManualClock()
        entropy = SeededEntropy(seed: seed)
        self.session = SessionID(session)
        log = try TransactionLog.open(
            storage: storage, table: Self.name, clock: clock, entropy: entropy, options: Self.logOptions)
    }

    var kind: TableKind { log.current.definition.kind }
    var schema: TableSchema { log.current.definition.schema ?? Self.schema }

    static func partition(_ day: ByteString) -> PartitionID { PartitionID("day=" + day) }

    func compactor(
        slots: JobSlots = JobSlots(), events: EventBox = EventBox(), options: CompactionOptions? = nil
    ) -> Compactor {
        var chosen = options ?? CompactionOptions()
        if options == nil { chosen.commitBackOffNanoseconds = 0 }
        return Compactor(
            CompactionContext(
                table: Self.name, log: log, storage: storage, clock: clock, entropy: entropy,
                session: session, slots: slots, onEvent: { events.add($0) }), options: chosen)
    }

    // MARK: Rows

    /// Commits rows as one file (or more, of a small target) of a partition.
    @discardableResult
    func ingest(
        _ rows: [SampleRow], day: ByteString = "1", targetFileSize: Int64 = 1 << 20,
        layout: FileLayout = FileLayout()
    ) throws -> [FileEntry] {
        let isUpsert = kind == .upsert
        let context = DataFileContext(
            tableID: log.current.definition.id, kind: kind, schema: schema,
            schemaID: log.current.schemaID ?? "", partitionValues: PartitionTuple([day]), storage: storage,
            directory: Self.name, clock: clock, entropy: entropy)
        var builder = BatchBuilder(
            schema: schema.dataColumns + (isUpsert ? [SystemColumn.deleted] : []))
        let ages = schema.column("at") != nil
        for row in rows.sorted() {
            var values: [TypedValue?] = [.integer(Int128(row.key)), .integer(Int128(row.serial))]
            if ages { values.append(.integer(Int128(row.serial))) }
            builder.append(row: values + (isUpsert ? [row.isDeleted ? .boolean(true) : nil] : []))
        }
        let writer = DataFileWriter(context, options: layout.options(targetFileSize: targetFileSize))
        let batch = builder.finish()
        for start in stride(from: 0, to: batch.rowCount, by: layout.batchRows) {
            try writer.append(batch.slice(start..<min(start + layout.batchRows, batch.rowCount)))
        }
        let files = try writer.finish()
        if !layout.hasPageIndex { for file in files { try removePageIndex(of: file) } }
        try commit("INGEST", files.map(Action.add))
        return files
    }

    @discardableResult
    func commit(_ operation: ByteString, _ actions: [Action]) throws -> CommittedTransaction {
        try log.commit(
            Transaction(
                id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: operation,
                session: session, actions: actions))
    }

    func set(_ name: ByteString, _ value: ByteString) throws {
        try commit("SET PROPERTY", [.operation(.setProperty(name: name, value: value))])
    }

    /// What a reader of the table sees in a root partition: each leaf's files and those of the nodes above it,
    /// clipped to the leaf.
    func rows(
        day: ByteString = "1", keepsDeletes: Bool = false, in version: TableState? = nil
    ) throws -> [SampleRow] {
        let state = version ?? log.current
        var rows: [SampleRow] = []
        for leaf in state.partitions.leaves(below: Self.partition(day)) {
            let node = state.partitions[leaf]
            let range = KeyRange(min: node?.minKey, max: node?.maxKey)
            let files = ([leaf] + state.partitions.ancestors(of: leaf)).flatMap { state.files(in: $0) }
            rows += try merged(files.map { MergeInput($0.entry, range: range) }, keepsDeletes: keepsDeletes)
        }
        return rows.sorted()
    }

    func merged(_ files: [MergeInput], keepsDeletes: Bool = false) throws -> [SampleRow] {
        if files.isEmpty { return [] }
        let merged = try MergedRows(
            files, schema: schema, kind: kind,
            open: { [storage] in try DataFileContext.open($0, storage: storage, directory: Self.name) },
            options: MergedRows.Options(keepsDeletes: keepsDeletes, keepsSystemColumns: true))
        var rows: [SampleRow] = []
        while let batch = try merged.next() { rows += Self.rows(batch) }
        return rows
    }

    /// What a reader sees of rows that came in this order.
    static func visible(_ rows: [SampleRow], _ kind: TableKind) -> [SampleRow] {
        guard kind == .upsert else { return rows.sorted() }
        var newest: [Int64: SampleRow] = [:]
        for row in rows { newest[row.key] = row }
        return newest.values.filter { !$0.isDeleted }.sorted()
    }

    static func rows(_ batch: ColumnBatch) -> [SampleRow] {
        func value(_ name: ByteString, _ row: Int) -> TypedValue? {
            guard let index = batch.index(of: name) else { return nil }
            return batch.columns[index].value(row, batch.schema[index].type)
        }
        return (0..<batch.rowCount).map { row in
            var result = SampleRow(key: -1, serial: -1)
            if case .integer(let key) = value("key", row) { result.key = Int64(key) }
            if case .integer(let serial) = value("serial", row) { result.serial = Int64(serial) }
            if case .boolean(true) = value("_firn_deleted", row) { result.isDeleted = true }
            return result
        }
    }

    /// `count` overlapping files of a few rows each; every third file of an upsert table deletes a key.
    func fill(files count: Int, day: ByteString = "1", from first: Int = 0) throws {
        for file in first..<(first + count) {
            var rows = (0..<10).map { SampleRow(key: Int64($0 * 7 + file % 5), serial: Int64(file)) }
            if kind == .upsert, file % 3 == 2 { rows[3].isDeleted = true }
            try ingest(rows, day: day)
        }
    }

    func fileCount(day: ByteString = "1") -> Int { log.current.files(in: Self.partition(day)).count }

    /// Data files in the storage that the state knows neither as live nor as garbage.
    func strayFiles() throws -> [ByteString] {
        let state = log.current
        let known = Set(
            state.files.rootPartitions().flatMap { state.files.files(in: $0.id).map(\.name) }
                + state.garbage.sorted().map { entry in
                    ByteString(entry.path.bytes.split(separator: UInt8(ascii: "/")).last ?? [])
                })
        var found: [ByteString] = []
        for day in try storage.list(Self.name + "/data") {
            found += try storage.list(Self.name + "/data/" + day.name).map(\.name)
        }
        return found.filter { !known.contains($0) }
    }
}

/// The events of a compactor.
final class EventBox: Sendable {
    private let box = Mutex<[CompactionEvent]>([])
    private let hook: @Sendable (CompactionEvent) -> Void

    init(_ hook: @escaping @Sendable (CompactionEvent) -> Void = { _ in }) { self.hook = hook }

    func add(_ event: CompactionEvent) {
        box.withLock { $0.append(event) }
        hook(event)
    }

    var all: [CompactionEvent] { box.withLock { $0 } }

    var summaries: [CompactionSummary] {
        all.compactMap { if case .committed(let summary) = $0 { summary } else { nil } }
    }

    var failures: [String] {
        all.compactMap { if case .failed(_, let message) = $0 { message } else { nil } }
    }
}
