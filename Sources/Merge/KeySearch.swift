import Bytes
import Metadata
import Parquet
import Platform
import Records

/// Finds rows of one data file by their keys, reading single pages of the key columns.
///
/// The rows of a data file are in key order, so a search halves row groups by their first keys, then the pages of
/// one group by theirs, and decodes one page. Where a row group has no page index, only its first and its last
/// key are looked at.
final class KeySearch {
    let input: OpenDataFile
    private let mapping: ColumnMapping
    private let encoder: KeyEncoder
    /// The row groups that have rows.
    private let groups: [Int]
    private var firstKeys: [Int: ByteString] = [:]
    private var lastKeys: [Int: ByteString] = [:]
    private var open: OpenGroup?
    private var decoded: (rows: Range<Int>, keys: NormalizedKeys)?

    private static let sliceRows = 8_192

    /// The key columns of one row group, and where its pages begin.
    private struct OpenGroup {
        var group: Int
        var columns: [(reader: ColumnChunkReader, pages: PageLocations)]
        /// The column with the most pages, whose pages are the steps of the search.
        var finest: PageLocations
        var pageKeys: [Int: ByteString] = [:]
    }

    init(_ input: OpenDataFile) throws(MergeError) {
        self.input = input
        mapping = try ColumnMapping(of: input.file.columns, to: input.keyColumns, path: input.entry.path)
        encoder = KeyEncoder(columns: input.keyColumns)
        groups = input.file.rowGroups.indices.filter { !input.file.rowGroups[$0].rows.isEmpty }
    }

    /// Whether every row group says where the pages of its key columns lie.
    var hasPageIndex: Bool {
        groups.allSatisfy { group in
            mapping.fileColumns.allSatisfy {
                input.file.rowGroups[group].chunks[$0].offsetIndex != nil
            }
        }
    }

    /// Within which numbers the count of rows below `key` lies: one number where it was counted.
    func rowsBelow(_ key: ByteString) throws(MergeError) -> ClosedRange<Int> {
        var low = -1
        var high = groups.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if try firstKey(ofGroup: groups[middle]) < key { low = middle } else { high = middle }
        }
        guard low >= 0 else { return 0...0 }
        let group = groups[low]
        let rows = input.file.rowGroups[group].rows
        if mapping.fileColumns.isEmpty { return rows.upperBound...rows.upperBound }
        if try openGroup(group) {
            let count = try rowsBelow(key, inOpenGroup: rows)
            return count...count
        }
        if try lastKey(ofGroup: group) < key { return rows.upperBound...rows.upperBound }
        // The first row is below, the last one is not.
        return (rows.lowerBound + 1)...max(rows.lowerBound + 1, rows.upperBound - 1)
    }

    /// The rows that may hold keys of a range; exactly those where the file has a page index.
    func rows(in range: KeyRange) throws(MergeError) -> (certain: Int, possible: Range<Int>) {
        let all = input.file.rowCount
        let start = try range.min.map { (key) throws(MergeError) in try rowsBelow(key) } ?? 0...0
        let end = try range.max.map { (key) throws(MergeError) in try rowsBelow(key) } ?? all...all
        let certain = max(end.lowerBound - start.upperBound, 0)
        return (certain, start.lowerBound..<max(start.lowerBound, end.upperBound))
    }

    /// At most `count` of some rows with their keys, evenly spread, the first and the last among them; first rows of
    /// row groups and the last row where there is no page index.
    func sample(_ count: Int, of rows: Range<Int>) throws(MergeError) -> [(row: Int, key: ByteString)] {
        guard count > 0, !rows.isEmpty else { return [] }
        let chosen = hasPageIndex ? Self.spread(count, over: rows) : groupStarts(count, rows)
        return try chosen.map { (row) throws(MergeError) in (row, try key(ofRow: row)) }
    }

    private static func spread(_ count: Int, over rows: Range<Int>) -> [Int] {
        guard rows.count > count else { return Array(rows) }
        guard count > 1 else { return [rows.lowerBound] }
        let (step, rest) = (rows.count - 1).quotientAndRemainder(dividingBy: count - 1)
        // In two parts, so that no product overflows.
        return (0..<count).map { rows.lowerBound + step * $0 + rest * $0 / (count - 1) }
    }

    private func groupStarts(_ count: Int, _ rows: Range<Int>) -> [Int] {
        var starts = groups.map { input.file.rowGroups[$0].rows.lowerBound }.filter { rows.contains($0) }
        if starts.first != rows.lowerBound { starts.insert(rows.lowerBound, at: 0) }
        guard count > 1 else { return [starts[0]] }
        let chosen = Self.spread(count - 1, over: starts.indices).map { starts[$0] }
        return chosen.last == rows.upperBound - 1 ? chosen : chosen + [rows.upperBound - 1]
    }

    func key(ofRow row: Int) throws(MergeError) -> ByteString {
        guard let group = groups.first(where: { input.file.rowGroups[$0].rows.contains(row) }),
            !mapping.fileColumns.isEmpty, try openGroup(group)
        else { return try input.key(ofRow: row) }
        return try keys(row..<row + 1)[0]
    }

    private func firstKey(ofGroup group: Int) throws(MergeError) -> ByteString {
        if let known = firstKeys[group] { return known }
        let key = try input.key(ofRow: input.file.rowGroups[group].rows.lowerBound)
        firstKeys[group] = key
        return key
    }

    /// Passes over the pages before the last by their headers.
    private func lastKey(ofGroup group: Int) throws(MergeError) -> ByteString {
        if let known = lastKeys[group] { return known }
        let key = try input.key(ofRow: input.file.rowGroups[group].rows.upperBound - 1)
        lastKeys[group] = key
        return key
    }
}

