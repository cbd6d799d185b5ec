import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit

/// A row of the tests: a key, a number that tells rows apart, and in an upsert table a delete mark.
struct SampleRow: Equatable, Comparable, CustomStringConvertible {
    var key: String?
    var number: Double?
    var serial: Int64
    var isDeleted = false

    static func < (left: SampleRow, right: SampleRow) -> Bool { compareKeys(left, right) < 0 }

    /// Null first, then text by its bytes, then numbers with NaN last: the order of the table's key.
    static func compareKeys(_ left: SampleRow, _ right: SampleRow) -> Int {
        let a = (left.key == nil ? 0 : 1, Array((left.key ?? "").utf8))
        let b = (right.key == nil ? 0 : 1, Array((right.key ?? "").utf8))
        if a.0 != b.0 { return a.0 - b.0 }
        if a.1 != b.1 { return a.1.lexicographicallyPrecedes(b.1) ? -1 : 1 }
        let x = rank(left.number)
        let y = rank(right.number)
        return x.0 != y.0 ? x.0 - y.0 : x.1 < y.1 ? -1 : x.1 > y.1 ? 1 : 0
    }

    private static func rank(_ number: Double?) -> (Int, Double) {
        guard let number else { return (0, 0) }
        return number.isNaN ? (2, 0) : (1, number)
    }

    /// The key as bytes: as a `String`, composed and decomposed letters would be one.
    var keyBytes: ByteString {
        ByteString("\(key ?? "null")|\(number.map { $0 == 0 ? "0.0" : "\($0)" } ?? "null")")
    }
    var description: String { "\(keyBytes)#\(serial)\(isDeleted ? "x" : "")" }
    static func == (left: SampleRow, right: SampleRow) -> Bool {
        left.keyBytes == right.keyBytes && left.serial == right.serial && left.isDeleted == right.isDeleted
    }
}

/// A table with the key (key, number), its files in a storage of its own.
struct SampleTable {
    static let schema = TableSchema(
        columns: [
            TableSchema.Column(id: 1, name: "day", type: .date),
            TableSchema.Column(id: 2, name: "key", type: .string),
            TableSchema.Column(id: 3, name: "serial", type: .int64, isNullable: false),
            TableSchema.Column(id: 4, name: "number", type: .double),
        ], rowKey: ["key", "number"], partitionColumns: ["day"])

    var kind: TableKind
    var schema = SampleTable.schema
    let storage = MemoryStorage()
    let clock = ManualClock()
    let entropy = SeededEntropy()
    private let versions = Counter()

    init(_ kind: TableKind) { self.kind = kind }

    private final class Counter { var value: Int64 = 0 }

    var context: DataFileContext { context(storage) }

    func context(_ storage: any ObjectStorage) -> DataFileContext {
        DataFileContext(
            tableID: "t", kind: kind, schema: schema, schemaID: "s",
            partitionValues: PartitionTuple(["2024-01-31"]),
            storage: storage, directory: "flights", clock: clock, entropy: entropy)
    }

    func open(_ entry: FileEntry) throws -> any ParquetSource { try context.open(entry) }

    static func columns(deletes: Bool) -> [TableSchema.Column] {
        schema.dataColumns + (deletes ? [SystemColumn.deleted] : [])
    }

    func batch(_ rows: [SampleRow]) -> ColumnBatch {
        var builder = BatchBuilder(schema: SampleTable.columns(deletes: kind == .upsert))
        for row in rows {
            let values: [TypedValue?] = [
                row.key.map { .bytes(ByteString($0)) }, .integer(Int128(row.serial)),
                row.number.map { .floating($0) },
            ]
            builder.append(row: values + (kind == .upsert ? [row.isDeleted ? .boolean(true) : nil] : []))
        }
        return builder.finish()
    }

    static func rows(_ batch: ColumnBatch) -> [SampleRow] {
        func value(_ name: ByteString, _ row: Int) -> TypedValue? {
            guard let index = batch.index(of: name) else { return nil }
            return batch.columns[index].value(row, batch.schema[index].type)
        }
        return (0..<batch.rowCount).map { row in
            var result = SampleRow(key: nil, number: nil, serial: -1)
            if case .bytes(let key) = value("key", row) { result.key = key.display }
            if case .floating(let number) = value("number", row) { result.number = number }
            if case .integer(let serial) = value("serial", row) { result.serial = Int64(serial) }
            if case .boolean(true) = value("_firn_deleted", row) { result.isDeleted = true }
            return result
        }
    }

    /// Writes rows, which must be sorted, as the files of one more commit.
    func write(
        _ rows: [SampleRow], batchRows: Int = 7, options: DataFileOptions = DataFileOptions()
    ) throws -> [FileEntry] {
        let writer = DataFileWriter(context, options: options)
        for start in stride(from: 0, to: rows.count, by: batchRows) {
            try writer.append(batch(Array(rows[start..<min(start + batchRows, rows.count)])))
        }
        return committed(try writer.finish())
    }

    /// The entries as the next commit gives them out.
    func committed(_ entries: [FileEntry]) -> [FileEntry] {
        versions.value += 1
        return entries.enumerated().map { ordinal, entry in
            var entry = entry
            entry.addedAtVersion = Version(versions.value)
            entry.ordinal = Int32(ordinal)
            return entry
        }
    }

    /// The rows of a data file as they are stored.
    func stored(_ entry: FileEntry) throws -> [SampleRow] {
        let reader = try DataFileReader(entry, try open(entry), schema: schema, kind: kind, batchRows: 5)
        var rows: [SampleRow] = []
        while let batch = try reader.next() { rows += SampleTable.rows(batch) }
        return rows
    }

    /// What a reader of the table sees.
    func truth(_ entries: [FileEntry], keepsDeletes: Bool = false) throws -> [SampleRow] {
        let merged = try MergedRows(
            entries.map { MergeInput($0) }, schema: schema, kind: kind,
            open: { [context] in try context.open($0) },
            options: MergedRows.Options(keepsDeletes: keepsDeletes, keepsSystemColumns: true))
        var rows: [SampleRow] = []
        while let batch = try merged.next() { rows += SampleTable.rows(batch) }
        return rows
    }

    func merge(
        _ entries: [FileEntry], dropsDeletes: Bool = false, options: DataFileOptions = DataFileOptions(),
        ranges: Int = 1
    ) throws -> MergeResult {
        var result = try MergeRun(
            entries.map { MergeInput($0) }, context, files: options,
            options: MergeRun.Options(dropsDeletes: dropsDeletes, rangeCount: ranges)
        ).run()
        result.outputs = committed(result.outputs)
        return result
    }
}

extension SampleRow {
    /// A row of which many have the same key; null, NaN, both zeros and texts with zeros are among the keys.
    static func random(_ serial: Int64, _ random: inout SeededGenerator, keys: Int = 40) -> SampleRow {
        let texts = [
            "", "a", "a\u{0}", "a\u{0}b", "ab", "é", "e\u{301}", "long common prefix 1",
            "long common prefix 2",
        ]
        let choice = Int.random(in: 0..<keys, using: &random)
        let numbers: [Double?] = [nil, .nan, 0, -0.0, 1, -.infinity]
        return SampleRow(
            key: choice % 10 == 9 ? nil : texts[choice % 9], number: numbers[(choice / 10) % 6],
            serial: serial)
    }

    static func stableSorted(_ rows: [SampleRow]) -> [SampleRow] {
        rows.enumerated().sorted {
            let order = compareKeys($0.element, $1.element)
            return order != 0 ? order < 0 : $0.offset < $1.offset
        }.map(\.element)
    }
}
