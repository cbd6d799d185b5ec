import Bytes
import Metadata
import Platform
import Records
import Storage
import TransactionLog

/// Makes tables that are file lists only: what opening, committing and compacting a state cost does not depend
/// on the data files.
enum TableMaking {
    static func storage(_ root: ByteString) throws -> DirectoryStorage {
        try DirectoryStorage(root: root, create: true, entropy: SystemEntropy())
    }

    /// Partitioned by `date`, unless it is to be flat.
    static func create(
        _ storage: any ObjectStorage, _ table: ByteString, isFlat: Bool = false
    ) throws -> TransactionLog {
        let schema = TableSchema(
            columns: [
                .init(id: 1, name: "id", type: .int64, isNullable: false),
                .init(id: 2, name: "time", type: .timestamp(.microsecond, isUTC: true)),
                .init(id: 3, name: "name", type: .string), .init(id: 4, name: "value", type: .double),
                .init(id: 5, name: "date", type: .date, isNullable: false),
            ], rowKey: ["id"], partitionColumns: isFlat ? [] : ["date"])
        let definition = TableDefinition(
            id: ByteString(String(repeating: "ab", count: 16)), name: table, kind: .append, schema: schema,
            createdTime: 1_700_000_000_000)
        return try TransactionLog.create(
            storage: storage, table: table, definition: definition, clock: SystemClock(),
            entropy: SystemEntropy())
    }

    static func open(_ storage: any ObjectStorage, _ table: ByteString) throws -> TransactionLog {
        try TransactionLog.open(
            storage: storage, table: table, clock: SystemClock(), entropy: SystemEntropy())
    }

    static func openOrCreate(_ storage: any ObjectStorage, _ table: ByteString) throws -> TransactionLog {
        let isThere = try !storage.list(LogPath(table: table).logDirectory).isEmpty
        return try isThere ? open(storage, table) : create(storage, table)
    }

    /// File number `index` of the list: 1,000 days in turn.
    static func entry(_ index: Int, isFlat: Bool = false) -> FileEntry {
        let day = CivilDate(daysSinceEpoch: 19_000 + index % 1_000).text
        let random = mixed(UInt64(index))
        let id = FileID(max(1, random >> 1))
        let directory = isFlat ? "data/" : "data/date=" + day + "/"
        let path = directory + "20240131T123456.123Z-" + Hex.string(id.rawValue) + ".parquet"
        let rows = Int64(100_000 + random % 400_000)
        let first = Int64(index) * 500_000
        var entry = FileEntry(
            path: ByteString(path), id: id, partitionValues: PartitionTuple(isFlat ? [] : [ByteString(day)]),
            sizeBytes: rows * 41,
            modificationTime: 1_706_704_496_123 + Int64(index))
        entry.rowCount = rows
        entry.minValues = [
            .init(column: "id", text: ByteString("\(first)")),
            .init(column: "time", text: ByteString(day + "T00:00:00.000001Z")),
        ]
        entry.maxValues = [
            .init(column: "id", text: ByteString("\(first + rows)")),
            .init(column: "time", text: ByteString(day + "T23:59:59.000001Z")),
        ]
        entry.stats = ByteString("{\"numRecords\":\(rows)}")
        entry.footerStartOffset = entry.sizeBytes - 4_000
        entry.footerEndOffset = entry.sizeBytes
        return entry
    }

    /// SplitMix64 of a number.
    static func mixed(_ value: UInt64) -> UInt64 {
        var value = value &* 0x9E37_79B9_7F4A_7C15 &+ 0x1234_5678
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }

    static func transaction(_ entries: [FileEntry]) -> Transaction {
        let entropy = SystemEntropy()
        return Transaction(
            id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: "INGEST", session: nil,
            actions: entries.map { .add($0) })
    }

    static func run(_ arguments: inout Arguments) throws {
        let storage = try storage(arguments.text())
        let table = arguments.text()
        let count = arguments.number()
        let list = arguments.text()
        let isFlat = !arguments.isEmpty
        let log = try create(storage, table, isFlat: isFlat)
        for start in stride(from: 0, to: count, by: 50_000) {
            let entries = (start..<min(start + 50_000, count)).map { entry($0, isFlat: isFlat) }
            _ = try log.commit(transaction(entries))
        }
        try log.writeState()
        try writeList((0..<count).map { entry($0, isFlat: isFlat) }, to: list)
        Output.report([("files", Double(log.current.fileCount))])
    }

    /// The same files for other programs: path, date, size, modification time, rows, first and last id.
    private static func writeList(_ files: [FileEntry], to path: ByteString) throws {
        let output = try FileDescriptor.open(path, [.writeOnly, .create, .truncate])
        var lines: [UInt8] = []
        for file in files {
            let fields = [
                file.path.display, file.partitionValues.values.first??.display ?? "", "\(file.sizeBytes)",
                "\(file.modificationTime)", "\(file.rowCount ?? 0)", file.minValues?[0].text.display ?? "",
                file.maxValues?[0].text.display ?? "",
            ]
            lines += Array((fields.joined(separator: "\t") + "\n").utf8)
        }
        try lines.withUnsafeBytes { try output.write($0) }
    }
}
