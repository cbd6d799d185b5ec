package import Bytes
package import Metadata
package import Parquet
package import Records

/// Reads one data file in the table's current schema: columns that the file lacks are null, partition columns
/// are not given, the two ``SystemColumn``s of an upsert table come last and as they are stored.
///
/// Rows come in the order of the file, which is that of the keys. Memory is bounded by a batch and a page of
/// each column.
package final class DataFileReader {
    /// The columns of the batches.
    package let columns: [TableSchema.Column]
    package var rowCount: Int { file.file.rowCount }
    private let file: OpenDataFile
    private let mapping: ColumnMapping
    private let reader: ParquetReader

    /// Opens the file and checks that it has the rows that its entry says.
    ///
    /// - Parameters:
    ///   - source: the bytes of the file.
    ///   - only: names of the columns wanted, nil for all.
    package init(
        _ entry: FileEntry, _ source: any ParquetSource, schema: TableSchema, kind: TableKind,
        only names: Set<ByteString>? = nil, batchRows: Int = 8_192
    ) throws(MergeError) {
        columns = schema.dataFileColumns(isUpsert: kind == .upsert).filter {
            names?.contains($0.name) ?? true
        }
        file = try OpenDataFile(entry, source, columns: columns, keyColumns: schema.dataKeyColumns)
        mapping = try ColumnMapping(of: file.file.columns, to: columns, path: entry.path)
        reader = ParquetReader(
            file.file, columns: mapping.fileColumns, options: ParquetReader.Options(batchRows: batchRows))
    }

    /// The next rows; nil after the last.
    package func next() throws(MergeError) -> ColumnBatch? {
        let batch = try MergeError.reading(file.entry.path) { () throws(ParquetError) in try reader.next() }
        guard let batch else { return nil }
        return try mapping.map(batch)
    }
}
