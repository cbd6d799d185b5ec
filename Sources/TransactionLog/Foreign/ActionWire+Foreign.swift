import Bytes
import JSON
import Metadata
import Records

extension ActionWire {
    /// The `metaData` of a table that another program wrote: what is needed to browse it.
    static func foreignDefinition(_ wire: WireObject) throws(WireError) -> TableDefinition {
        let format = try WireObject("metaData.format", wire.value("format") ?? [:])
        let provider = try format.optionalString("provider") ?? "indextables"
        guard provider == "indextables" else {
            throw WireError(
                .unsupported, "the table's format is \"\(provider)\", neither \"firn\" nor \"indextables\"")
        }
        let columns = try wire.optionalStrings("partitionColumns") ?? []
        var schema: TableSchema?
        if let text = try wire.optionalString("schemaString"), !text.isEmpty {
            schema = try SparkSchema.parse(text)
            schema?.partitionColumns = columns
        }
        var definition = TableDefinition(
            id: try wire.string("id"), name: try wire.optionalString("name") ?? "", kind: .append,
            schema: schema, createdTime: try wire.optionalInteger("createdTime") ?? 0)
        definition.provider = provider
        definition.declaredPartitionColumns = columns
        for member in wire.value("configuration")?.objectValue?.members ?? []
        where member.key.hasPrefix(ForeignRegistry.prefix) {
            definition.carriedSchemas[ForeignRegistry.id(member.key)] = member.value.stringValue
        }
        return definition
    }
}

/// The JSON text in which Spark writes a schema.
enum SparkSchema {
    static func parse(_ text: ByteString) throws(WireError) -> TableSchema {
        let value: JSONValue
        do throws(DecodeError) { value = try JSONValue.parse(text.bytes) } catch {
            throw WireError(.malformed, "metaData.schemaString: \(error)")
        }
        guard let fields = value["fields"]?.arrayValue else {
            throw WireError(.malformed, "metaData.schemaString has no fields")
        }
        var columns: [TableSchema.Column] = []
        for field in fields {
            guard let name = field["name"]?.stringValue else {
                throw WireError(.malformed, "metaData.schemaString has a field without a name")
            }
            columns.append(
                TableSchema.Column(
                    id: columns.count + 1, name: name, type: type(field["type"]?.stringValue),
                    isNullable: field["nullable"]?.boolValue ?? true))
        }
        return TableSchema(columns: columns)
    }

    /// A type that has no name here, nested ones above all, is undecided: such tables are not read by row.
    private static func type(_ name: ByteString?) -> ColumnType {
        switch name {
        case "boolean": .boolean
        case "byte": .int8
        case "short": .int16
        case "integer": .int32
        case "long": .int64
        case "float": .float
        case "double": .double
        case "string": .string
        case "binary": .binary
        case "date": .date
        case "timestamp": .timestamp(.microsecond, isUTC: true)
        case "timestamp_ntz": .timestamp(.microsecond, isUTC: false)
        default: decimal(name) ?? .undecided
        }
    }

    /// `decimal(10,2)`.
    private static func decimal(_ name: ByteString?) -> ColumnType? {
        guard let name, name.hasPrefix("decimal("), name.hasSuffix(")") else { return nil }
        let numbers = name.bytes[8..<(name.count - 1)].split(separator: UInt8(ascii: ","))
        guard numbers.count == 2, let precision = Int(String(decoding: numbers[0], as: UTF8.self)),
            let scale = Int(String(decoding: numbers[1], as: UTF8.self)), (1...38).contains(precision),
            (0...precision).contains(scale)
        else { return nil }
        return .decimal(precision: precision, scale: scale)
    }
}
