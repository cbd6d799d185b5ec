package import Bytes
import Compression
package import Records

/// Writes one Parquet file, front to back, into a sink.
///
/// Holds the compressed pages of one row group. A writer that is dropped before ``finish()`` leaves bytes
/// that no reader takes for a file.
package final class ParquetWriter {
    /// How a file is laid out.
    package struct Options: Sendable {
        /// A row group ends at this many rows or at this many bytes of values.
        package var rowGroupRows: Int
        package var rowGroupBytes: Int
        /// About the size of a page before compression, and the most rows of one.
        package var pageBytes: Int
        package var pageRows: Int
        /// zstd's level; nil writes pages without compression.
        package var zstdLevel: Int?
        package var usesDictionaries: Bool
        /// The order that the caller promises the rows to have.
        package var sortingColumns: [SortingColumn]
        package var keyValueMetadata: [(ByteString, ByteString)]
        /// Longer bounds of strings are cut in statistics and indexes.
        package var statisticBytes: Int
        /// Gives each page its CRC-32.
        package var writesChecksums: Bool

        package init(
            rowGroupRows: Int = 1 << 20, rowGroupBytes: Int = 64 << 20, pageBytes: Int = 128 << 10,
            pageRows: Int = 16384, zstdLevel: Int? = 1, usesDictionaries: Bool = true,
            sortingColumns: [SortingColumn] = [], keyValueMetadata: [(ByteString, ByteString)] = [],
            statisticBytes: Int = 64, writesChecksums: Bool = true
        ) {
            self.rowGroupRows = max(1, rowGroupRows)
            self.rowGroupBytes = max(1, rowGroupBytes)
            self.pageBytes = max(64, pageBytes)
            self.pageRows = max(1, pageRows)
            self.zstdLevel = zstdLevel
            self.usesDictionaries = usesDictionaries
            self.sortingColumns = sortingColumns
            self.keyValueMetadata = keyValueMetadata
            self.statisticBytes = max(8, statisticBytes)
            self.writesChecksums = writesChecksums
        }
    }

    /// Name and version of the writer, in the form that readers parse.
    package static let createdBy: ByteString = "firn version 0.1.0 (build release)"

    package let schema: [TableSchema.Column]
    package let options: Options
    let columns: [FileColumn]
    let sink: (UnsafeRawBufferPointer) throws -> Void
    /// Bytes given to the sink.
    var offset = 0
    var groups: [FinishedGroup] = []
    /// Rows of finished row groups.
    var finishedRows = 0
    var uncompressedBytes = 0
    var statistics: [ColumnStatistics]
    private var isFinished = false
    private let chunks: [ColumnChunkWriter]
    private var groupRows = 0

    /// A row group in the file and its indexes, which follow behind the last one.
    struct FinishedGroup {
        var group: RowGroup
        var columnIndexes: [[UInt8]?]
        var offsetIndexes: [[UInt8]?]
    }

    /// A writer that gives `sink` each piece of the file in order.
    package init(
        schema: [TableSchema.Column], options: Options = Options(),
        sink: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws(ParquetError) {
        self.schema = schema
        self.options = options
        self.sink = sink
        var columns: [FileColumn] = []
        for column in schema { columns.append(try FileColumn(writing: column)) }
        self.columns = columns
        let compressor = options.zstdLevel.map { Compressor(.zstd(level: $0, checksum: true)) }
        let scratch = WriteScratch()
        chunks = columns.map { ColumnChunkWriter($0, options, compressor, scratch) }
        statistics = columns.map { _ in ColumnStatistics(nullCount: 0) }
        for sorting in options.sortingColumns where !columns.indices.contains(sorting.column) {
            throw ParquetError(.mismatch, "a sorting column has no position \(sorting.column)")
        }
        try write(Array("PAR1".utf8))
    }

    /// Rows appended so far.
    package var rowCount: Int { finishedRows + groupRows }

    /// The size of the file so far, finished pages of the open row group included.
    package var bytesWritten: Int {
        var total = offset
        for chunk in chunks {
            total += chunk.bytes.count
            // What is staged will compress about as well as what was.
            let ratio =
                chunk.uncompressedSize > 0 ? Double(chunk.bytes.count) / Double(chunk.uncompressedSize) : 0.5
            total += Int(Double(chunk.staged.count) * ratio)
        }
        return total
    }

    /// Appends rows; the batch's columns are the schema's, by position.
    package func append(_ batch: ColumnBatch) throws(ParquetError) {
        try append(batch, rows: 0..<batch.rowCount)
    }

    /// Appends some rows of a batch.
    package func append(_ batch: ColumnBatch, rows: Range<Int>) throws(ParquetError) {
        precondition(!isFinished, "the file is finished")
        try check(batch)
        var start = rows.lowerBound
        while start < rows.upperBound {
            // The size is looked at once in a while only.
            let end = min(rows.upperBound, start + min(options.rowGroupRows - groupRows, 65536))
            for (chunk, vector) in zip(chunks, batch.columns) { try chunk.append(vector, start..<end) }
            groupRows += end - start
            start = end
            // A dictionary is written at the end of its chunk, and held until then.
            let bytes = chunks.reduce(0) {
                $0 + $1.uncompressedSize + $1.staged.count + $1.dictionarySize.bytes
            }
            if groupRows >= options.rowGroupRows || bytes >= options.rowGroupBytes { try finishGroup() }
        }
    }

    private func check(_ batch: ColumnBatch) throws(ParquetError) {
        guard batch.columns.count == columns.count else {
            throw ParquetError(
                .mismatch, "a batch has \(batch.columns.count) columns, the file \(columns.count)")
        }
        for (vector, column) in zip(batch.columns, columns) {
            guard vector.values.fits(column.column.type.lane), vector.count == batch.rowCount else {
                throw ParquetError(
                    .mismatch, "a batch's values are not those of the column", column: column.name)
            }
        }
    }

    /// Ends the open row group, if it has rows.
    package func finishGroup() throws(ParquetError) {
        guard groupRows > 0 else { return }
        var finished = FinishedGroup(group: RowGroup(), columnIndexes: [], offsetIndexes: [])
        finished.group.rows = finishedRows..<finishedRows + groupRows
        finished.group.sortingColumns = options.sortingColumns
        for (position, writer) in chunks.enumerated() {
            writer.closePage(isLast: true)
            let (chunk, columnIndex, offsetIndex) = try writeChunk(writer)
            finished.group.chunks.append(chunk)
            finished.group.uncompressedSize += chunk.uncompressedSize
            finished.columnIndexes.append(columnIndex)
            finished.offsetIndexes.append(offsetIndex)
            statistics[position].merge(writer.statistics, as: writer.column.column.type)
            writer.reset()
        }
        add(finished)
        groupRows = 0
    }

    func add(_ finished: FinishedGroup) {
        finishedRows += finished.group.rows.count
        uncompressedBytes += finished.group.uncompressedSize
        groups.append(finished)
    }

    /// Writes what is left and the footer.
    package func finish() throws(ParquetError) -> ParquetSummary {
        precondition(!isFinished, "the file is finished")
        try finishGroup()
        isFinished = true
        try writeIndexes()
        var metadata = FileMetadata()
        var root = SchemaElement()
        root.name = "schema"
        root.childCount = columns.count
        metadata.schema = [root] + columns.map(\.schemaElement)
        metadata.rowCount = finishedRows
        metadata.rowGroups = groups.map(\.group)
        metadata.keyValues = options.keyValueMetadata
        metadata.createdBy = Self.createdBy
        let footerStart = offset
        let footer = metadata.encoded()
        var tail = ByteWriter()
        tail.append(footer)
        tail.integer(UInt32(truncatingIfNeeded: footer.count))
        tail.append(text: "PAR1" as StaticString)
        try write(tail.bytes)
        return ParquetSummary(
            rowCount: finishedRows, footerStart: footerStart, footerEnd: offset,
            uncompressedBytes: uncompressedBytes, columnStatistics: statistics)
    }

    func write(_ bytes: [UInt8]) throws(ParquetError) {
        do {
            try bytes.withUnsafeBytes { if !$0.isEmpty { try sink($0) } }
        } catch {
            throw ParquetError(.storage, "the file cannot be written: \(error)", underlying: error)
        }
        offset += bytes.count
    }
}

extension ColumnValues {
    /// True where the values are of a lane, or are all null.
    func fits(_ lane: Lane) -> Bool {
        switch (self, lane) {
        case (.boolean, .boolean), (.int32, .int32), (.int64, .int64), (.int128, .int128), (.float, .float),
            (.double, .double), (.bytes, .bytes), (.none, _):
            true
        default: false
        }
    }
}
