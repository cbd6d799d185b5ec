package import Bytes
package import Records

/// An open Parquet file: its footer, checked, and where everything lies.
package final class ParquetFile: Sendable {
    /// Footers beyond this are refused before they are read.
    private static let largestFooter = 256 << 20
    private static let tailBytes = 64 << 10

    let source: any ParquetSource
    let fileColumns: [FileColumn]
    /// The columns, with the ids of the file where each column has its own and positions from 1 otherwise.
    package let columns: [TableSchema.Column]
    package let rowCount: Int
    package let rowGroups: [RowGroup]
    package let keyValueMetadata: [(ByteString, ByteString)]
    package let createdBy: ByteString?
    /// Where the Thrift structure of the footer lies.
    package let footer: FileSpan

    /// Reads and checks the footer.
    ///
    /// A file with a nested column or one of a type that is not read is refused by an error that names
    /// the column.
    package init(_ source: any ParquetSource) throws(ParquetError) {
        self.source = source
        let (span, bytes) = try Self.readFooter(source)
        let metadata = try decoding { () throws(DecodeError) in
            try bytes.withByteReader { (reader) throws(DecodeError) in
                var compact = CompactReader(reader)
                return try FileMetadata(&compact)
            }
        }
        if metadata.isEncrypted { throw ParquetError(.unsupported, "the file is encrypted") }
        footer = span
        fileColumns = try FileColumn.columns(of: metadata.schema)
        columns = fileColumns.map(\.column)
        try Self.checkNames(columns)
        rowGroups = try Self.checkedGroups(metadata, fileColumns)
        rowCount = rowGroups.last?.rows.upperBound ?? 0
        keyValueMetadata = metadata.keyValues
        createdBy = metadata.createdBy
        guard metadata.rowCount == rowCount else {
            throw ParquetError(
                .malformed, "the footer states \(metadata.rowCount) rows, its row groups \(rowCount)")
        }
    }

    /// Columns are found by their names: of two with one name the second would be lost.
    private static func checkNames(_ columns: [TableSchema.Column]) throws(ParquetError) {
        var names: Set<ByteString> = []
        for column in columns where !names.insert(column.name).inserted {
            throw ParquetError(.unsupported, "two columns have this name", column: column.name)
        }
    }

    /// The position of a column by name.
    package func index(of name: ByteString) -> Int? { columns.firstIndex { $0.name == name } }

    /// The sorting columns that all row groups state; empty where they differ.
    package var sortingColumns: [SortingColumn] {
        guard let first = rowGroups.first?.sortingColumns else { return [] }
        return rowGroups.allSatisfy { $0.sortingColumns == first } ? first : []
    }

    private static func readFooter(
        _ source: any ParquetSource
    ) throws(ParquetError) -> (FileSpan, [UInt8]) {
        let size = source.sizeBytes
        // Head and tail magic, and the footer's length.
        guard size >= 12 else { throw ParquetError(.malformed, "\(size) bytes are not a Parquet file") }
        let tail = try source.checkedRead(at: size - min(size, tailBytes), count: min(size, tailBytes))
        let magic = ByteString(Array(tail.suffix(4)))
        if magic == "PARE" { throw ParquetError(.unsupported, "the file is encrypted") }
        guard magic == "PAR1" else {
            throw ParquetError(.malformed, "the file does not end like a Parquet file")
        }
        let length = tail.dropLast(4).suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= size - 12 else {
            throw ParquetError(.malformed, "the footer states \(length) bytes in a file of \(size)")
        }
        guard length <= largestFooter else {
            throw ParquetError(.limitExceeded, "a footer of \(length) bytes, \(largestFooter) are the most")
        }
        let span = FileSpan(offset: size - 8 - length, size: length)
        if length + 8 <= tail.count { return (span, Array(tail.dropLast(8).suffix(length))) }
        return (span, try source.checkedRead(at: span.offset, count: length))
    }

    private static func checkedGroups(
        _ metadata: FileMetadata, _ columns: [FileColumn]
    ) throws(ParquetError) -> [RowGroup] {
        var groups = metadata.rowGroups
        var row = 0
        for index in groups.indices {
            let count = groups[index].statedRowCount
            let (next, overflow) = row.addingReportingOverflow(count)
            guard count >= 0, !overflow, groups[index].chunks.count == columns.count else {
                throw ParquetError(
                    .malformed,
                    "row group \(index) has \(count) rows and "
                        + "\(groups[index].chunks.count) of \(columns.count) columns")
            }
            groups[index].rows = row..<next
            row = next
            for (chunk, column) in zip(groups[index].chunks, columns) {
                try check(chunk, column, rows: count)
            }
        }
        return groups
    }

    private static func check(_ chunk: ColumnChunk, _ column: FileColumn, rows: Int) throws(ParquetError) {
        if chunk.isEncrypted {
            throw ParquetError(.unsupported, "the column is encrypted", column: column.name)
        }
        if chunk.filePath?.isEmpty == false {
            throw ParquetError(.unsupported, "the values are in another file", column: column.name)
        }
        guard chunk.type == column.type, chunk.valueCount == rows, chunk.compressedSize >= 0,
            chunk.uncompressedSize >= 0
        else {
            throw ParquetError(
                .malformed, "a chunk does not fit its column or row group", column: column.name)
        }
    }
}
