package import Bytes
package import JSON

extension AvroSchema {
    /// Reads a schema from JSON text.
    package static func parse(_ text: [UInt8]) throws(DecodeError) -> AvroSchema {
        try AvroSchema(json: JSONValue.parse(text))
    }

    /// Reads a schema from JSON text.
    package static func parse(_ text: String) throws(DecodeError) -> AvroSchema {
        try parse(Array(text.utf8))
    }

    /// Reads a schema from JSON.
    ///
    /// - Throws: `malformed` with the place in words, `limitExceeded` for types nested too deeply.
    package init(json: JSONValue) throws(DecodeError) {
        var parser = SchemaParser()
        let root = try parser.type(json, namespace: ByteString(), depth: 0)
        self.init(definitions: parser.definitions, root: root, json: json)
    }
}

/// Builds the table of types; names refer to what stands before them in the text, or around them.
private struct SchemaParser {
    var definitions: [AvroSchema.Definition] = []
    private var named: [ByteString: AvroSchema.TypeID] = [:]

    private static let depthLimit = 64
    private static let simple: [ByteString: AvroSchema.Shape] = [
        "null": .null, "boolean": .boolean, "int": .int, "long": .long, "float": .float, "double": .double,
        "bytes": .bytes, "string": .string,
    ]

    mutating func type(
        _ json: JSONValue, namespace: ByteString, depth: Int
    ) throws(DecodeError) -> AvroSchema.TypeID {
        guard depth < Self.depthLimit else {
            throw DecodeError(.limitExceeded, at: 0, "a schema has more than \(Self.depthLimit) levels")
        }
        switch json {
        case .string(let word): return try reference(word, namespace)
        case .array(let branches): return try union(branches, namespace, depth)
        case .object(let object): return try complex(object, namespace, depth)
        default: throw malformed("a type is neither a name nor an object nor an array")
        }
    }

    private mutating func add(
        _ shape: AvroSchema.Shape, name: ByteString? = nil, aliases: [ByteString] = [],
        attributes: JSONObject = JSONObject()
    ) -> AvroSchema.TypeID {
        definitions.append(
            AvroSchema.Definition(shape: shape, name: name, aliases: aliases, attributes: attributes))
        return AvroSchema.TypeID(index: definitions.count - 1)
    }

    private mutating func reference(
        _ word: ByteString, _ namespace: ByteString
    ) throws(DecodeError) -> AvroSchema.TypeID {
        if let shape = Self.simple[word] { return add(shape) }
        if let type = named[qualify(word, namespace)] ?? named[word] { return type }
        throw malformed("the type \(word) is not defined")
    }

    private mutating func union(
        _ branches: [JSONValue], _ namespace: ByteString, _ depth: Int
    ) throws(DecodeError) -> AvroSchema.TypeID {
        var types: [AvroSchema.TypeID] = []
        var seen: Set<ByteString> = []
        for branch in branches {
            let branchType = try type(branch, namespace: namespace, depth: depth + 1)
            let definition = definitions[branchType.index]
            if case .union = definition.shape { throw malformed("a union stands directly in a union") }
            let identity = definition.name ?? ByteString(definition.shape.word)
            guard seen.insert(identity).inserted else {
                throw malformed("a union has \(identity) more than once")
            }
            types.append(branchType)
        }
        guard !types.isEmpty else { throw malformed("a union has no branches") }
        return add(.union(types))
    }

    private mutating func complex(
        _ object: JSONObject, _ namespace: ByteString, _ depth: Int
    ) throws(DecodeError) -> AvroSchema.TypeID {
        guard let kind = object["type"] else { throw malformed("an object has no type") }
        guard case .string(let word) = kind else {
            return try type(kind, namespace: namespace, depth: depth + 1)
        }
        switch word {
        case "record", "error": return try record(object, namespace, depth)
        case "enum": return try enumeration(object, namespace)
        case "fixed": return try fixed(object, namespace)
        case "array":
            let items = try element(object, "items", namespace, depth)
            return add(.array(items), attributes: rest(object, ["type", "items"]))
        case "map":
            let values = try element(object, "values", namespace, depth)
            return add(.map(values), attributes: rest(object, ["type", "values"]))
        default:
            if let shape = Self.simple[word] { return add(shape, attributes: rest(object, ["type"])) }
            return try reference(word, namespace)
        }
    }

    private mutating func element(
        _ object: JSONObject, _ key: ByteString, _ namespace: ByteString, _ depth: Int
    ) throws(DecodeError) -> AvroSchema.TypeID {
        guard let json = object[key] else { throw malformed("an array or map has no \(key)") }
        return try type(json, namespace: namespace, depth: depth + 1)
    }

