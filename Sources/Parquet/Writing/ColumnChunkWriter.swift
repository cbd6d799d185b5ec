import Bytes
import Compression
import Records

/// Collects the pages of one column of the row group being written, compressed.
///
/// Values are staged in their PLAIN form or as indices into the dictionary until a page is full.
final class ColumnChunkWriter {
    /// A finished page, its place counted from the first data page.
    struct Page {
        var offset: Int
        /// Header included.
        var size: Int
        var firstRow: Int
        var statistics: ColumnStatistics
    }

    enum Mode {
        case plain
        case numbers32(NumberDictionary<UInt32>)
        case numbers64(NumberDictionary<UInt64>)
        case strings(StringDictionary)
    }

    static let rowAlignment = 8192
    static let mostDictionaryBytes = 1 << 20

    let column: FileColumn
    let options: ParquetWriter.Options
    let compressor: Compressor?

    /// How new values are staged; plain once the dictionary was given up.
    var mode = Mode.plain
    private let dictionary: Mode
    /// Entries that finished pages use; later ones may be forgotten.
    var dictionaryCount = 0

    // The page being filled.
    let levels = RawBuffer()
    let staged = RawBuffer()
    var stagedCount = 0
    var entriesAfterFirstSlice = 0
    var pageStatistics = ColumnStatistics(nullCount: 0)

    // Finished pages.
    var bytes: [UInt8] = []
    var uncompressedSize = 0
    var pages: [Page] = []
    var plainPageCount = 0
    var dictionaryPageCount = 0
    var statistics = ColumnStatistics(nullCount: 0)
    private(set) var rowCount = 0
    let scratch: WriteScratch

    init(
        _ column: FileColumn, _ options: ParquetWriter.Options, _ compressor: Compressor?,
        _ scratch: WriteScratch
    ) {
        self.scratch = scratch
        self.column = column
        self.options = options
        self.compressor = compressor
        switch column.column.type.lane {
        case .int32, .float: dictionary = .numbers32(NumberDictionary())
        case .int64, .double: dictionary = .numbers64(NumberDictionary())
        case .bytes: dictionary = .strings(StringDictionary())
        case .boolean, .int128, .none: dictionary = .plain
        }
        if options.usesDictionaries { mode = dictionary }
    }

    /// Forgets everything for the next row group.
    func reset() {
        switch dictionary {
        case .plain: break
        case .numbers32(let numbers): numbers.removeAll()
        case .numbers64(let numbers): numbers.removeAll()
        case .strings(let strings): strings.removeAll()
        }
        mode = options.usesDictionaries ? dictionary : .plain
        dictionaryCount = 0
        bytes.removeAll(keepingCapacity: true)
        uncompressedSize = 0
        pages.removeAll(keepingCapacity: true)
        plainPageCount = 0
        dictionaryPageCount = 0
        statistics = ColumnStatistics(nullCount: 0)
        rowCount = 0
    }

    /// Rows in the page being filled.
    var pageRows: Int { levels.count }

    /// The dictionary whose entries the finished pages name.
    var usedDictionary: Mode { dictionaryPageCount > 0 ? dictionary : .plain }

    /// Adds rows of a vector whose lane is the column's, or that holds only nulls.
    func append(_ vector: ColumnVector, _ rows: Range<Int>) throws(ParquetError) {
        var start = rows.lowerBound
        while start < rows.upperBound {
            let aligned = Self.rowAlignment - rowCount % Self.rowAlignment
            let end = min(rows.upperBound, start + aligned, start + max(1, options.pageRows - pageRows))
            try appendSlice(vector, start..<end)
            start = end
        }
    }

    /// Adds rows that belong into one page where they are not too long for that.
    private func appendSlice(_ vector: ColumnVector, _ rows: Range<Int>) throws(ParquetError) {
        if case .bytes(let strings) = vector.values, rows.count > 1 {
            let size = strings.offsets[rows.upperBound] - strings.offsets[rows.lowerBound]
            if Int(size) > options.pageBytes * 2 {
                let middle = rows.lowerBound + rows.count / 2
                try appendSlice(vector, rows.lowerBound..<middle)
                return try appendSlice(vector, middle..<rows.upperBound)
            }
        }
        let present = try addLevels(vector, rows)
        rowCount += rows.count
        pageStatistics.nullCount = (pageStatistics.nullCount ?? 0) + rows.count - present
        if present > 0 { try addValues(vector, rows, present) }
        reviewDictionary()
        if staged.count >= options.pageBytes * 3 / 4 || pageRows >= options.pageRows {
            closePage(isLast: false)
        }
    }

    private func addLevels(_ vector: ColumnVector, _ rows: Range<Int>) throws(ParquetError) -> Int {
        levels.reserve(rows.count)
        let target = levels.end.assumingMemoryBound(to: UInt8.self)
        levels.count += rows.count
        var present = rows.count
        if case .none = vector.values {
            target.update(repeating: 0, count: rows.count)
            present = 0
        } else if let validity = vector.validity {
            present = 0
            validity.withUnsafeBufferPointer { source in
                for index in 0..<rows.count {
                    let level: UInt8 = source[rows.lowerBound + index] == 0 ? 0 : 1
                    target[index] = level
                    present &+= Int(level)
                }
            }
        } else {
            target.update(repeating: 1, count: rows.count)
        }
        guard present == rows.count || column.isOptional else {
            throw ParquetError(.mismatch, "a null in a column that is not nullable", column: column.name)
        }
        return present
    }

    /// Gives the dictionary up where it grows as fast as the values come, or too large.
    private func reviewDictionary() {
        let (entries, size) = dictionarySize
        guard entries > 0 else { return }
        if entriesAfterFirstSlice == 0 { entriesAfterFirstSlice = max(1, entries - dictionaryCount) }
        let new = entries - dictionaryCount
        let share = pages.isEmpty ? stagedCount * 3 / 4 : stagedCount / 3
        if size > Self.mostDictionaryBytes || (stagedCount >= 1024 && new > share) { abandonDictionary() }
    }

    /// The entries of the dictionary being filled and their PLAIN size.
    var dictionarySize: (entries: Int, bytes: Int) {
        switch mode {
        case .plain: (0, 0)
        case .numbers32(let numbers): (numbers.count, numbers.count * 4)
        case .numbers64(let numbers): (numbers.count, numbers.count * 8)
        case .strings(let strings): (strings.count, strings.bytes.count + strings.count * 4)
        }
    }

    /// Turns the staged indices into PLAIN values; the rest of the chunk stays PLAIN.
    func abandonDictionary() {
        let size = staged.count
        scratch.dense.count = 0
        scratch.dense.append(staged.base, size)
        staged.count = 0
        let indices = UnsafePointer(scratch.dense.base.assumingMemoryBound(to: UInt32.self))
        appendPlain(indices, size / 4, to: staged)
        mode = .plain
    }
}
