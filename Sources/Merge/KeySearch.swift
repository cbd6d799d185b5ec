import Bytes
import Metadata
import Parquet
import Platform
import Records

/// Finds rows of one data file by their keys, reading single pages of the key columns.
///
/// The rows of a data file are in key order, so a search halves row groups by their first keys, then the pages of
/// one group by theirs, and decodes one page. Where the file has no page index, the pages of a row group are found
/// once by their headers.
final class KeySearch {
    let input: OpenDataFile
    private let mapping: ColumnMapping
    private let encoder: KeyEncoder
    /// The row groups that have rows.
    private let groups: [Int]
    private var firstKeys: [Int: ByteString] = [:]
    /// Of each row group that was looked into, the pages of the key columns.
    private var locations: [Int: [PageLocations]] = [:]
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

    /// How many rows have a key below `key`.
    func rowsBelow(_ key: ByteString) throws(MergeError) -> Int {
        var low = -1
        var high = groups.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if try firstKey(ofGroup: groups[middle]) < key { low = middle } else { high = middle }
        }
        guard low >= 0 else { return 0 }
        let rows = input.file.rowGroups[groups[low]].rows
        if mapping.fileColumns.isEmpty { return rows.upperBound }
        try openGroup(groups[low])
        return try rowsBelow(key, inOpenGroup: rows)
    }

    /// The rows whose keys lie in a range.
    func rows(in range: KeyRange) throws(MergeError) -> Range<Int> {
        let start = try range.min.map { (key) throws(MergeError) in try rowsBelow(key) } ?? 0
        let end = try range.max.map { (key) throws(MergeError) in try rowsBelow(key) } ?? input.rowCount
        return start..<max(start, end)
    }

    /// At most `count` of some rows with their keys, evenly spread, the first and the last among them.
    func sample(_ count: Int, of rows: Range<Int>) throws(MergeError) -> [(row: Int, key: ByteString)] {
        guard count > 0, !rows.isEmpty else { return [] }
        return try Self.spread(count, over: rows).map { (row) throws(MergeError) in (row, try key(ofRow: row))
        }
    }

    private static func spread(_ count: Int, over rows: Range<Int>) -> [Int] {
        guard rows.count > count else { return Array(rows) }
        guard count > 1 else { return [rows.lowerBound] }
        let (step, rest) = (rows.count - 1).quotientAndRemainder(dividingBy: count - 1)
        // In two parts, so that no product overflows.
        return (0..<count).map { rows.lowerBound + step * $0 + rest * $0 / (count - 1) }
    }

    func key(ofRow row: Int) throws(MergeError) -> ByteString {
        guard !mapping.fileColumns.isEmpty else { return try input.key(ofRow: row) }
        guard let group = groups.first(where: { input.file.rowGroups[$0].rows.contains(row) }) else {
            throw MergeError(.damaged, "the file has no row \(row)", path: input.entry.path)
        }
        try openGroup(group)
        return try keys(row..<row + 1)[0]
    }

    private func firstKey(ofGroup group: Int) throws(MergeError) -> ByteString {
        if let known = firstKeys[group] { return known }
        let key = try input.key(ofRow: input.file.rowGroups[group].rows.lowerBound)
        firstKeys[group] = key
        return key
    }
}

// MARK: Pages

extension KeySearch {
    /// Makes a row group the open one.
    private func openGroup(_ group: Int) throws(MergeError) {
        if open?.group == group { return }
        var columns: [(reader: ColumnChunkReader, pages: PageLocations)] = []
        for (column, pages) in zip(mapping.fileColumns, try pageLocations(ofGroup: group)) {
            // A seek fetches the whole page; nothing is read ahead of it.
            let reader = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
                try ColumnChunkReader(input.file, rowGroup: group, column: column, readAhead: 0)
            }
            columns.append((reader, pages))
        }
        guard let finest = columns.map(\.pages).max(by: { $0.count < $1.count }) else { return }
        open = OpenGroup(group: group, columns: columns, finest: finest)
    }

    private func pageLocations(ofGroup group: Int) throws(MergeError) -> [PageLocations] {
        if let known = locations[group] { return known }
        let file = input.file
        let found = try MergeError.reading(input.entry.path) { () throws(ParquetError) in
            try mapping.fileColumns.map { (column) throws(ParquetError) in
                if let pages = try file.pageLocations(rowGroup: group, column: column) { return pages }
                return try file.pageLocations(byHeadersOf: group, column: column)
            }
        }
        locations[group] = found
        return found
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
                    try reader.move(to: start, in: pages)
                    return try reader.read(rows.count)
                })
        }
        let batch = ColumnBatch(
            schema: mapping.fileColumns.map { file.columns[$0] }, columns: vectors, rowCount: rows.count)
        return encoder.encode(try mapping.map(batch))
    }
}
