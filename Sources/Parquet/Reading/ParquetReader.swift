package import Bytes
package import Records

/// Reads a file as batches, in order, a page of each column at a time.
package final class ParquetReader {
    /// What to read and how much at once.
    package struct Options: Sendable {
        /// The most rows in a batch; a batch also ends where its row group ends.
        package var batchRows: Int
        /// A batch has fewer rows where these would hold more than this, by the footer's averages.
        package var batchBytes: Int
        /// How much of a column is fetched from the source at once.
        package var readAhead: Int

        package init(batchRows: Int = 8192, batchBytes: Int = 16 << 20, readAhead: Int = 256 << 10) {
            self.batchRows = batchRows
            self.batchBytes = batchBytes
            self.readAhead = readAhead
        }
    }

    package let file: ParquetFile
    /// The columns of the batches.
    package let schema: [TableSchema.Column]
    /// The next row of the file.
    package private(set) var position: Int

    private let columns: [Int]
    private let options: Options
    private let scratches: [PageScratch]
    private let rows: Range<Int>
    private var nextGroup = 0
    private var readers: [ColumnChunkReader] = []
    private var groupEnd: Int
    private var batchRows = 1

    /// - Parameters:
    ///   - columns: positions in the file, in the order wanted; nil for all.
    ///   - rows: the rows of the file to read; nil for all.
    ///   - scratch: shared with other readers that the same thread uses.
    package init(
        _ file: ParquetFile, columns: [Int]? = nil, rows: Range<Int>? = nil, options: Options = Options(),
        scratch: ReadScratch = ReadScratch()
    ) {
        self.file = file
        self.columns = columns ?? Array(file.columns.indices)
        self.options = options
        self.rows = (rows ?? 0..<file.rowCount).clamped(to: 0..<file.rowCount)
        schema = self.columns.map { file.columns[$0] }
        scratches = self.columns.map { _ in PageScratch(scratch) }
        position = self.rows.lowerBound
        groupEnd = position
    }

    /// What is held between two calls, the shared scratch not counted.
    package var heldBytes: Int { readers.reduce(0) { $0 + $1.heldBytes } }

    /// Reads the row groups of a range.
    package convenience init(
        _ file: ParquetFile, columns: [Int]? = nil, rowGroups: Range<Int>, options: Options = Options()
    ) {
        let groups = file.rowGroups[rowGroups]
        let rows = (groups.first?.rows.lowerBound ?? 0)..<(groups.last?.rows.upperBound ?? 0)
        self.init(file, columns: columns, rows: rows, options: options)
    }

    /// Reads columns by name.
    package convenience init(
        _ file: ParquetFile, named names: [ByteString], rows: Range<Int>? = nil, options: Options = Options()
    ) throws(ParquetError) {
        var columns: [Int] = []
        for name in names {
            guard let index = file.index(of: name) else {
                throw ParquetError(.mismatch, "the file has no such column", column: name)
            }
            columns.append(index)
        }
        self.init(file, columns: columns, rows: rows, options: options)
    }

    /// The next batch, of at most so many rows; nil after the last row.
    package func next(atMost limit: Int = .max) throws(ParquetError) -> ColumnBatch? {
        guard position < rows.upperBound else { return nil }
        if position >= groupEnd { try openGroup() }
        let count = min(batchRows, limit, groupEnd - position, rows.upperBound - position)
        var vectors: [ColumnVector] = []
        vectors.reserveCapacity(readers.count)
        for reader in readers { vectors.append(try reader.read(count)) }
        position += count
        return ColumnBatch(schema: schema, columns: vectors, rowCount: count)
    }

    private func openGroup() throws(ParquetError) {
        while file.rowGroups[nextGroup].rows.upperBound <= position { nextGroup += 1 }
        let group = file.rowGroups[nextGroup]
        readers.removeAll(keepingCapacity: true)
        var bytes = 0.0
        for (slot, column) in columns.enumerated() {
            let reader = try ColumnChunkReader(
                file, rowGroup: nextGroup, column: column, readAhead: options.readAhead,
                scratch: scratches[slot])
            try move(reader, to: position - group.rows.lowerBound, group.chunks[column], column)
            readers.append(reader)
            bytes += Double(group.chunks[column].uncompressedSize)
        }
        groupEnd = group.rows.upperBound
        let averageRow = max(1, bytes / Double(max(1, group.rows.count)))
        let byBytes = Double(max(1, options.batchBytes)) / averageRow
        batchRows = max(1, min(options.batchRows, byBytes < 1e9 ? Int(byBytes) : options.batchRows))
    }

    /// By the page index where there is one, else from header to header.
    private func move(
        _ reader: ColumnChunkReader, to row: Int, _ chunk: ColumnChunk, _ column: Int
    ) throws(ParquetError) {
        guard row > 0 else { return }
        // A chunk that is fetched at once needs no index.
        if chunk.compressedSize > options.readAhead,
            let pages = try file.pageLocations(rowGroup: nextGroup, column: column)
        {
            try reader.seek(to: row, in: pages)
        } else {
            try reader.skip(row)
        }
    }
}
