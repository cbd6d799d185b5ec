package import Bytes
package import Metadata
package import Records

/// Answers questions about the keys of one data file by looking at a few of its pages.
///
/// Rows count as they lie in the file: superseded ones and delete markers too. The rows of a file are in key
/// order, so where the file has a page index every answer is exact and costs the logarithm of its pages. Files of
/// writers that leave it out are known at the boundaries of their row groups alone; what lies between is estimated,
/// and said to be.
package final class DataFileProbe {
    /// How many rows are below each of some keys.
    package struct RowsBelow: Equatable, Sendable {
        package var counts: [Int64]
        /// False where one of them is an estimate: half of the rows that it may be off by.
        package var isExact: Bool

        package init(counts: [Int64], isExact: Bool) {
            self.counts = counts
            self.isExact = isExact
        }
    }

    private let search: KeySearch

    /// Opens the file and reads its footer.
    package init(_ entry: FileEntry, schema: TableSchema, open: DataFileOpener) throws {
        let keyColumns = schema.dataKeyColumns
        search = try KeySearch(
            OpenDataFile(entry, try open(entry), columns: keyColumns, keyColumns: keyColumns))
    }

    package var rowCount: Int64 { Int64(search.input.rowCount) }
    /// Whether the file says where the pages of its key columns lie, in all row groups.
    package var hasPageIndex: Bool { search.hasPageIndex }

    /// Counts the rows below each key. A greater key never has the smaller count.
    package func rowsBelow(_ keys: [ByteString]) throws(MergeError) -> RowsBelow {
        var result = RowsBelow(counts: [], isExact: true)
        for key in keys {
            let within = try search.rowsBelow(key)
            result.counts.append(Int64((within.lowerBound + within.upperBound) / 2))
            if within.count > 1 { result.isExact = false }
        }
        return result
    }

    /// Rows with their keys, each standing for the rows up to the next one: the first and the last row and, evenly
    /// spread, at most `count` in all. A file without a page index gives first rows of its row groups.
    package func sample(_ count: Int) throws(MergeError) -> [(row: Int64, key: ByteString)] {
        try search.sample(count, of: 0..<search.input.rowCount).map { (Int64($0.row), $0.key) }
    }

    /// The least key of the file that is above `key`; without a page index the nearest one known. Nil exactly
    /// where there is none.
    package func firstKey(above key: ByteString) throws(MergeError) -> ByteString? {
        let last = search.input.rowCount - 1
        // No key lies between a key and itself with a zero behind.
        let within = try search.rowsBelow(key + ByteString([0]))
        guard within.upperBound <= last else { return nil }
        if within.count == 1 { return try search.key(ofRow: within.lowerBound) }
        // The first row that is known not to be below: the last of the row group.
        return try search.key(ofRow: within.upperBound)
    }
}
