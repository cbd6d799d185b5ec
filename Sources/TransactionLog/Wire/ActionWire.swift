package import Bytes
import JSON
package import Metadata

/// The JSON form of actions, one object of one key each.
///
/// Writing needs the names of the partition columns, which follow the `metaData` actions that pass by.
/// Reading needs no context: our own writer keeps the members of `partitionValues` in path order.
package struct ActionWire: Sendable {
    /// In path order.
    package private(set) var partitionColumns: [ByteString]

    package init(partitionColumns: [ByteString]) { self.partitionColumns = partitionColumns }

    package init(definition: TableDefinition) { partitionColumns = definition.partitionColumns }

    /// Appends the action's object, without a line end.
    mutating func write(_ action: Action, to writer: inout JSONWriter) throws(WireError) {
        switch action {
        case .tableProtocol(let tableProtocol): write(tableProtocol, to: &writer)
        case .definition(let definition):
            partitionColumns = definition.partitionColumns
            write(definition, to: &writer)
        case .add(let entry): try write(entry, to: &writer)
        case .remove(let removal): write(removal, to: &writer)
        case .mergeSkip(let path, let reason):
            writer.beginObject()
            writer.key("mergeskip")
            writer.beginObject()
            writer.field("path", path)
            writer.field("reason", reason)
            writer.endObject()
            writer.endObject()
        case .operation(let operation): try write(operation, to: &writer)
        }
    }

    /// The action of one line. An unknown key is an error: what it changes is not known.
    func action(key: ByteString, value: JSONValue) throws(WireError) -> Action {
        let wire = try WireObject(key.display, value)
        switch key {
        case "protocol":
            let found = try Self.tableProtocol(wire)
            try Self.check(found)
            return .tableProtocol(found)
        case "metaData": return .definition(try Self.definition(wire))
        case "add": return .add(try entry(wire))
        case "remove": return .remove(try removal(wire))
        case "mergeskip":
            return .mergeSkip(
                path: try wire.string("path"), reason: try wire.optionalString("reason") ?? "")
        case "firn": return .operation(try operation(wire))
        default: throw WireError(.unsupported, "the action \"\(key)\" is unknown")
        }
    }
}
