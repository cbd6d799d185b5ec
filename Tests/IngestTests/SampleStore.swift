import Bytes
import Ingest
import Merge
import Metadata
import Platform
import Records
import Storage
import TestKit
import TransactionLog

/// A table in memory, and staged files on disk.
final class SampleStore {
    let storage: MemoryStorage
    /// What the table's own storage is reached through.
    let gate: GatedStorage
    let log: TransactionLog
    let service: IngestService
    let clock: ManualClock
    let directory: TemporaryDirectory
    static let table: ByteString = "t"

    init(
        kind: TableKind = .append, schema: TableSchema? = nil, rowKey: [ByteString] = [],
        partitionColumns: [ByteString] = [], properties: [(ByteString, ByteString)] = []
    ) throws {
        storage = MemoryStorage()
        gate = GatedStorage(storage)
        clock = ManualClock()
        directory = try TemporaryDirectory("ingest")
        var definition = TableDefinition(
            id: "0123456789abcdef0123456789abcdef", name: Self.table, kind: kind, schema: schema,
            createdTime: 0)
        if schema == nil {
            definition.declaredRowKey = rowKey
            definition.declaredPartitionColumns = partitionColumns
        }
        log = try TransactionLog.create(
            storage: gate, table: Self.table, definition: definition,
            actions: properties.map { .operation(.setProperty(name: $0.0, value: $0.1)) }, clock: clock,
            entropy: SeededEntropy(seed: 7), options: Self.options)
        service = IngestService(context: Self.context(gate, log, clock, directory, seed: 8))
    }

    /// The same table as another process finds it in `storage`.
    init(reopening storage: MemoryStorage, like other: SampleStore, seed: UInt64 = 99) throws {
        self.storage = storage
        gate = GatedStorage(storage)
        clock = other.clock
        directory = other.directory
        log = try TransactionLog.open(
            storage: gate, table: Self.table, clock: clock, entropy: SeededEntropy(seed: seed),
            options: Self.options)
        service = IngestService(
            context: Self.context(gate, log, clock, directory, seed: seed &+ 1))
    }

    static var options: LogOptions {
        var options = LogOptions()
        options.sleep = { _ in }
        return options
    }

    private static func context(
        _ storage: any ObjectStorage, _ log: TransactionLog, _ clock: ManualClock,
        _ directory: TemporaryDirectory, seed: UInt64
    ) -> TableContext {
        let entropy = SeededEntropy(seed: seed)
        return TableContext(
            log: log, storage: storage, directory: table, clock: clock, entropy: entropy,
            scratch: Scratch(directory: directory.path, limitBytes: 1 << 30, entropy: entropy))
    }

    private var stagedCount = 0

    func stage(_ path: ByteString, _ text: String) throws -> StagedFile {
        try stage(path, Array(text.utf8))
    }

    func stage(_ path: ByteString, _ bytes: [UInt8]) throws -> StagedFile {
        stagedCount += 1
        let name = ByteString("staged-\(stagedCount)-\(SystemEntropy().uint64())")
        try directory.write(name, bytes)
        return StagedFile(
            relativePath: path, localPath: directory.file(name), sizeBytes: Int64(bytes.count),
            requester: IngestRequester(userID: 1_000, groupID: 1_000, processID: 42))
    }

    @discardableResult
    func ingest(_ path: ByteString, _ text: String) throws -> IngestOutcome {
        try service.commit([try stage(path, text)])
    }

    func refusal(_ path: ByteString, _ text: String) throws -> IngestRefusal? {
        let file = try stage(path, text)
        do throws(IngestRefusal) {
            _ = try service.commit([file])
            return nil
        } catch {
            return error
        }
    }

    /// All rows as text, `column=value` joined by spaces, nulls left out; the partition's path first.
    func rows() throws -> [String] {
        let state = log.current
        guard let schema = state.definition.schema else { return [] }
        var result: [String] = []
        var entries: [FileEntry] = []
        state.files.forEach { entries.append($0.entry) }
        for entry in entries.sorted(by: { $0.path < $1.path }) {
            let source = try DataFileContext.open(entry, storage: storage, directory: Self.table)
            let reader = try DataFileReader(entry, source, schema: schema, kind: state.definition.kind)
            let path = PartitionPath.path(
                columns: schema.partitionColumns, values: entry.partitionValues.values)
            while let batch = try reader.next() {
                for row in 0..<batch.rowCount { result.append(Self.text(batch, row, path)) }
            }
        }
        return result
    }

    private static func text(_ batch: ColumnBatch, _ row: Int, _ path: ByteString) -> String {
        var parts = path.isEmpty ? [] : [path.display]
        for (column, vector) in zip(batch.schema, batch.columns) {
            guard let text = ValueText.text(of: vector, row: row, type: column.type) else { continue }
            parts.append("\(column.name.display)=\(text.display)")
        }
        return parts.joined(separator: " ")
    }

    /// Data files in storage, those that no version names too.
    var dataKeys: [ByteString] { storage.allKeys.filter { $0.hasPrefix("t/data/") } }

    var types: [String] {
        (log.current.definition.schema?.columns ?? []).map { "\($0.name.display):\($0.type.name)" }
    }
}

extension IngestOutcome {
    var committedRows: Int64? { if case .committed(_, let rows, _) = self { rows } else { nil } }
    var isDuplicate: Bool { if case .duplicate = self { true } else { false } }
    var isNothing: Bool { if case .nothing = self { true } else { false } }
}
