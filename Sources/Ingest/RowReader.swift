import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Text

/// Reads one staged file as rows of the table: all its columns in its order and types, checked.
///
/// An upsert table's rows have the column `_firn_deleted` behind them.
final class RowReader {
    let columns: [TableSchema.Column]
    private let pathValues: [(index: Int, value: TypedValue?)]
    /// Columns that must not be null and that the reader underneath does not check.
    private let required: [Int]
    private let source: () throws -> ColumnBatch?
    private var rowCount = 0

    init(
        _ content: StagedContent, schema: TableSchema, kind: TableKind, cancellation: Cancellation
    ) throws {
        let columns = schema.columns + (kind == .upsert ? [SystemColumn.deleted] : [])
        self.columns = columns
        let pathValues = try PathValues(content.file.relativePath).typed(schema)
        self.pathValues = pathValues
        // What the path gives, the file may lack.
        var wanted = columns
        for (index, _) in pathValues { wanted[index].isNullable = true }
        let declared = SchemaMode.declared(TableSchema(columns: wanted))
        switch content.format {
        case .csv, .tsv:
            let dialect: CSVDialect = content.format == .csv ? .csv : .tsv
            let reader = CSVReader(dialect: dialect, mode: declared, source: content.chunks(cancellation))
            required = pathValues.map(\.index).filter { !columns[$0].isNullable }
            source = { try reader.next() }
        case .jsonLines:
            let reader = JSONLinesReader(mode: declared, source: content.chunks(cancellation))
            required = pathValues.map(\.index).filter { !columns[$0].isNullable }
            source = { try reader.next() }
        case .parquet:
            let reader = try ParquetRows(ParquetFile(content), columns: wanted)
            required = columns.indices.filter { !columns[$0].isNullable }
            source = {
                try cancellation.check()
                return try reader.next()
            }
        }
    }

    func next() throws -> ColumnBatch? {
        guard var batch = try source() else { return nil }
        batch.schema = columns
        try PathValues.apply(pathValues, to: &batch, firstRow: rowCount)
        for index in required {
            guard let row = (0..<batch.rowCount).first(where: { batch.columns[index].isNull($0) }) else {
                continue
            }
            let name = columns[index].name
            throw IngestRefusal(
                .ebadmsg, .value,
                "row \(rowCount + row + 1): the column \(name.display) has no value and must not be null",
                columnName: name, expected: columns[index].type.name)
        }
        rowCount += batch.rowCount
        return batch
    }
}

/// The rows of a Parquet file in other columns: found by name, absent ones null, values converted exactly.
private final class ParquetRows {
    private let reader: ParquetReader
    private let wanted: [TableSchema.Column]
    /// For each wanted column its place among those read.
    private let places: [Int?]
    private var rowCount = 0

    init(_ file: ParquetFile, columns: [TableSchema.Column]) throws {
        for column in file.columns where !columns.contains(where: { $0.name == column.name }) {
            let known = columns.map(\.name.display).joined(separator: ", ")
            throw IngestRefusal(
                .ebadmsg, .column, "the table has no column \(column.name.display); it has \(known)",
                columnName: column.name)
        }
        var places: [Int?] = []
        var read: [Int] = []
        for column in columns {
            guard let index = file.index(of: column.name) else {
                guard column.isNullable else {
                    throw IngestRefusal(
                        .ebadmsg, .column,
                        "the column \(column.name.display) is missing and must not be null",
                        columnName: column.name)
                }
                places.append(nil)
                continue
            }
            let type = file.columns[index].type
            guard ColumnConversion.isPossible(from: type, to: column.type) else {
                throw IngestRefusal(
                    .ebadmsg, .column,
                    "the column \(column.name.display) is \(type.name) in the file and "
                        + "\(column.type.name) in the table", columnName: column.name,
                    expected: column.type.name, found: ByteString(type.name))
            }
            places.append(read.count)
            read.append(index)
        }
        reader = ParquetReader(file, columns: read)
        wanted = columns
        self.places = places
    }

    func next() throws -> ColumnBatch? {
        guard let batch = try reader.next() else { return nil }
        var vectors: [ColumnVector] = []
        for (column, place) in zip(wanted, places) {
            guard let place else {
                vectors.append(.nulls(type: column.type, count: batch.rowCount))
                continue
            }
            do throws(ConversionError) {
                vectors.append(
                    try ColumnConversion.convert(
                        batch.columns[place], from: reader.schema[place].type, to: column.type))
            } catch {
                throw IngestRefusal(error, column: column.name, firstRow: rowCount)
            }
        }
        for (column, vector) in zip(wanted, vectors) where column.type == .string {
            guard case .bytes(let lane) = vector.values, let row = lane.firstInvalidRow else { continue }
            throw IngestRefusal(
                .ebadmsg, .value,
                "row \(rowCount + row + 1): the column \(column.name.display) has bytes that are not UTF-8",
                columnName: column.name, expected: column.type.name, found: lane[row])
        }
        rowCount += batch.rowCount
        return ColumnBatch(schema: wanted, columns: vectors, rowCount: batch.rowCount)
    }
}

extension ByteColumn {
    /// The first row that is not UTF-8.
    fileprivate var firstInvalidRow: Int? {
        if data.allSatisfy({ $0 < 0x80 }) { return nil }
        return (0..<count).first { row in withRow(row) { !isValidUTF8($0) } }
    }
}
