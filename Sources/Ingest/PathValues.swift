import Bytes
import Platform
import Records

/// The values that the directories of a staged file give: `region=eu/date=2024-01-31/part.csv`.
///
/// Directories without a `=` give nothing.
struct PathValues: Equatable, Sendable {
    private(set) var pairs: [(column: ByteString, value: ByteString?)] = []

    init(_ relativePath: ByteString) throws(IngestRefusal) {
        for component in relativePath.bytes.split(separator: UInt8(ascii: "/")).dropLast() {
            guard let pair = PartitionPath.parse(component: ByteString(component)) else { continue }
            if let known = pairs.first(where: { $0.column == pair.column }) {
                if known.value == pair.value { continue }
                throw IngestRefusal(
                    .ebadmsg, .partition, "the path gives two values for the column \(pair.column.display)",
                    columnName: pair.column)
            }
            pairs.append(pair)
        }
    }

    static func == (left: PathValues, right: PathValues) -> Bool {
        left.pairs.elementsEqual(right.pairs) { $0.column == $1.column && $0.value == $1.value }
    }

    /// Gives the batch its path columns: nulls take the path's value, every other value must be the same.
    ///
    /// - Parameter values: by position in the batch, parsed.
    static func apply(
        _ values: [(index: Int, value: TypedValue?)], to batch: inout ColumnBatch, firstRow: Int
    ) throws(IngestRefusal) {
        for (index, value) in values {
            let column = batch.schema[index]
            let vector = batch.columns[index]
            for row in 0..<batch.rowCount where !vector.isNull(row) {
                guard vector.value(row, column.type) != value else { continue }
                throw IngestRefusal(
                    .ebadmsg, .partition,
                    "row \(firstRow + row + 1) contradicts its directory in the column \(column.name.display)",
                    columnName: column.name,
                    expected: value.map { ValueText.text($0, column.type).display } ?? "null",
                    found: ValueText.text(of: vector, row: row, type: column.type),
                    remedy: "move the file to the directory of its value, or leave the column out")
            }
            batch.columns[index] = ColumnVector(repeating: value, type: column.type, count: batch.rowCount)
        }
    }

    /// The values of a schema's columns, parsed.
    func typed(_ schema: TableSchema) throws(IngestRefusal) -> [(index: Int, value: TypedValue?)] {
        var result: [(index: Int, value: TypedValue?)] = []
        for pair in pairs {
            guard let index = schema.index(of: pair.column) else {
                let known = schema.columns.map(\.name.display).joined(separator: ", ")
                throw IngestRefusal(
                    .ebadmsg, .partition,
                    "the directory \(pair.column.display)=… names no column; the table has \(known)",
                    columnName: pair.column)
            }
            let column = schema.columns[index]
            guard let text = pair.value else {
                result.append((index, nil))
                continue
            }
            guard let value = ValueText.parse(text, column.type) else {
                throw IngestRefusal(
                    .ebadmsg, .partition,
                    "the directory's value is no \(column.type.name), which the column "
                        + "\(column.name.display) is", columnName: column.name,
                    expected: column.type.name, found: text)
            }
            result.append((index, value))
        }
        return result
    }
}