// MARK: Pages

extension KeySearch {
    /// Makes a row group the open one; false where it has no page index.
    private func openGroup(_ group: Int) throws(MergeError) -> Bool {
        if open?.group == group { return true }
        let file = input.file
        var columns: [(reader: ColumnChunkReader, pages: PageLocations)] = []
        for column in mapping.fileColumns {
            let pages = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
                try file.pageLocations(rowGroup: group, column: column)
            }
            guard let pages else { return false }
            // A seek fetches the whole page; nothing is read ahead of it.
            let reader = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
                try ColumnChunkReader(file, rowGroup: group, column: column, readAhead: 0)
            }
            columns.append((reader, pages))
        }
        guard let finest = columns.map(\.pages).max(by: { $0.count < $1.count }) else { return false }
        open = OpenGroup(group: group, columns: columns, finest: finest)
        return true
    }

    private func rowsBelow(_ key: ByteString, inOpenGroup rows: Range<Int>) throws(MergeError) -> Int {
        guard let open else { return rows.lowerBound }
        var low = 0
        var high = open.finest.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if try firstKey(ofPage: middle, rows) < key { low = middle } else { high = middle }
        }
        let page = open.finest.rows(ofPage: low)
        var start = rows.lowerBound + page.lowerBound
        let end = rows.lowerBound + page.upperBound
        // A page may have any number of rows; so many are decoded at once.
        while start < end {
            let slice = start..<min(start + Self.sliceRows, end)
            let keys = try decodedKeys(slice)
            let below = keys.lowerBound(key)
            if below < keys.count { return start + below }
            start = slice.upperBound
        }
        return end
    }

    private func firstKey(ofPage page: Int, _ rows: Range<Int>) throws(MergeError) -> ByteString {
        guard let open else { return ByteString() }
        if let known = open.pageKeys[page] { return known }
        let row = rows.lowerBound + open.finest.rows(ofPage: page).lowerBound
        let key = try keys(row..<row + 1)[0]
        self.open?.pageKeys[page] = key
        return key
    }

    /// The keys of a slice, which the next question is likely to be about too.
    private func decodedKeys(_ slice: Range<Int>) throws(MergeError) -> NormalizedKeys {
        if let decoded, decoded.rows == slice { return decoded.keys }
        let keys = try keys(slice)
        decoded = (slice, keys)
        return keys
    }

    /// The keys of rows of the open row group.
    private func keys(_ rows: Range<Int>) throws(MergeError) -> NormalizedKeys {
        guard let open else { return NormalizedKeys() }
        let file = input.file
        let start = rows.lowerBound - file.rowGroups[open.group].rows.lowerBound
        var vectors: [ColumnVector] = []
        for (reader, pages) in open.columns {
            vectors.append(
                try MergeError.reading(input.entry.path) { () throws(ParquetError) in
                    try reader.seek(to: start, in: pages)
                    return try reader.read(rows.count)
                })
        }
        let batch = ColumnBatch(
            schema: mapping.fileColumns.map { file.columns[$0] }, columns: vectors, rowCount: rows.count)
        return encoder.encode(try mapping.map(batch))
    }
}
