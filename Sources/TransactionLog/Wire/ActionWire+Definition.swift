import Bytes
import JSON
import Metadata
import Records

// `protocol` and `metaData`. What Firn adds to a table's definition lives in `configuration`, where readers
// of the format expect what they do not know.
extension ActionWire {
    func write(_ tableProtocol: TableProtocol, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("protocol")
        Self.writeProtocol(tableProtocol, to: &writer)
        writer.endObject()
    }

    /// The object behind `protocol`, which a state carries too.
    static func writeProtocol(_ tableProtocol: TableProtocol, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("minReaderVersion", tableProtocol.minReaderVersion)
        writer.field("minWriterVersion", tableProtocol.minWriterVersion)
        if let features = tableProtocol.readerFeatures { writer.strings("readerFeatures", features) }
        if let features = tableProtocol.writerFeatures { writer.strings("writerFeatures", features) }
        writer.endObject()
    }

    /// Refuses what this build does not read: a later version, or a feature, of which there is none yet.
    static func check(_ tableProtocol: TableProtocol) throws(WireError) {
        guard tableProtocol.minReaderVersion <= 5, tableProtocol.minWriterVersion <= 5 else {
            throw WireError(
                .unsupported,
                "the table asks for protocol \(tableProtocol.minReaderVersion)/"
                    + "\(tableProtocol.minWriterVersion), this program reads and writes up to 5/5")
        }
        let features = (tableProtocol.readerFeatures ?? []) + (tableProtocol.writerFeatures ?? [])
        if let feature = features.first {
            throw WireError(.unsupported, "the table asks for the feature \"\(feature.display)\"")
        }
    }

    static func tableProtocol(_ wire: WireObject) throws(WireError) -> TableProtocol {
        var result = TableProtocol(
            minReaderVersion: try wire.count("minReaderVersion", default: 1),
            minWriterVersion: try wire.count("minWriterVersion", default: 1))
        result.readerFeatures = try wire.optionalStrings("readerFeatures")
        result.writerFeatures = try wire.optionalStrings("writerFeatures")
        return result
    }

    func write(_ definition: TableDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("metaData")
        Self.writeDefinition(definition, to: &writer)
        writer.endObject()
    }

    /// The object behind `metaData`, which a state carries too.
    static func writeDefinition(_ definition: TableDefinition, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", definition.id)
        writer.field("name", definition.name)
        writer.key("format")
        writer.beginObject()
        writer.field("provider", definition.provider)
        writer.key("options")
        writer.beginObject()
        writer.endObject()
        writer.endObject()
        if let schema = definition.schema { writer.field("schemaString", SchemaRegistry.text(of: schema)) }
        writer.strings("partitionColumns", definition.partitionColumns)
        writer.key("configuration")
        writer.beginObject()
        writer.field("firn.kind", definition.kind.rawValue)
        writer.field("firn.inferred", definition.isInferred ? "true" : "false")
        writer.field("firn.declaredRowKey", listText(definition.declaredRowKey))
        writer.field("firn.declaredPartitionColumns", listText(definition.declaredPartitionColumns))
        writer.field("firn.userId", String(definition.userID))
        writer.field("firn.groupId", String(definition.groupID))
        writer.field("firn.mode", String(definition.mode, radix: 8))
        writer.endObject()
        writer.field("createdTime", definition.createdTime)
        writer.endObject()
    }

    private static func listText(_ names: [ByteString]) -> ByteString {
        ByteString(JSONValue.array(names.map { .string($0) }).compactBytes)
    }

    static func definition(_ wire: WireObject) throws(WireError) -> TableDefinition {
        let configuration = try WireObject("metaData.configuration", wire.value("configuration") ?? [:])
        let format = try WireObject("metaData.format", wire.value("format") ?? [:])
        let provider = try format.optionalString("provider") ?? "indextables"
        guard provider == "firn" else { return try foreignDefinition(wire) }
        guard let kind = TableKind(rawValue: try configuration.string("firn.kind").display) else {
            throw configuration.wrong("firn.kind", "append or upsert")
        }
        var schema: TableSchema?
        if let text = try wire.optionalString("schemaString") { schema = try Self.schema(text) }
        var definition = TableDefinition(
            id: try wire.string("id"), name: try wire.optionalString("name") ?? "", kind: kind,
            schema: schema,
            createdTime: try wire.optionalInteger("createdTime") ?? 0)
        definition.provider = provider
        definition.isInferred = try configuration.optionalString("firn.inferred") == "true"
        definition.declaredRowKey = try list(configuration, "firn.declaredRowKey")
        definition.declaredPartitionColumns = try list(configuration, "firn.declaredPartitionColumns")
        definition.userID = try number(configuration, "firn.userId", radix: 10)
        definition.groupID = try number(configuration, "firn.groupId", radix: 10)
        definition.mode = try number(configuration, "firn.mode", radix: 8)
        return definition
    }

    private static func schema(_ text: ByteString) throws(WireError) -> TableSchema {
        do throws(SchemaTextError) { return try TableSchema(json: text.bytes) } catch {
            throw WireError(.malformed, "metaData.schemaString: \(error)")
        }
    }

    private static func list(_ wire: WireObject, _ key: StaticString) throws(WireError) -> [ByteString] {
        guard let text = try wire.optionalString(key) else { return [] }
        guard let array = try? JSONValue.parse(text.bytes).arrayValue else {
            throw wire.wrong(key, "a JSON array of strings")
        }
        return array.compactMap(\.stringValue)
    }

    private static func number(
        _ wire: WireObject, _ key: StaticString, radix: Int
    ) throws(WireError) -> UInt32 {
        guard let number = UInt32(try wire.string(key).display, radix: radix) else {
            throw wire.wrong(key, "a number")
        }
        return number
    }
}
