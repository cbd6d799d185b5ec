import Bytes
import Records

/// Header and records of a CSV file, a block at a time.
final class CSVScanner {
    let window: TextWindow
    private let dialect: CSVDialect
    private let fields: UnsafeMutableBufferPointer<CSVField>
    /// Whether a file may end inside a record, because only its beginning is looked at.
    private let isSample: Bool
    /// The names of the header, once it was read.
    private(set) var names: [ByteString] = []
    private var pending = CSVTokenizer.Result()

    static let maximumColumns = 65_536

    init(dialect: CSVDialect, source: @escaping ChunkSource, options: TextOptions, isSample: Bool = false) {
        window = TextWindow(source: source, options: options)
        self.dialect = dialect
        self.isSample = isSample
        // Not filled: a field is read only where the tokenizer wrote it, and a small file touches few pages.
        fields = .allocate(capacity: Self.maximumColumns)
    }

    deinit { fields.deallocate() }

    /// Rows of the current block; row `r`'s field `c` is `fields[r * names.count + c]`.
    var rowCount: Int { pending.rowCount }

    func field(_ row: Int, _ column: Int) -> CSVField { fields[row * names.count + column] }

    /// The fields of the current block, row by row.
    var fieldTable: UnsafeBufferPointer<CSVField> { UnsafeBufferPointer(fields) }

    /// Where the block's bytes lie; valid until the next block.
    var base: UnsafeRawPointer {
        window.bytes.baseAddress ?? UnsafeRawPointer(UnsafeMutableRawPointer(fields.baseAddress!))
    }

    /// Reads the header.
    func readHeader() throws(TextError) {
        try window.refill()
        while window.bytes.count < 3, !window.isAtEnd { try window.refill() }
        let bytes = window.bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            window.consume(3, lines: 0)
        } else if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
            throw window.error(at: 0, "the file is UTF-16; UTF-8 is expected")
        }
        let tokenizer = CSVTokenizer(delimiter: dialect.delimiter, fieldCount: nil)
        var result = CSVTokenizer.Result()
        while true {
            result = tokenizer.tokenize(
                window.bytes, isLast: window.isAtEnd, maximumRows: 1, into: fields)
            if let failure = result.failure { throw window.error(at: failure.offset, failure.message) }
            if result.rowCount > 0 { break }
            guard !window.isAtEnd else {
                throw window.error(
                    at: 0, "the file is empty; a header line with the names of the columns is expected")
            }
            try window.refill()
        }
        if let invalid = window.firstInvalid(result.consumed) { throw notUTF8(invalid) }
        var seen = Set<ByteString>()
        for index in 0..<result.rowCount {
            let name = ByteString(fields[index].unescaped(base))
            if name.isEmpty { throw window.error(at: fields[index].start, "column \(index + 1) has no name") }
            guard seen.insert(name).inserted else {
                throw window.error(
                    at: fields[index].start, "two columns are named \(name.display)", columnName: name)
            }
            names.append(name)
        }
        window.consume(result.consumed, lines: result.lineCount)
    }

    /// Where a header's field of that name begins is gone with its bytes; the header is line 1.
    func headerError(_ name: ByteString, _ message: String) -> TextError {
        TextError(line: 1, column: 1, columnName: name, message: message)
    }

    /// Goes on to the next block of at most `maximumRows` rows; false at the end of the file.
    func nextBlock(_ maximumRows: Int) throws(TextError) -> Bool {
        window.consume(pending.consumed, lines: pending.lineCount)
        let tokenizer = CSVTokenizer(delimiter: dialect.delimiter, fieldCount: names.count)
        while true {
            pending = tokenizer.tokenize(
                window.bytes, isLast: window.isAtEnd && !isSample, maximumRows: maximumRows, into: fields)
            if let invalid = window.firstInvalid(pending.consumed) { throw notUTF8(invalid) }
            if pending.rowCount > 0 { return true }
            if let failure = pending.failure {
                throw window.error(at: failure.offset, failure.message)
            }
            if pending.consumed > 0 {
                window.consume(pending.consumed, lines: pending.lineCount)
                continue
            }
            if window.isAtEnd {
                return false
            }
            try window.refill()
        }
    }

    private func notUTF8(_ offset: Int) -> TextError {
        let width = max(names.count, 1)
        let index = fieldTable.prefix(pending.rowCount * width).firstIndex {
            $0.start <= offset && offset < $0.end
        }
        let name = index.flatMap { names.isEmpty ? nil : names[$0 % width] }
        let place = name.map { " in the column \($0.display)" } ?? ""
        return window.error(at: offset, "a byte is not UTF-8\(place)", columnName: name)
    }

    /// A value of the current block that does not fit.
    func mismatch(_ row: Int, _ column: Int, _ type: ColumnType) -> TextError {
        let field = field(row, column)
        let (line, place) = window.position(field.start)
        return .mismatch(
            line: line, column: place, name: names[column], value: ByteString(field.unescaped(base)),
            type: type)
    }

    /// A null of the current block where there must be none.
    func missing(_ row: Int, _ column: Int, _ type: ColumnType) -> TextError {
        let (line, place) = window.position(field(row, column).start)
        return .missing(line: line, column: place, name: names[column], type: type)
    }
}
