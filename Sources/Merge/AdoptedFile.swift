package import Bytes
package import Metadata
package import Parquet
import Platform
package import Records

/// A Parquet file of another program that becomes a data file of an append table byte for byte.
///
/// Nothing that its footer says of the rows is believed: they are read, and what the entry says is theirs.
package struct AdoptedFile {
    private let context: DataFileContext
    private let file: ParquetFile
    private let encoder: KeyEncoder
    private var facts: RowFacts
    private var bounds: [ColumnExtent]
    private var firstKey: ByteString?
    private var lastKey: ByteString?
    private var rowCount = 0

    /// Nil where the file has other columns than the table's data files, in name, order or type.
    package init?(_ file: ParquetFile, _ context: DataFileContext) {
        let columns = context.fileColumns
        guard context.kind == .append, context.schema.partitionColumns.isEmpty,
            file.columns.elementsEqual(columns, by: { $0.name == $1.name && $0.type == $1.type })
        else { return nil }
        self.context = context
        self.file = file
        encoder = KeyEncoder(columns: context.schema.dataKeyColumns)
        facts = RowFacts(columns)
        bounds = columns.map { ColumnExtent($0.type) }
    }

    /// Looks at the next rows of the file. False where they are not in the order of the key.
    package mutating func add(_ batch: ColumnBatch) -> Bool {
        guard batch.rowCount > 0 else { return true }
        if !encoder.columns.isEmpty {
            let keys = encoder.encode(batch)
            if let lastKey, keys[0] < lastKey { return false }
            guard KeyOrder.isSorted(keys) else { return false }
            firstKey = firstKey ?? keys[0]
            lastKey = keys[keys.count - 1]
        }
        facts.add(batch)
        for index in bounds.indices { bounds[index].add(batch.columns[index]) }
        rowCount += batch.rowCount
        return true
    }

    /// The entry, under a name made now, once all rows were looked at.
    package func entry(sizeBytes: Int64, source: ByteString?) -> FileEntry {
        precondition(rowCount == file.rowCount, "an entry is made when all rows are known")
        let (id, path) = context.nameFile()
        var entry = FileEntry(
            path: path, id: id, partitionValues: context.partitionValues, sizeBytes: sizeBytes,
            modificationTime: context.clock.nowMilliseconds())
        entry.rowCount = Int64(rowCount)
        let statistics = bounds.map(\.statistics)
        (entry.minValues, entry.maxValues) = facts.bounds(statistics)
        entry.stats = RowFacts.statisticsJSON(context.fileColumns, statistics, rowCount: rowCount)
        entry.footerStartOffset = Int64(file.footer.offset)
        entry.footerEndOffset = sizeBytes
        entry.uncompressedSizeBytes = file.rowGroups.reduce(0) { sum, group in
            group.chunks.reduce(sum) { $0 + Int64($1.uncompressedSize) }
        }
        entry.schemaID = context.schemaID
        entry.partition = context.partition
        entry.minKey = firstKey
        entry.maxKey = lastKey
        entry.source = source
        return entry
    }
}
