import Bytes

/// A column that rows are sorted by.
package struct SortingColumn: Equatable, Sendable {
    /// Position of the column in the file.
    package var column: Int
    package var isDescending: Bool
    package var nullsFirst: Bool

    package init(column: Int, isDescending: Bool = false, nullsFirst: Bool = true) {
        self.column = column
        self.isDescending = isDescending
        self.nullsFirst = nullsFirst
    }
}

/// A horizontal part of the file: one chunk of each column.
package struct RowGroup: Sendable {
    /// The rows of the file that it holds.
    package var rows: Range<Int> = 0..<0
    package var chunks: [ColumnChunk] = []
    package var sortingColumns: [SortingColumn] = []
    /// Bytes of all pages before compression.
    package var uncompressedSize = 0
    /// The number of rows as the footer states it.
    var statedRowCount = 0

    /// Bytes of all pages as they lie in the file.
    package var compressedSize: Int { chunks.reduce(0) { $0 + $1.compressedSize } }
}

extension RowGroup {
    init(_ reader: inout CompactReader) throws(DecodeError) {
        var group = RowGroup()
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    group.chunks.append(try ColumnChunk(&reader))
                }
            case 2: group.uncompressedSize = try reader.integer(field)
            case 3: group.statedRowCount = try reader.integer(field)
            case 4:
                try reader.list(field) { (reader, _) throws(DecodeError) in
                    group.sortingColumns.append(try SortingColumn(&reader))
                }
            default: try reader.skip(field)
            }
        }
        self = group
    }

    func write(_ writer: inout CompactWriter, ordinal: Int) {
        writer.element { writer in
            writer.list(1, of: .structure, chunks) { writer, chunk in chunk.write(&writer) }
            writer.int64(2, uncompressedSize)
            writer.int64(3, rows.count)
            if !sortingColumns.isEmpty {
                writer.list(4, of: .structure, sortingColumns) { writer, column in
                    writer.element {
                        $0.int32(1, column.column)
                        $0.boolean(2, column.isDescending)
                        $0.boolean(3, column.nullsFirst)
                    }
                }
            }
            writer.int64(5, chunks.first?.span.offset)
            writer.int64(6, compressedSize)
            // The field has 16 bits; it matters to encrypted files only.
            if ordinal <= Int16.max { writer.int16(7, ordinal) }
        }
    }
}

extension SortingColumn {
    fileprivate init(_ reader: inout CompactReader) throws(DecodeError) {
        var column = SortingColumn(column: 0)
        try reader.structure { (reader, field) throws(DecodeError) in
            switch field.id {
            case 1: column.column = try reader.integer(field)
            case 2: column.isDescending = try reader.boolean(field)
            case 3: column.nullsFirst = try reader.boolean(field)
            default: try reader.skip(field)
            }
        }
        self = column
    }
}
