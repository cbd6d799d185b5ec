import Bytes
package import Records

/// Reads a CSV or TSV file into batches, in bounded memory.
///
/// See the module's documentation for the form that is read. Errors name line, column and value.
package final class CSVReader {
    private let dialect: CSVDialect
    private let mode: SchemaMode
    private let options: TextOptions
    private var source: ChunkSource
    private var scanner: CSVScanner?
    private var builder = BatchBuilder(schema: [])
    private var filler = CSVColumnFiller()
    /// For each column of the result the column of the file, nil where the file has none.
    private var places: [Int?] = []

    package init(
        dialect: CSVDialect = .csv, mode: SchemaMode, options: TextOptions = TextOptions(),
        source: @escaping ChunkSource
    ) {
        self.dialect = dialect
        self.mode = mode
        self.options = options
        self.source = source
    }

    /// Reads what is needed to know the columns of the batches: the header, and a sample where types are inferred.
    @discardableResult
    package func prepare() throws(TextError) -> [TableSchema.Column] {
        if scanner != nil { return builder.schema }
        var columns: [TableSchema.Column] = []
        switch mode {
        case .declared(let schema): columns = schema.columns
        case .infer:
            let sample = try SampledSource(source, limit: options.sampleBytes)
            source = sample.replay
            let inferred = try CSVInference.infer(
                dialect: dialect, options: options, isSample: !sample.isComplete,
                source: sample.sampleSource())
            columns = inferred.tableSchema().columns
        }
        let scanner = CSVScanner(dialect: dialect, source: source, options: options)
        try scanner.readHeader()
        if let name = scanner.names.first(where: { name in !columns.contains { $0.name == name } }) {
            let known = columns.map(\.name.display).joined(separator: ", ")
            throw scanner.headerError(name, "the table has no column \(name.display); it has \(known)")
        }
        places = columns.map { column in scanner.names.firstIndex(of: column.name) }
        for (column, place) in zip(columns, places) where place == nil && !column.isNullable {
            throw scanner.headerError(
                column.name, "the column \(column.name.display) is missing and must not be null")
        }
        builder = BatchBuilder(schema: columns)
        self.scanner = scanner
        return columns
    }

    /// The next batch; nil after the last.
    package func next() throws(TextError) -> ColumnBatch? {
        try prepare()
        guard let scanner else { return nil }
        var rowCount = 0
        var byteCount = 0
        while rowCount < options.batchRows, byteCount < options.batchBytes,
            try scanner.nextBlock(options.batchRows - rowCount)
        {
            byteCount = 0
            for index in places.indices {
                if let place = places[index] {
                    try filler.fill(&builder.columns[index], from: scanner, place)
                    if builder.columns[index].nullCount > 0, !builder.schema[index].isNullable {
                        throw missing(scanner, index, place)
                    }
                } else {
                    for _ in 0..<scanner.rowCount { builder.columns[index].appendNull() }
                }
                byteCount += builder.columns[index].byteCount
            }
            rowCount += scanner.rowCount
        }
        return rowCount == 0 ? nil : builder.finish()
    }

    private func missing(_ scanner: CSVScanner, _ index: Int, _ place: Int) -> TextError {
        let column = builder.columns[index]
        let blockStart = column.count - scanner.rowCount
        let row = (blockStart..<column.count).first { column.validity[$0] == 0 } ?? blockStart
        return scanner.missing(row - blockStart, place, column.type)
    }
}