    // MARK: Named types

    private static let namedKeys: Set<ByteString> = ["type", "name", "namespace", "aliases"]

    private mutating func record(
        _ object: JSONObject, _ namespace: ByteString, _ depth: Int
    ) throws(DecodeError) -> AvroSchema.TypeID {
        // The name is known before the fields are read, so that they may refer to it.
        let (type, inner) = try declare(object, namespace, .record([]), Self.namedKeys.union(["fields"]))
        guard let list = object["fields"]?.arrayValue else {
            throw malformed("the record \(describe(type)) has no fields")
        }
        var fields: [AvroSchema.Field] = []
        var seen: Set<ByteString> = []
        for json in list {
            guard let member = json.objectValue, let name = member["name"]?.stringValue, !name.isEmpty else {
                throw malformed("a field of \(describe(type)) has no name")
            }
            guard seen.insert(name).inserted else {
                throw malformed("\(describe(type)) has two fields \(name)")
            }
            guard let fieldJSON = member["type"] else {
                throw malformed("the field \(name) of \(describe(type)) has no type")
            }
            fields.append(
                AvroSchema.Field(
                    name: name, type: try self.type(fieldJSON, namespace: inner, depth: depth + 1),
                    defaultValue: member["default"], aliases: strings(member["aliases"]),
                    attributes: rest(member, ["name", "type", "default", "aliases"])))
        }
        definitions[type.index].shape = .record(fields)
        return type
    }

    private mutating func enumeration(
        _ object: JSONObject, _ namespace: ByteString
    ) throws(DecodeError) -> AvroSchema.TypeID {
        let known = Self.namedKeys.union(["symbols", "default"])
        let (type, _) = try declare(object, namespace, .null, known)
        let symbols = strings(object["symbols"])
        guard !symbols.isEmpty, symbols.count == object["symbols"]?.arrayValue?.count,
            Set(symbols).count == symbols.count
        else { throw malformed("the enum \(describe(type)) needs distinct symbols") }
        var fallback: Int?
        if let word = object["default"]?.stringValue {
            fallback = symbols.firstIndex(of: word)
            if fallback == nil { throw malformed("the default of \(describe(type)) is none of its symbols") }
        }
        definitions[type.index].shape = .enumeration(symbols: symbols, fallback: fallback)
        return type
    }

    private mutating func fixed(
        _ object: JSONObject, _ namespace: ByteString
    ) throws(DecodeError) -> AvroSchema.TypeID {
        guard let size = object["size"]?.int64Value, size >= 0, size <= Int64(Int32.max) else {
            throw malformed("a fixed has no size")
        }
        let known = Self.namedKeys.union(["size"])
        return try declare(object, namespace, .fixed(sizeBytes: Int(size)), known).type
    }

    /// Enters a named type; also returns the namespace that holds inside it.
    private mutating func declare(
        _ object: JSONObject, _ namespace: ByteString, _ shape: AvroSchema.Shape, _ known: Set<ByteString>
    ) throws(DecodeError) -> (type: AvroSchema.TypeID, namespace: ByteString) {
        guard let name = object["name"]?.stringValue, !name.isEmpty else {
            throw malformed("a \(object["type"]?.textValue ?? "type") has no name")
        }
        let own = object["namespace"]?.stringValue ?? namespace
        let full = qualify(name, own)
        guard Self.simple[full] == nil, named[full] == nil else {
            throw malformed("the name \(full) is taken")
        }
        let inner = full.bytes.lastIndex(of: UInt8(ascii: ".")).map { ByteString(full.bytes[..<$0]) }
        let aliases = strings(object["aliases"]).map { qualify($0, inner ?? ByteString()) }
        let type = add(shape, name: full, aliases: aliases, attributes: rest(object, known))
        named[full] = type
        return (type, inner ?? ByteString())
    }

    private func qualify(_ name: ByteString, _ namespace: ByteString) -> ByteString {
        if namespace.isEmpty || name.bytes.contains(UInt8(ascii: ".")) { return name }
        return namespace + "." + name
    }

    private func strings(_ json: JSONValue?) -> [ByteString] {
        json?.arrayValue?.compactMap(\.stringValue) ?? []
    }

    private func rest(_ object: JSONObject, _ known: Set<ByteString>) -> JSONObject {
        JSONObject(object.members.filter { !known.contains($0.key) })
    }

    private func describe(_ type: AvroSchema.TypeID) -> String {
        definitions[type.index].name?.display ?? ""
    }

    private func malformed(_ message: String) -> DecodeError {
        DecodeError(.malformed, at: 0, "Avro schema: \(message)")
    }
}
