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
            let base = scanner.base
            for column in 0..<width {
                for row in 0..<scanner.rowCount {
                    let field = scanner.field(row, column)
                    if field.isEmpty {
                        if field.isQuoted { guesses[column].addSoftNull() } else { guesses[column].addNull() }
                    } else if CSVNull.isNull(field, base) {
                        guesses[column].addSoftNull()
                    } else if field.hasEscapes {
                        field.unescaped(base).withUnsafeBytes { guesses[column].add($0) }
                    } else {
                        guesses[column].add(field.text(base))
                    }
                }
            }
            rowCount += scanner.rowCount
        }
        let columns = zip(scanner.names, guesses).map { name, guess in
            InferredSchema.Column(name: name, type: guess.type, hasNulls: guess.isNullable)
        }
        return InferredSchema(columns: columns, rowCount: rowCount, isComplete: !isSample)
    }
}
