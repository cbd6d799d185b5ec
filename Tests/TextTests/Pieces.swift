import Bytes
import Records
import Text

/// A source that gives a text in pieces of `size` bytes.
func pieces(_ text: [UInt8], _ size: Int = .max) -> ChunkSource {
    var offset = 0
    return {
        guard offset < text.count else { return nil }
        let end = size == .max ? text.count : min(offset + size, text.count)
        defer { offset = end }
        return Array(text[offset..<end])
    }
}

func pieces(_ text: String, _ size: Int = .max) -> ChunkSource { pieces(Array(text.utf8), size) }

/// Sizes so small that every record crosses the edges of pieces, windows and batches.
var tiny: TextOptions {
    var options = TextOptions()
    options.refillBytes = 1
    options.batchRows = 3
    return options
}

extension CSVReader {
    func all() throws -> [[TypedValue?]] {
        var rows: [[TypedValue?]] = []
        while let batch = try next() { rows += batch.rows }
        return rows
    }
}

extension JSONLinesReader {
    func all() throws -> [[TypedValue?]] {
        var rows: [[TypedValue?]] = []
        while let batch = try next() { rows += batch.rows }
        return rows
    }
}

/// A schema from `name:type` pairs; `!` behind the type means not null.
func schema(_ columns: String...) -> TableSchema {
    TableSchema(
        columns: columns.enumerated().map { index, text in
            let parts = text.split(separator: ":").map(String.init)
            let isRequired = parts[1].hasSuffix("!")
            let name = isRequired ? String(parts[1].dropLast()) : parts[1]
            return .init(
                id: index + 1, name: .init(parts[0]), type: ColumnType(name: .init(name))!,
                isNullable: !isRequired)
        })
}
