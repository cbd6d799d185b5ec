import Bytes
import JSON
import Metadata
import Tables

/// `firn set`: a property, or all of them.
enum SetCommand: Command {
    static let syntax = CommandSyntax(
        name: "set", operands: "STORE/TABLE [NAME [VALUE]]",
        summary: "Set a table's property, take it back to its default, or list all",
        options: [.init("json", help: "list the properties as one JSON object")],
        details: """
            With a VALUE the property is set, without one it goes back to its default, and without a NAME all properties
            are listed: value, whether it was set, the values that are allowed, and what it is for. A value that is not
            allowed is refused with those that are. The same as writing the file properties/NAME of a mounted table.

              firn set store/flights state.compression snappy
              firn set store/flights state.compression
              firn set store/flights
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard (1...3).contains(operands.count) else {
            throw UsageError("STORE/TABLE, perhaps NAME and VALUE are expected", command: syntax.name)
        }
        let isListing = operands.count == 1
        return try TableAddress(operands[0]).withTable(command: "set", readOnly: isListing) { _, table in
            if isListing {
                let properties = table.state.properties
                console.print(bytes: arguments.has("json") ? json(properties) : Array(text(properties).utf8))
            } else {
                try table.setProperty(operands[1], operands.count == 3 ? operands[2] : nil)
            }
            return 0
        }
    }

    private static func text(_ properties: TableProperties) -> String {
        var lines = ""
        for (declaration, value, isSet) in properties.all {
            lines += "\(declaration.name) = \(value.display)\(isSet ? " (set)" : "")\n"
            lines += "    \(declaration.summary)\n"
            lines += "    Allowed: \(declaration.allowed). Default: \(declaration.defaultText).\n"
        }
        return lines
    }

    private static func json(_ properties: TableProperties) -> [UInt8] {
        var object = JSONObject()
        for (declaration, value, isSet) in properties.all {
            object[ByteString(declaration.name)] = .object([
                "value": .string(value), "isSet": .bool(isSet),
                "default": .string(ByteString(declaration.defaultText)),
                "allowed": .string(ByteString(declaration.allowed)),
                "summary": .string(ByteString(declaration.summary)),
            ])
        }
        return JSONValue.object(object).compactBytes + [UInt8(ascii: "\n")]
    }
}
