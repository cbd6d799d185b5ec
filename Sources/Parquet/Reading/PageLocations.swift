import Bytes
import Records

/// Where the pages of a column chunk lie and which rows they hold, as the file's offset index says, or their headers.
package struct PageLocations: Sendable {
    let pages: [StoredOffsetIndex.Page]
    private let rowCount: Int

    /// Nil where the pages are not such as could be: they tile the rows of the row group, and lie in the chunk.
    init?(_ pages: [StoredOffsetIndex.Page], of chunk: ColumnChunk, rowCount: Int) {
        guard pages.first?.firstRow == 0 else { return nil }
        let end = chunk.span.offset + chunk.span.size
        var row = 0
        for page in pages {
            guard page.firstRow >= row, page.firstRow < rowCount, page.offset >= chunk.span.offset,
                page.size > 0, page.offset < end, page.size <= end - page.offset
            else { return nil }
            row = page.firstRow
        }
        self.pages = pages
        self.rowCount = rowCount
    }

    package var count: Int { pages.count }

    /// The rows of a page, counted from the start of the row group.
    package func rows(ofPage page: Int) -> Range<Int> {
        pages[page].firstRow..<(page + 1 < pages.count ? pages[page + 1].firstRow : rowCount)
    }

    /// The page that holds a row of the row group.
    func page(ofRow row: Int) -> Int {
        var low = 0
        var high = pages.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if pages[middle].firstRow <= row { low = middle } else { high = middle }
        }
        return low
    }
}

extension ParquetFile {
    /// Where the pages of a column in a row group lie; nil where the file does not say it, or says what cannot be.
    package func pageLocations(rowGroup: Int, column: Int) throws(ParquetError) -> PageLocations? {
        let group = rowGroups[rowGroup]
        let chunk = group.chunks[column]
        guard let span = chunk.offsetIndex, contains(span), contains(chunk.span) else { return nil }
        let bytes = try source.checkedRead(at: span.offset, count: span.size)
        // Whoever reads by it only saves time, so one that cannot be read is as good as none.
        guard let index = try? StoredOffsetIndex(decoding: bytes) else { return nil }
        return PageLocations(index.pages, of: chunk, rowCount: group.rows.count)
    }

    /// The same as the headers of the pages say it, for files that have no offset index: reads a little at each page,
    /// and none of their bodies.
    package func pageLocations(
        byHeadersOf rowGroup: Int, column: Int
    ) throws(ParquetError) -> PageLocations {
        let group = rowGroups[rowGroup]
        let chunk = group.chunks[column]
        do throws(ParquetError) {
            var stream = try PageStream(
                source, chunk.span, codec: chunk.codec, scratch: PageScratch(), readAhead: 0)
            let pages = try stream.dataPages(rowCount: group.rows.count)
            guard let locations = PageLocations(pages, of: chunk, rowCount: group.rows.count) else {
                throw ParquetError(.malformed, "the pages do not hold the rows of the row group")
            }
            return locations
        } catch {
            throw error.inColumn(columns[column].name)
        }
    }

    private func contains(_ span: FileSpan) -> Bool {
        span.offset >= 0 && span.size >= 0 && span.size <= source.sizeBytes
            && span.offset <= source.sizeBytes - span.size
    }
}

extension PageStream {
    /// The data pages of so many rows, from here on.
    fileprivate mutating func dataPages(rowCount: Int) throws(ParquetError) -> [StoredOffsetIndex.Page] {
        var pages: [StoredOffsetIndex.Page] = []
        var row = 0
        while row < rowCount {
            let start = offset
            let header = try nextHeader()
            skipBody(header)
            // A page without rows is none to look for.
            guard header.kind == .dataV1 || header.kind == .dataV2, header.valueCount > 0 else { continue }
            pages.append(StoredOffsetIndex.Page(offset: start, size: offset - start, firstRow: row))
            row += header.valueCount
        }
        guard row == rowCount else {
            throw ParquetError(.malformed, "the pages hold more rows than the row group")
        }
        return pages
    }
}
