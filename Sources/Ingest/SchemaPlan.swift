import Bytes
import Metadata
import Parquet
import Platform
import Records
import Text

/// The schema in which files are read, and the change of the table's definition that it needs.
struct SchemaPlan {
    /// With the schema.
    var definition: TableDefinition
    var schema: TableSchema
    var schemaID: ByteString
    /// The table gets this definition in the same transaction.
    var isChanged: Bool
    /// What the table's schema must still be when the transaction commits.
    var basis: ByteString?

    /// - Parameter areRead: all rows are in memory in the table's schema, so nothing of it is open.
    init(
        _ state: TableState, _ contents: [StagedContent], areRead: Bool = false, _ cancellation: Cancellation
    ) throws {
        var definition = state.definition
        let schema: TableSchema
        if let known = definition.schema {
            schema = areRead ? known : try SchemaPlan.decided(known, contents, cancellation)
        } else {
            schema = try SchemaPlan.infer(definition, contents, cancellation)
        }
        isChanged = definition.schema != schema
        definition.schema = schema
        self.definition = definition
        self.schema = schema
        basis = state.schemaID
        schemaID = isChanged ? SchemaRegistry.id(of: schema) : basis ?? SchemaRegistry.id(of: schema)
    }

    /// Gives columns without a type the one of the first values that arrive.
    private static func decided(
        _ schema: TableSchema, _ contents: [StagedContent], _ cancellation: Cancellation
    ) throws -> TableSchema {
        let undecided = schema.columns.indices.filter { schema.columns[$0].type == .undecided }
        if undecided.isEmpty { return schema }
        var schema = schema
        let found = try columns(of: contents, cancellation)
        for index in undecided {
            let name = schema.columns[index].name
            if let column = found.first(where: { $0.name == name }) {
                schema.columns[index].type = column.type
            }
        }
        return schema
    }

    private static func infer(
        _ definition: TableDefinition, _ contents: [StagedContent], _ cancellation: Cancellation
    ) throws -> TableSchema {
        let found = try columns(of: contents, cancellation)
        let names = found.map(\.name.display).joined(separator: ", ")
        for (list, what) in [
            (definition.declaredRowKey, "row key"), (definition.declaredPartitionColumns, "partition"),
        ] {
            for name in list where !found.contains(where: { $0.name == name }) {
                throw IngestRefusal(
                    .ebadmsg, .column,
                    "the file lacks the \(what) column \(name.display); it has \(names)",
                    columnName: name, remedy: "copy a file that has the column")
            }
        }
        // The newest row of each key cannot be told where keys are missing.
        let isKey: (ByteString) -> Bool = {
            definition.kind == .upsert && definition.declaredRowKey.contains($0)
        }
        let columns = found.enumerated().map { index, column in
            TableSchema.Column(
                id: index + 1, name: column.name, type: column.type, isNullable: !isKey(column.name))
        }
        let schema = TableSchema(
            columns: columns, rowKey: definition.declaredRowKey,
            partitionColumns: definition.declaredPartitionColumns)
        if let problem = schema.problem {
            throw IngestRefusal(
                .ebadmsg, .schema, "the file makes no schema for the table: \(problem)",
                remedy: "state the schema when the table is created")
        }
        return schema
    }

    // MARK: Columns that files have

    private static func columns(
        of contents: [StagedContent], _ cancellation: Cancellation
    ) throws -> [InferredSchema.Column] {
        var columns: [InferredSchema.Column] = []
        var isText: [ByteString: Bool] = [:]
        for content in contents {
            let isCSV = content.format == .csv || content.format == .tsv
            do {
                for column in try self.columns(of: content, cancellation) {
                    try merge(column, into: &columns, mayBeText: isCSV && isText[column.name] ?? true)
                    isText[column.name] = isCSV && isText[column.name] ?? true
                }
            } catch {
                throw IngestRefusal(cause: error).about(content.file)
            }
        }
        for column in try pathColumns(contents) {
            if let index = columns.firstIndex(where: { $0.name == column.name }) {
                if columns[index].type == .undecided { columns[index].type = column.type }
            } else {
                columns.append(column)
            }
        }
        return columns
    }

    private static func columns(
        of content: StagedContent, _ cancellation: Cancellation
    ) throws -> [InferredSchema.Column] {
        switch content.format {
        case .csv, .tsv:
            let dialect: CSVDialect = content.format == .csv ? .csv : .tsv
            return try CSVInference.infer(dialect: dialect, source: content.chunks(cancellation)).columns
        case .jsonLines:
            return try JSONLinesInference.infer(source: content.chunks(cancellation)).columns
        case .parquet:
            return try ParquetFile(content).columns.map {
                InferredSchema.Column(name: $0.name, type: $0.type, hasNulls: $0.isNullable)
            }
        }
    }

    private static func merge(
        _ column: InferredSchema.Column, into columns: inout [InferredSchema.Column], mayBeText: Bool
    ) throws(IngestRefusal) {
        guard let index = columns.firstIndex(where: { $0.name == column.name }) else {
            columns.append(column)
            return
        }
        let known = columns[index].type
        guard let common = SchemaInference.common(known, column.type) ?? (mayBeText ? .string : nil) else {
            throw IngestRefusal(
                .ebadmsg, .schema,
                "the column \(column.name.display) is \(column.type.name) here and \(known.name) in "
                    + "another file of the same batch", columnName: column.name,
                expected: known.name, found: ByteString(column.type.name))
        }
        columns[index].type = common
    }

    /// The columns of the directories, guessed as the columns of a CSV file are.
    private static func pathColumns(_ contents: [StagedContent]) throws -> [InferredSchema.Column] {
        var texts: [(name: ByteString, text: [UInt8])] = []
        for content in contents {
            for (name, value) in try PathValues(content.file.relativePath).pairs {
                let index: Int
                if let known = texts.firstIndex(where: { $0.name == name }) {
                    index = known
                } else {
                    index = texts.count
                    texts.append((name, quoted(name)))
                }
                texts[index].text += value.map(quoted) ?? [UInt8(ascii: "\n")]
            }
        }
        return try texts.flatMap { entry in
            var chunk: [UInt8]? = entry.text
            return try CSVInference.infer(source: {
                defer { chunk = nil }
                return chunk
            }).columns
        }
    }

    /// A line of one quoted field.
    private static func quoted(_ value: ByteString) -> [UInt8] {
        let quote = UInt8(ascii: "\"")
        return [quote] + value.bytes.flatMap { $0 == quote ? [quote, quote] : [$0] }
            + [quote, UInt8(ascii: "\n")]
    }
}
