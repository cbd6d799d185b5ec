import Bytes
import Metadata
import Parquet
import Platform
import Records
import Storage

/// One data file on its way into storage, and what its entry will say.
final class OpenOutput {
    /// The file's key in storage.
    let key: ByteString
    private let path: ByteString
    private let id: FileID
    private let context: DataFileContext
    private let options: DataFileOptions
    private let columns: [TableSchema.Column]
    private let object: any ObjectWriter
    private let writer: ParquetWriter
    private let firstKey: ByteString?
    private var facts: RowFacts

    init(
        _ context: DataFileContext, _ options: DataFileOptions, _ columns: [TableSchema.Column],
        firstKey: ByteString?
    ) throws {
        self.context = context
        self.options = options
        self.columns = columns
        self.firstKey = firstKey
        (id, path) = context.nameFile()
        key = ObjectKey.child(path, of: context.directory)
        facts = RowFacts(columns)
        let object = try context.storage.create(key)
        self.object = object
        do {
            writer = try ParquetWriter(
                schema: columns, options: OpenOutput.layout(context, options, columns),
                sink: { bytes in try object.write(bytes) })
        } catch {
            object.abort()
            throw error
        }
    }

    private static func layout(
        _ context: DataFileContext, _ options: DataFileOptions, _ columns: [TableSchema.Column]
    ) -> ParquetWriter.Options {
        let sorting = context.schema.dataKeyColumns.compactMap { key in
            columns.firstIndex { $0.name == key.name }.map { SortingColumn(column: $0) }
        }
        // A group of rows much larger than the file is meant to be would hide how large it gets.
        let groupBytes = min(Int64(options.rowGroupBytes), max(options.targetFileSizeBytes, 1) * 4)
        return ParquetWriter.Options(
            rowGroupBytes: Int(groupBytes), pageBytes: options.pageBytes, zstdLevel: options.zstdLevel,
            sortingColumns: sorting,
            keyValueMetadata: [
                ("firn.table", context.tableID), ("firn.partition", context.partitionPath),
                ("firn.schema", context.schemaID),
                // The version of its commit is not known yet, so a row without a sequence of its own has the
                // one that the commit gives the file.
                ("firn.sequence", context.kind == .upsert ? "_firn_sequence, null = commit" : "commit"),
            ])
    }

    var sizeBytes: Int64 { Int64(writer.bytesWritten) }

    func append(_ batch: ColumnBatch) throws {
        facts.add(batch)
        try writer.append(batch)
    }

    func append(rowGroup: Int, of input: OpenDataFile) throws {
        facts.add(copiedFrom: input.entry)
        try MergeError.reading(input.entry.path) { () throws(ParquetError) in
            try writer.appendRowGroup(copying: input.file, rowGroup: rowGroup)
        }
    }

    func abort() { object.abort() }

    /// Makes the file durable and describes it.
    func finish(lastKey: ByteString?) throws -> FileEntry {
        let summary = try writer.finish()
        try object.finish()
        var entry = FileEntry(
            path: path, id: id, partitionValues: context.partitionValues,
            sizeBytes: Int64(summary.footerEnd), modificationTime: context.clock.nowMilliseconds())
        entry.dataChange = options.dataChange
        entry.rowCount = Int64(summary.rowCount)
        let bounds = facts.bounds(summary.columnStatistics)
        entry.minValues = bounds.min
        entry.maxValues = bounds.max
        entry.stats = RowFacts.statisticsJSON(columns, summary.columnStatistics, rowCount: summary.rowCount)
        entry.footerStartOffset = Int64(summary.footerStart)
        entry.footerEndOffset = Int64(summary.footerEnd)
        entry.uncompressedSizeBytes = Int64(summary.uncompressedBytes)
        entry.mergeOperationCount = options.mergeOperationCount
        entry.schemaID = context.schemaID
        entry.partition = context.partition
        entry.minKey = firstKey
        entry.maxKey = firstKey == nil ? nil : lastKey
        entry.minSequence = facts.sequences?.lowerBound
        entry.maxSequence = facts.sequences?.upperBound
        entry.deletedRowCount = facts.deletedCount
        entry.job = options.job
        entry.source = options.source
        return entry
    }
}
