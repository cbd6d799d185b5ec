package import Records

/// Guesses the columns of a CSV file.
package enum CSVInference {
    /// Looks at every row that `source` gives; with `isSample` the last record may be cut off and is left out.
    package static func infer(
        dialect: CSVDialect = .csv, options: TextOptions = TextOptions(), isSample: Bool = false,
        source: @escaping ChunkSource
    ) throws(TextError) -> InferredSchema {
        let scanner = CSVScanner(dialect: dialect, source: source, options: options, isSample: isSample)
        try scanner.readHeader()
        for name in scanner.names {
            if let problem = TableSchema.problem(ofName: name) { throw scanner.headerError(name, problem) }
        }
        let width = scanner.names.count
        var guesses = Array(repeating: TypeGuess(), count: width)
        var rowCount = 0
        while try scanner.nextBlock(options.batchRows) {
            for column in 0..<width { look(at: scanner, column, &guesses[column]) }
            rowCount += scanner.rowCount
        }
        let columns = zip(scanner.names, guesses).map { name, guess in
            InferredSchema.Column(name: name, type: guess.type, hasNulls: guess.isNullable)
        }
        return InferredSchema(columns: columns, rowCount: rowCount, isComplete: !isSample)
    }

    private static func look(at scanner: CSVScanner, _ column: Int, _ guess: inout TypeGuess) {
        let base = scanner.base
        let width = scanner.names.count
        let fields = scanner.fieldTable
        var own = guess
        for row in 0..<scanner.rowCount {
            let field = fields[row * width + column]
            if field.isEmpty {
                if field.isQuoted { own.addSoftNull() } else { own.addNull() }
            } else if CSVNull.isNull(field, base) {
                own.addSoftNull()
            } else if field.hasEscapes {
                field.unescaped(base).withUnsafeBytes { own.add($0) }
            } else {
                own.add(field.text(base))
            }
        }
        guess = own
    }
}
