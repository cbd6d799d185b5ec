import Bytes
import Metadata
import Parquet
import Platform
import Records

/// A data file whose footer was read and agrees with its entry.
final class OpenDataFile: Sendable {
    let entry: FileEntry
    let file: ParquetFile
    /// The columns in which its rows are wanted.
    let columns: [TableSchema.Column]
    let keyColumns: [TableSchema.Column]

    /// - Parameter columns: what batches are to have; the key columns are among them.
    init(
        _ entry: FileEntry, _ source: any ParquetSource, columns: [TableSchema.Column],
        keyColumns: [TableSchema.Column]
    ) throws(MergeError) {
        self.entry = entry
        self.columns = columns
        self.keyColumns = keyColumns
        file = try MergeError.reading(entry.path) { () throws(ParquetError) in try ParquetFile(source) }
        if let stated = entry.rowCount, stated != Int64(file.rowCount) {
            throw MergeError(
                .damaged, "the file has \(file.rowCount) rows, its entry says \(stated)", path: entry.path)
        }
    }

    var rowCount: Int { file.rowCount }

    /// The key of one row of the file.
    func key(ofRow row: Int) throws(MergeError) -> ByteString {
        if keyColumns.isEmpty { return ByteString() }
        let mapping = try ColumnMapping(of: file.columns, to: keyColumns, path: entry.path)
        let batch = try MergeError.reading(entry.path) { () throws(ParquetError) in
            let options = ParquetReader.Options(batchRows: 1, readAhead: 8 << 10)
            let reader = ParquetReader(
                file, columns: mapping.fileColumns, rows: row..<row + 1, options: options)
            return try reader.next()
        }
        guard let batch else { throw MergeError(.damaged, "the file has no row \(row)", path: entry.path) }
        return KeyEncoder(columns: keyColumns).encode(try mapping.map(batch))[0]
    }

    /// The first and last key of the file: from its entry, or read where the entry has none.
    func keyBounds() throws(MergeError) -> (min: ByteString, max: ByteString)? {
        guard file.rowCount > 0 else { return nil }
        // Keys in the entry are of the types the file was written with.
        let isSameType = keyColumns.allSatisfy { column in
            file.columns.contains { $0.name == column.name && $0.type == column.type }
        }
        if isSameType, let min = entry.minKey, let max = entry.maxKey { return (min, max) }
        return (try key(ofRow: 0), try key(ofRow: file.rowCount - 1))
    }
}

extension MergeError {
    /// Runs `body` with its errors turned into errors of the data file.
    static func reading<R>(
        _ path: ByteString, _ body: () throws(ParquetError) -> R
    ) throws(MergeError) -> R {
        do throws(ParquetError) {
            return try body()
        } catch {
            let kind: Kind =
                switch error.kind {
                case .storage: .storage
                case .mismatch, .unsupported: .schema
                case .malformed, .corrupt, .limitExceeded: .damaged
                }
            throw MergeError(kind, error.description, path: path, underlying: error)
        }
    }
}
