import Bytes
import JSON
package import Records

/// Guesses the columns of a JSON Lines file.
package enum JSONLinesInference {
    /// What the values of a key are: JSON says so, and one column holds one of them.
    private enum Family: String {
        case number = "a number"
        case string = "a string"
        case boolean = "a boolean"
    }

    private struct Column {
        var guess = TypeGuess()
        var family: Family?
        var rowCount = 0
    }

    /// Looks at every line that `source` gives; with `isSample` the last line may be cut off and is left out.
    package static func infer(
        options: TextOptions = TextOptions(), isSample: Bool = false, source: @escaping ChunkSource
    ) throws(TextError) -> InferredSchema {
        let scanner = JSONLineScanner(source: source, options: options, isSample: isSample)
        var names: [ByteString] = []
        var columns: [Column] = []
        var keys = JSONKeyOrder(names: [])
        var rowCount = 0
        while let line = try scanner.next() {
            rowCount += 1
            var reader = JSONReader(line)
            guard try token(&reader, scanner) == .objectBegin else {
                throw scanner.error(at: reader.textStart, "an object is expected on every line")
            }
            var position = 0
            while try token(&reader, scanner) == .key {
                let index: Int
                if let known = keys.index(reader, position) {
                    index = known
                } else {
                    let name = reader.string
                    if let problem = TableSchema.problem(ofName: name) {
                        throw scanner.error(at: reader.textStart, problem, key: name)
                    }
                    index = names.count
                    names.append(name)
                    columns.append(Column())
                    keys = JSONKeyOrder(names: names)
                }
                position += 1
                let value = try token(&reader, scanner)
                try add(value, reader, names[index], to: &columns[index], scanner)
            }
            _ = try token(&reader, scanner)
        }
        let inferred = zip(names, columns).map { name, column in
            InferredSchema.Column(
                name: name, type: column.guess.type,
                hasNulls: column.guess.isNullable || column.rowCount < rowCount)
        }
        return InferredSchema(columns: inferred, rowCount: rowCount, isComplete: !isSample)
    }

    private static func token(_ reader: inout JSONReader, _ scanner: JSONLineScanner) throws(TextError)
        -> JSONToken
    {
        do throws(DecodeError) { return try reader.next() } catch { throw scanner.error(error) }
    }

    private static func add(
        _ token: JSONToken, _ reader: JSONReader, _ name: ByteString, to column: inout Column,
        _ scanner: JSONLineScanner
    ) throws(TextError) {
        column.rowCount += 1
        let family: Family
        switch token {
        case .null: return column.guess.addNull()
        case .number: family = .number
        case .string: family = .string
        case .true, .false: family = .boolean
        default: throw scanner.nested(at: reader.textStart, token, key: name)
        }
        if let before = column.family, before != family {
            throw scanner.error(
                at: reader.textStart,
                "the key \(name.display) holds \(family.rawValue) here and \(before.rawValue) before",
                key: name)
        }
        column.family = family
        switch family {
        case .number:
            guard column.guess.addNumber(reader.text) else {
                let text = String(decoding: reader.text, as: UTF8.self)
                throw scanner.error(
                    at: reader.textStart,
                    "no type holds the number \(text) among the others of \(name.display)", key: name)
            }
        case .boolean: column.guess.addBoolean()
        case .string:
            if reader.hasEscapes {
                reader.string.withUnsafeBytes { column.guess.addString($0) }
            } else {
                column.guess.addString(reader.text)
            }
        }
    }
}
