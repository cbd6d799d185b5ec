import Bytes
package import Records

extension ParquetWriter {
    private static let copyBytes = 1 << 20

    /// True where the row groups of `file` may be copied: same columns, stored alike.
    package func canCopy(from file: ParquetFile) -> Bool {
        Self.canCopy(schema, from: file)
    }

    /// True where a writer of `schema` could copy the row groups of `file`.
    package static func canCopy(_ schema: [TableSchema.Column], from file: ParquetFile) -> Bool {
        guard schema.count == file.fileColumns.count else { return false }
        return zip(schema, file.fileColumns).allSatisfy { column, stored in
            (try? FileColumn(writing: column))?.storesLike(stored) ?? false
        }
    }

    /// Copies a row group of another file with the same columns as it is, without decoding a page.
    ///
    /// The codec stays that of the file. The indexes of its pages are copied where it has them.
    package func appendRowGroup(copying file: ParquetFile, rowGroup: Int) throws(ParquetError) {
        guard canCopy(from: file) else {
            throw ParquetError(.mismatch, "a row group can only be copied from a file with the same columns")
        }
        try finishGroup()
        let source = file.rowGroups[rowGroup]
        guard !source.rows.isEmpty else { return }
        var finished = FinishedGroup(group: source, columnIndexes: [], offsetIndexes: [])
        finished.group.rows = finishedRows..<finishedRows + source.rows.count
        finished.group.sortingColumns = options.sortingColumns
        finished.group.uncompressedSize = source.chunks.reduce(0) { $0 + $1.uncompressedSize }
        for (position, chunk) in source.chunks.enumerated() {
            let shift = offset - chunk.span.offset
            try copy(file, chunk.span)
            var copied = chunk
            copied.dataPageOffset &+= shift
            if let old = chunk.dictionaryPageOffset {
                copied.dictionaryPageOffset = old > 0 ? old &+ shift : nil
            }
            copied.columnIndex = nil
            copied.offsetIndex = nil
            finished.group.chunks[position] = copied
            finished.columnIndexes.append(try index(file, chunk.columnIndex))
            finished.offsetIndexes.append(try shifted(try index(file, chunk.offsetIndex), by: shift))
            let known = ColumnStatistics(chunk.stored, columns[position], valueCount: chunk.valueCount)
            statistics[position].merge(known, as: schema[position].type)
        }
        add(finished)
    }

    private func copy(_ file: ParquetFile, _ span: FileSpan) throws(ParquetError) {
        guard span.offset >= 4, span.size <= file.source.sizeBytes - span.offset else {
            throw ParquetError(.malformed, "the pages of a chunk are outside the file")
        }
        var done = 0
        while done < span.size {
            let step = min(Self.copyBytes, span.size - done)
            try write(try file.source.checkedRead(at: span.offset + done, count: step))
            done += step
        }
    }

    private func index(_ file: ParquetFile, _ span: FileSpan?) throws(ParquetError) -> [UInt8]? {
        guard let span else { return nil }
        return try file.source.checkedRead(at: span.offset, count: span.size)
    }

    private func shifted(_ index: [UInt8]?, by shift: Int) throws(ParquetError) -> [UInt8]? {
        guard let index else { return nil }
        var stored = try StoredOffsetIndex(decoding: index)
        for page in stored.pages.indices { stored.pages[page].offset &+= shift }
        return stored.encoded()
    }
}
