import Bytes
import Records

extension ParquetWriter {
    /// Writes the pages of a finished chunk; its description and the two indexes of its pages.
    func writeChunk(
        _ writer: ColumnChunkWriter
    ) throws(ParquetError) -> (ColumnChunk, columnIndex: [UInt8]?, offsetIndex: [UInt8]?) {
        let column = writer.column
        var chunk = ColumnChunk()
        chunk.type = column.type
        chunk.path = [column.name]
        chunk.codec = options.zstdLevel == nil ? .uncompressed : .zstd
        chunk.valueCount = writer.rowCount
        chunk.stored = writer.statistics.stored(column, longest: options.statisticBytes)
        let (dictionary, dictionarySize) = writer.dictionaryPage()
        if !dictionary.isEmpty {
            chunk.dictionaryPageOffset = offset
            try write(dictionary)
        }
        chunk.dataPageOffset = offset
        try write(writer.bytes)
        chunk.compressedSize = dictionary.count + writer.bytes.count
        chunk.uncompressedSize = dictionarySize + writer.uncompressedSize
        describeEncodings(writer, &chunk)
        var offsets = StoredOffsetIndex()
        offsets.pages = writer.pages.map {
            .init(offset: chunk.dataPageOffset + $0.offset, size: $0.size, firstRow: $0.firstRow)
        }
        return (chunk, columnIndex(writer)?.encoded(), offsets.encoded())
    }

    private func describeEncodings(_ writer: ColumnChunkWriter, _ chunk: inout ColumnChunk) {
        chunk.encodings = [.plain]
        if writer.column.isOptional { chunk.encodings.append(.rle) }
        if writer.dictionaryPageCount > 0 {
            chunk.encodings.append(.rleDictionary)
            chunk.encodingCounts.append(.init(pageType: 2, encoding: .plain, count: 1))
            chunk.encodingCounts.append(
                .init(pageType: 0, encoding: .rleDictionary, count: writer.dictionaryPageCount))
        }
        if writer.plainPageCount > 0 {
            chunk.encodingCounts.append(.init(pageType: 0, encoding: .plain, count: writer.plainPageCount))
        }
    }

    /// The bounds of each page; nil where a page holds only NaN, which an index cannot express.
    private func columnIndex(_ writer: ColumnChunkWriter) -> StoredColumnIndex? {
        let type = writer.column.column.type
        var index = StoredColumnIndex()
        var last: ColumnStatistics?
        var ascending = true
        var descending = true
        for (position, page) in writer.pages.enumerated() {
            let rows =
                (position + 1 < writer.pages.count ? writer.pages[position + 1].firstRow : writer.rowCount)
                - page.firstRow
            let nulls = page.statistics.nullCount ?? 0
            index.nullPages.append(nulls == rows)
            index.nullCounts.append(nulls)
            let bounds = page.statistics.stored(writer.column, longest: options.statisticBytes)
            if nulls == rows {
                index.minima.append(ByteString())
                index.maxima.append(ByteString())
                continue
            }
            guard let low = bounds.minimum, let high = bounds.maximum else { return nil }
            index.minima.append(low)
            index.maxima.append(high)
            if let last { compare(last, page.statistics, type, &ascending, &descending) }
            last = page.statistics
        }
        index.boundaryOrder = ascending ? .ascending : descending ? .descending : .unordered
        return index
    }

    private func compare(
        _ left: ColumnStatistics, _ right: ColumnStatistics, _ type: ColumnType, _ ascending: inout Bool,
        _ descending: inout Bool
    ) {
        guard let leftLow = left.minimum, let leftHigh = left.maximum, let rightLow = right.minimum,
            let rightHigh = right.maximum
        else { return }
        if rightLow.precedes(leftLow, as: type) || rightHigh.precedes(leftHigh, as: type) {
            ascending = false
        }
        if leftLow.precedes(rightLow, as: type) || leftHigh.precedes(rightHigh, as: type) {
            descending = false
        }
    }

    /// Writes the indexes of all row groups, first those of values, then those of places.
    func writeIndexes() throws(ParquetError) {
        for group in groups.indices {
            for column in columns.indices {
                guard let index = groups[group].columnIndexes[column] else { continue }
                groups[group].group.chunks[column].columnIndex = FileSpan(offset: offset, size: index.count)
                try write(index)
            }
        }
        for group in groups.indices {
            for column in columns.indices {
                guard let index = groups[group].offsetIndexes[column] else { continue }
                groups[group].group.chunks[column].offsetIndex = FileSpan(offset: offset, size: index.count)
                try write(index)
            }
        }
    }
}
