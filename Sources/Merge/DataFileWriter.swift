import Bytes
package import Metadata
import Parquet
package import Records
import Storage

/// Writes sorted rows as data files of one partition, and describes them.
///
/// Each file is streamed under its final name, cut between two keys once it has reached the target size, and
/// durable when ``finish()`` gives its entry. A key never straddles two files; rows of a table without a key
/// are cut anywhere. When anything throws, all that was written is deleted.
package final class DataFileWriter {
    package let context: DataFileContext
    package let options: DataFileOptions
    private let columns: [TableSchema.Column]
    private let encoder: KeyEncoder
    private var current: OpenOutput?
    private var finished: [(key: ByteString, entry: FileEntry)] = []
    /// The key of the last row.
    private var lastKey: ByteString?
    private var isEnded = false

    package init(_ context: DataFileContext, options: DataFileOptions = DataFileOptions()) {
        self.context = context
        self.options = options
        columns = context.fileColumns
        encoder = KeyEncoder(columns: context.schema.dataKeyColumns)
    }

    deinit { if !isEnded { abort() } }

    var hasKey: Bool { !encoder.columns.isEmpty }
    private var isFull: Bool { current.map { $0.sizeBytes >= options.targetFileSizeBytes } ?? false }

    /// Appends rows, which are in key order and not below those before.
    ///
    /// Columns are taken by name: partition columns are left out, absent nullable ones are null.
    package func append(_ batch: ColumnBatch) throws {
        guard batch.rowCount > 0 else { return }
        try undoing {
            let fitted = try fit(batch)
            try checkOrder(fitted)
            // A batch that is large next to a file would overshoot the target.
            let pieceBytes = max(options.targetFileSizeBytes / 8, 1)
            let pieces = min(Int64(fitted.byteCount) / pieceBytes + 1, Int64(fitted.rowCount))
            let rows = (fitted.rowCount + Int(pieces) - 1) / Int(pieces)
            for start in stride(from: 0, to: fitted.rowCount, by: rows) {
                try appendPiece(fitted.slice(start..<min(start + rows, fitted.rowCount)))
            }
        }
    }

    private func appendPiece(_ batch: ColumnBatch) throws {
        if isFull, let output = current {
            let cut = hasKey ? firstRow(of: batch, notWith: lastKey) : 0
            if cut > 0 { try output.append(batch.slice(0..<cut)) }
            if cut < batch.rowCount {
                try finishFile()
                try write(batch.slice(cut..<batch.rowCount))
            } else {
                remember(batch)
            }
        } else {
            try write(batch)
        }
    }

    private func write(_ batch: ColumnBatch) throws {
        let output = try openOutput(firstKey: hasKey ? key(of: batch, 0) : nil)
        try output.append(batch)
        remember(batch)
    }

    private func remember(_ batch: ColumnBatch) {
        if hasKey { lastKey = key(of: batch, batch.rowCount - 1) }
    }

    private func key(of batch: ColumnBatch, _ row: Int) -> ByteString {
        encoder.encode(batch.slice(row..<row + 1))[0]
    }

    private func firstRow(of batch: ColumnBatch, notWith last: ByteString?) -> Int {
        guard let last else { return 0 }
        let keys = encoder.encode(batch)
        return (0..<keys.count).first { keys.compare($0, to: last) != 0 } ?? keys.count
    }

    private func checkOrder(_ batch: ColumnBatch) throws(MergeError) {
        guard hasKey else { return }
        let first = key(of: batch, 0)
        if let lastKey, first < lastKey {
            throw MergeError(.order, "rows to write begin below the key written last")
        }
        assert(KeyOrder.isSorted(encoder.encode(batch)), "rows to write are in key order")
    }

    /// The batch with the columns of the file.
    private func fit(_ batch: ColumnBatch) throws(MergeError) -> ColumnBatch {
        if batch.schema == columns { return batch }
        var vectors: [ColumnVector] = []
        for column in columns {
            guard let index = batch.index(of: column.name) else {
                guard column.isNullable else {
                    throw MergeError(.schema, "rows to write have no column \"\(column.name.display)\"")
                }
                vectors.append(ColumnVector(values: .none(count: batch.rowCount)))
                continue
            }
            let type = batch.schema[index].type
            guard type == column.type || type == .undecided else {
                throw MergeError(
                    .schema,
                    "column \"\(column.name.display)\" is \(type.name) in the rows to write and "
                        + "\(column.type.name) in the table")
            }
            vectors.append(batch.columns[index])
        }
        return ColumnBatch(schema: columns, columns: vectors, rowCount: batch.rowCount)
    }

    private func openOutput(firstKey: ByteString?) throws -> OpenOutput {
        if let current { return current }
        let output = try OpenOutput(context, options, columns, firstKey: firstKey)
        current = output
        return output
    }

    private func finishFile() throws {
        guard let output = current else { return }
        finished.append((output.key, try output.finish(lastKey: lastKey)))
        current = nil
    }

    /// Finishes the last file and gives the entries of all, in key order; empty where no row came.
    package func finish() throws -> [FileEntry] {
        try undoing {
            try finishFile()
            isEnded = true
            return finished.map(\.entry)
        }
    }

    /// Deletes everything that was written, the files whose entries ``finish()`` has given too. A writer
    /// dropped before ``finish()`` does the same.
    package func abort() {
        current?.abort()
        current = nil
        for file in finished { delete(file.key) }
        finished = []
    }

    /// What cannot be deleted now is an orphan, which garbage collection finds.
    private func delete(_ key: ByteString) { try? context.storage.delete(key) }

    private func undoing<R>(_ body: () throws -> R) throws -> R {
        precondition(!isEnded, "the writer has finished")
        do {
            return try body()
        } catch {
            abort()
            throw error
        }
    }
}

// MARK: Merging

/// A merge counts what goes into each file, so it cuts between its pieces and not the writer inside them.
extension DataFileWriter {
    /// Whether row groups of a file can be copied into files of this writer.
    func canCopy(from file: ParquetFile) -> Bool {
        file.columns == columns && ParquetWriter.canCopy(columns, from: file)
    }

    /// Finishes the file where it has its size; what comes next has another key. The file is then the caller's:
    /// ``abort()`` leaves it.
    func cut() throws -> FileEntry? { isFull ? try handOver() : nil }

    /// Finishes the last file, which is then the caller's; nil where nothing has come since the one before.
    func end() throws -> FileEntry? {
        let last = try handOver()
        isEnded = true
        return last
    }

    private func handOver() throws -> FileEntry? {
        try undoing {
            try finishFile()
            return finished.popLast()?.entry
        }
    }

    /// Deletes a file that ``cut()`` or ``end()`` has given.
    func discard(_ entry: FileEntry) { delete(ObjectKey.child(entry.path, of: context.directory)) }

    /// Appends rows of a merge, which are in order and have the columns of the file.
    func append(merged batch: ColumnBatch) throws {
        guard batch.rowCount > 0 else { return }
        try undoing {
            try checkOrder(batch)
            try write(batch)
        }
    }

    /// Appends a row group of another data file as it is.
    func append(rowGroup: Int, of input: OpenDataFile, firstKey: ByteString, lastKey last: ByteString) throws
    {
        try undoing {
            if let lastKey, hasKey, firstKey < lastKey {
                throw MergeError(
                    .order, "a row group begins below the key written last", path: input.entry.path)
            }
            let output = try openOutput(firstKey: hasKey ? firstKey : nil)
            try output.append(rowGroup: rowGroup, of: input)
            if hasKey { lastKey = last }
        }
    }
}
