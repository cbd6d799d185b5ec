package import Bytes
package import Metadata
package import Records

/// Answers questions about the keys of one data file by looking at a few of its pages.
///
/// Rows count as they lie in the file: superseded ones and delete markers too. The rows of a file are in key
/// order, so every answer is exact and costs the logarithm of the file's pages. They are found by the page index; of
/// writers that leave it out, by the headers of the pages of the row groups that are looked into.
package final class DataFileProbe {
    private let search: KeySearch

    /// Opens the file and reads its footer.
    package init(_ entry: FileEntry, schema: TableSchema, open: DataFileOpener) throws {
        let keyColumns = schema.dataKeyColumns
        search = try KeySearch(
            OpenDataFile(entry, try open(entry), columns: keyColumns, keyColumns: keyColumns))
    }

    package var rowCount: Int64 { Int64(search.input.rowCount) }

    /// How many rows are below each key.
    package func rowsBelow(_ keys: [ByteString]) throws(MergeError) -> [Int64] {
        try keys.map { (key) throws(MergeError) in Int64(try search.rowsBelow(key)) }
    }

    /// How many rows have keys in a range.
    package func rowCount(in range: KeyRange) throws(MergeError) -> Int64 {
        Int64(try search.rows(in: range).count)
    }

    /// The least and the greatest key in a range; nil where no row has one.
    package func bounds(in range: KeyRange) throws(MergeError) -> (min: ByteString, max: ByteString)? {
        let rows = try search.rows(in: range)
        guard !rows.isEmpty else { return nil }
        return (try search.key(ofRow: rows.lowerBound), try search.key(ofRow: rows.upperBound - 1))
    }

    /// Rows in a range of keys with their keys, each standing for so many rows up to the next one: the first and the
    /// last row in the range and, evenly spread, at most `count` in all.
    package func sample(
        _ count: Int, in range: KeyRange = .all
    ) throws(MergeError) -> [(row: Int64, key: ByteString, rows: Int64)] {
        let rows = try search.rows(in: range)
        let found = try search.sample(count, of: rows)
        return found.indices.map { index in
            let next = index + 1 < found.count ? found[index + 1].row : rows.upperBound
            return (Int64(found[index].row), found[index].key, Int64(next - found[index].row))
        }
    }

    /// The least key of the file that is above `key`; nil where there is none.
    package func firstKey(above key: ByteString) throws(MergeError) -> ByteString? {
        // No key lies between a key and itself with a zero behind.
        let row = try search.rowsBelow(key + ByteString([0]))
        return row < search.input.rowCount ? try search.key(ofRow: row) : nil
    }
}
