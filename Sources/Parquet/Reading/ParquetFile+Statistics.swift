import Bytes
import Records

/// One page of a column chunk, as the page index describes it.
package struct IndexedPage: Sendable {
    /// Rows of the file.
    package var rows: Range<Int>
    package var statistics: ColumnStatistics
}

extension ParquetFile {
    /// What the footer says of a column's values in a row group.
    package func statistics(rowGroup: Int, column: Int) -> ColumnStatistics {
        ColumnStatistics(rowGroups[rowGroup].chunks[column].stored, fileColumns[column])
    }

    /// The row groups in which `column` may have a value in `lower...upper`; an end that is nil is open.
    package func rowGroups(
        column: Int, from lower: StatisticValue?, through upper: StatisticValue?
    ) -> [Int] {
        rowGroups.indices.filter {
            statistics(rowGroup: $0, column: column).mayContain(lower, upper, as: columns[column].type)
        }
    }

    /// The pages of a column in a row group; nil where the file has no complete page index for it.
    package func pageIndex(rowGroup: Int, column: Int) throws(ParquetError) -> [IndexedPage]? {
        let group = rowGroups[rowGroup]
        let chunk = group.chunks[column]
        guard let columnSpan = chunk.columnIndex, let offsetSpan = chunk.offsetIndex else { return nil }
        let values = try source.checkedRead(at: columnSpan.offset, count: columnSpan.size)
        let places = try source.checkedRead(at: offsetSpan.offset, count: offsetSpan.size)
        let offsets = try StoredOffsetIndex(decoding: places)
        let index = try decoding { () throws(DecodeError) in
            try values.withByteReader { (reader) throws(DecodeError) in
                var compact = CompactReader(reader)
                return try StoredColumnIndex(&compact)
            }
        }
        let count = offsets.pages.count
        guard index.nullPages.count == count, index.minima.count == count, index.maxima.count == count,
            index.nullCounts.isEmpty || index.nullCounts.count == count
        else { throw ParquetError(.malformed, "the page indexes do not fit", column: columns[column].name) }
        var pages: [IndexedPage] = []
        for page in 0..<count {
            let first = offsets.pages[page].firstRow
            let next = page + 1 < count ? offsets.pages[page + 1].firstRow : group.rows.count
            guard first >= 0, first <= next, next <= group.rows.count else {
                throw ParquetError(
                    .malformed, "the page index has no such rows", column: columns[column].name)
            }
            var statistics = ColumnStatistics(
                nullCount: index.nullCounts.isEmpty ? nil : index.nullCounts[page])
            if !index.nullPages[page] {
                statistics.minimum = StatisticValue(plain: index.minima[page], fileColumns[column])
                statistics.maximum = StatisticValue(plain: index.maxima[page], fileColumns[column])
            }
            statistics.isMinimumExact = columns[column].type.lane != .bytes
            statistics.isMaximumExact = statistics.isMinimumExact
            let start = group.rows.lowerBound
            pages.append(IndexedPage(rows: start + first..<start + next, statistics: statistics))
        }
        return pages
    }
}
