import Bytes
import Glibc
import JSON
package import Records

/// Reads JSON Lines into batches: an object a line, its keys the names of the columns.
///
/// See the module's documentation for the form that is read. Errors name line, column and value.
package final class JSONLinesReader {
    private let mode: SchemaMode
    private let options: TextOptions
    private var source: ChunkSource
    private var scanner: JSONLineScanner?
    private var rows = JSONRows(columns: [])

    package init(mode: SchemaMode, options: TextOptions = TextOptions(), source: @escaping ChunkSource) {
        self.mode = mode
        self.options = options
        self.source = source
    }

    /// Reads what is needed to know the columns of the batches: a sample, where types are inferred.
    @discardableResult
    package func prepare() throws(TextError) -> [TableSchema.Column] {
        if scanner != nil { return rows.builder.schema }
        var columns: [TableSchema.Column] = []
        switch mode {
        case .declared(let schema): columns = schema.columns
        case .infer:
            let sample = try SampledSource(source, limit: options.sampleBytes)
            source = sample.replay
            let inferred = try JSONLinesInference.infer(
                options: options, isSample: !sample.isComplete, source: sample.sampleSource())
            columns = inferred.tableSchema().columns
        }
        scanner = JSONLineScanner(source: source, options: options)
        rows = JSONRows(columns: columns)
        return columns
    }

    /// The next batch; nil after the last.
    package func next() throws(TextError) -> ColumnBatch? {
        try prepare()
        guard let scanner else { return nil }
        return try rows.next(scanner, options)
    }
}

/// The rows of a batch as they grow: a struct, so that its parts are reached without the checks that a class needs.
private struct JSONRows {
    var builder: BatchBuilder
    private var keys: JSONKeyOrder
    /// For each column the number of the last line that had it.
    private var lastLine: [Int]

    init(columns: [TableSchema.Column]) {
        builder = BatchBuilder(schema: columns)
        keys = JSONKeyOrder(names: columns.map(\.name))
        lastLine = columns.map { _ in 0 }
    }

    mutating func next(_ scanner: JSONLineScanner, _ options: TextOptions) throws(TextError) -> ColumnBatch? {
        var rowCount = 0
        var byteCount = 0
        while rowCount < options.batchRows, byteCount < options.batchBytes, let line = try scanner.next() {
            try read(line, scanner)
            rowCount += 1
            if rowCount % 1_024 == 0 { byteCount = builder.columns.reduce(0) { $0 + $1.byteCount } }
        }
        return rowCount == 0 ? nil : builder.finish()
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, _ scanner: JSONLineScanner) throws(TextError) {
        var reader = JSONReader(line)
        do throws(DecodeError) {
            guard try reader.next() == .objectBegin else {
                throw DecodeError(.malformed, at: reader.textStart, "an object is expected on every line")
            }
            var position = 0
            while try reader.next() == .key {
                guard let index = keys.index(reader, position) else {
                    let known = builder.schema.map(\.name.display).joined(separator: ", ")
                    throw DecodeError(
                        .malformed, at: reader.textStart,
                        "the table has no column \(reader.string.display); it has \(known)")
                }
                position += 1
                if lastLine[index] == scanner.lineNumber {
                    throw DecodeError(
                        .malformed, at: reader.textStart, "the key \(reader.string.display) stands twice")
                }
                lastLine[index] = scanner.lineNumber
                let token = try reader.next()
                if JSONColumnFiller.append(token, reader, to: &builder.columns[index]) { continue }
                try reject(token, &reader, index, scanner)
            }
            _ = try reader.next()
        } catch {
            if let rejection {
                self.rejection = nil
                throw rejection
            }
            throw scanner.error(error)
        }
        for index in lastLine.indices where lastLine[index] != scanner.lineNumber {
            builder.columns[index].appendNull()
            guard builder.schema[index].isNullable else {
                let column = builder.schema[index]
                throw .missing(line: scanner.lineNumber, column: 1, name: column.name, type: column.type)
            }
        }
    }

    /// An error richer than what passes through the reader's typed throws.
    private var rejection: TextError?

    private mutating func reject(
        _ token: JSONToken, _ reader: inout JSONReader, _ index: Int, _ scanner: JSONLineScanner
    ) throws(DecodeError) {
        let column = builder.schema[index]
        let start = reader.textStart
        switch token {
        case .null:
            builder.columns[index].appendNull()
            if column.isNullable { return }
            rejection = .missing(
                line: scanner.lineNumber, column: start + 1, name: column.name, type: column.type)
        case .objectBegin, .arrayBegin: rejection = scanner.nested(at: start, token, key: column.name)
        case .string:
            rejection = .mismatch(
                line: scanner.lineNumber, column: start + 1, name: column.name, value: reader.string,
                type: column.type)
        default:
            rejection = .mismatch(
                line: scanner.lineNumber, column: start + 1, name: column.name,
                value: ByteString([UInt8](reader.text)), type: column.type)
        }
        throw DecodeError(.malformed, at: start, "")
    }
}

/// Finds the column of a key, expecting the order of the line before.
struct JSONKeyOrder {
    private let names: [ByteString]
    private let indexes: [ByteString: Int]
    private var order: [Int] = []

    init(names: [ByteString]) {
        self.names = names
        indexes = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The column of the reader's current key, which is the `position`-th of its line.
    mutating func index(_ reader: JSONReader, _ position: Int) -> Int? {
        if position < order.count, !reader.hasEscapes {
            let expected = order[position]
            let text = reader.text
            let isExpected = names[expected].withUnsafeBytes {
                $0.count == text.count && memcmp($0.baseAddress!, text.baseAddress!, text.count) == 0
            }
            if isExpected { return expected }
        }
        guard let index = indexes[reader.string] else { return nil }
        if position < order.count {
            order[position] = index
        } else if position == order.count {
            order.append(index)
        }
        return index
    }
}
