import Bytes
import JSON

/// What is wrong with the text of a schema, and where.
package struct SchemaTextError: Error, Equatable, Sendable, CustomStringConvertible {
    /// From 1.
    package var line: Int
    /// In bytes, from 1.
    package var column: Int
    package var message: String

    package var description: String { "line \(line), column \(column): \(message)" }
}

// `schema.json`.
extension TableSchema {
    /// The text of the schema, laid out for people: a line a column.
    package var json: [UInt8] {
        var text: [UInt8] = Array("{\n  \"columns\": [".utf8)
        for (index, column) in columns.enumerated() {
            var writer = JSONWriter(.compact)
            writer.beginObject()
            writer.field("name", column.name)
            writer.field("type", column.type.name)
            writer.field("nullable", column.isNullable)
            writer.field("id", column.id)
            writer.endObject()
            text.append(contentsOf: (index == 0 ? "\n    " : ",\n    ").utf8)
            text.append(contentsOf: writer.bytes)
        }
        text.append(contentsOf: "\n  ],\n  \"rowKey\": ".utf8)
        text.append(contentsOf: Self.names(rowKey))
        text.append(contentsOf: ",\n  \"partitionColumns\": ".utf8)
        text.append(contentsOf: Self.names(partitionColumns))
        text.append(contentsOf: "\n}\n".utf8)
        return text
    }

    private static func names(_ names: [ByteString]) -> [UInt8] {
        var writer = JSONWriter(.compact)
        writer.beginArray()
        for name in names { writer.value(name) }
        writer.endArray()
        return writer.bytes
    }

    /// Reads the text of a schema and checks it.
    ///
    /// `nullable` is true where it is missing; a column without `id` gets the next one above all others.
    package init(json text: [UInt8]) throws(SchemaTextError) {
        do throws(DecodeError) {
            self = try text.withJSONReader { (reader) throws(DecodeError) in
                var parser = SchemaParser(reader: reader)
                return try parser.schema()
            }
        } catch {
            let before = text[..<min(error.offset, text.count)]
            let lineStart = before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
            throw SchemaTextError(
                line: before.count { $0 == 0x0A } + 1, column: before.count - lineStart + 1,
                message: error.message)
        }
    }
}

/// A pass over a schema's text; errors carry the offset of what is wrong.
private struct SchemaParser {
    var reader: JSONReader

    mutating func schema() throws(DecodeError) -> TableSchema {
        var schema = TableSchema(columns: [])
        var ids: [Int?] = []
        var seenColumns = false
        try open(.objectBegin, "an object with columns, rowKey and partitionColumns")
        while try reader.next() == .key {
            let key = reader.string
            switch key {
            case "columns":
                seenColumns = true
                try open(.arrayBegin, "an array of columns")
                while true {
                    let token = try reader.next()
                    if token == .arrayEnd { break }
                    guard token == .objectBegin else {
                        throw wrong("an object with name and type is expected")
                    }
                    let (column, id) = try column()
                    schema.columns.append(column)
                    ids.append(id)
                }
            case "rowKey": schema.rowKey = try names()
            case "partitionColumns": schema.partitionColumns = try names()
            default: throw unknown(key, "columns, rowKey, partitionColumns")
            }
        }
        _ = try reader.next()
        guard seenColumns else { throw DecodeError(.malformed, at: 0, "\"columns\" is missing") }
        var next = (ids.compactMap { $0 }.max() ?? 0) + 1
        for index in schema.columns.indices {
            schema.columns[index].id = ids[index] ?? next
            if ids[index] == nil { next += 1 }
        }
        if let problem = schema.problem { throw DecodeError(.malformed, at: 0, problem) }
        return schema
    }

    private mutating func column() throws(DecodeError) -> (TableSchema.Column, Int?) {
        let start = reader.textStart
        var column = TableSchema.Column(id: 0, name: ByteString(), type: .undecided)
        var id: Int?
        var hasName = false
        var hasType = false
        while try reader.next() == .key {
            let key = reader.string
            switch key {
            case "name":
                column.name = try string("the column's name")
                hasName = true
                if let problem = TableSchema.problem(ofName: column.name) { throw wrong(problem) }
            case "type":
                let name = try string("the name of a type")
                hasType = true
                guard let type = ColumnType(name: name) else {
                    throw wrong("\(name.display) is no type; types are \(ColumnType.allNames)")
                }
                column.type = type
            case "nullable":
                switch try reader.next() {
                case .true: column.isNullable = true
                case .false: column.isNullable = false
                default: throw wrong("true or false is expected")
                }
            case "id":
                guard try reader.next() == .number, let value = reader.int64, value >= 1, value <= 1 << 31
                else {
                    throw wrong("a number from 1 is expected")
                }
                id = Int(value)
            default: throw unknown(key, "name, type, nullable, id")
            }
        }
        guard hasName else { throw DecodeError(.malformed, at: start, "the column has no \"name\"") }
        guard hasType else { throw DecodeError(.malformed, at: start, "the column has no \"type\"") }
        return (column, id)
    }

    private mutating func names() throws(DecodeError) -> [ByteString] {
        try open(.arrayBegin, "an array of column names")
        var result: [ByteString] = []
        while true {
            switch try reader.next() {
            case .arrayEnd: return result
            case .string: result.append(reader.string)
            default: throw wrong("the name of a column is expected")
            }
        }
    }

    private mutating func string(_ what: String) throws(DecodeError) -> ByteString {
        guard try reader.next() == .string else { throw wrong("\(what) is expected, as a string") }
        return reader.string
    }

    private mutating func open(_ token: JSONToken, _ what: String) throws(DecodeError) {
        guard try reader.next() == token else { throw wrong("\(what) is expected") }
    }

    private func unknown(_ key: ByteString, _ known: String) -> DecodeError {
        wrong("\"\(key.display)\" is not known here; known are \(known)")
    }

    private func wrong(_ message: String) -> DecodeError {
        DecodeError(.malformed, at: reader.textStart, message)
    }
}
