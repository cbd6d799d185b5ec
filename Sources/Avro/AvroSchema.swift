package import Bytes
package import JSON

/// An Avro schema: its JSON as it was written, and a table of the types in it.
///
/// Types refer to each other by ``TypeID``, so a recursive schema is a plain value.
package struct AvroSchema: Sendable {
    /// The place of a type in the table.
    package struct TypeID: Hashable, Sendable {
        package let index: Int
    }

    /// What the values of a type look like.
    package enum Shape: Equatable, Sendable {
        case null, boolean, int, long, float, double, bytes, string
        case record([Field])
        /// `fallback` is the index of the symbol that a reader takes for one that it does not know.
        case enumeration(symbols: [ByteString], fallback: Int?)
        case array(TypeID)
        case map(TypeID)
        case union([TypeID])
        case fixed(sizeBytes: Int)
    }

    /// A field of a record.
    package struct Field: Equatable, Sendable {
        package var name: ByteString
        package var type: TypeID
        /// The default as JSON; a default of null is `.null`, none is nil.
        package var defaultValue: JSONValue?
        package var aliases: [ByteString]
        /// Everything else that the field says: `doc`, `order`, `field-id` and whatever others invent.
        package var attributes: JSONObject
    }

    /// One type of the table.
    package struct Definition: Equatable, Sendable {
        package var shape: Shape
        /// The full name of a record, enum or fixed.
        package var name: ByteString?
        /// Full names.
        package var aliases: [ByteString]
        /// Everything else that the type says: `doc`, `logicalType`, `precision` and so on.
        package var attributes: JSONObject

        /// The logical type; readers that do not know it see the type below.
        package var logicalType: ByteString? { attributes["logicalType"]?.stringValue }
    }

    package let definitions: [Definition]
    package let root: TypeID
    /// The schema as it was written: attributes, order and all.
    package let json: JSONValue

    init(definitions: [Definition], root: TypeID, json: JSONValue) {
        self.definitions = definitions
        self.root = root
        self.json = json
    }

    package subscript(_ type: TypeID) -> Definition { definitions[type.index] }

    /// The schema as compact JSON text, every attribute kept in its place.
    package var jsonText: [UInt8] { json.compactBytes }

    /// The fields of a schema that is a record; nil for any other.
    package var recordFields: [Field]? {
        if case .record(let fields) = self[root].shape { fields } else { nil }
    }
}

extension AvroSchema.Shape {
    /// The type's word in JSON.
    package var word: String {
        switch self {
        case .null: "null"
        case .boolean: "boolean"
        case .int: "int"
        case .long: "long"
        case .float: "float"
        case .double: "double"
        case .bytes: "bytes"
        case .string: "string"
        case .record: "record"
        case .enumeration: "enum"
        case .array: "array"
        case .map: "map"
        case .union: "union"
        case .fixed: "fixed"
        }
    }
}

extension AvroSchema {
    /// A type for people: its full name, or its word.
    package func describe(_ type: TypeID) -> String {
        self[type].name?.display ?? self[type].shape.word
    }

    /// Whether values of the type take no bytes at all.
    ///
    /// A record that contains itself without a union between has no finite value and counts as empty.
    func isEmpty(_ type: TypeID) -> Bool {
        var visited: Set<TypeID> = []
        return isEmpty(type, &visited)
    }

    private func isEmpty(_ type: TypeID, _ visited: inout Set<TypeID>) -> Bool {
        switch self[type].shape {
        case .null: return true
        case .fixed(let sizeBytes): return sizeBytes == 0
        case .record(let fields):
            guard visited.insert(type).inserted else { return true }
            return fields.allSatisfy { isEmpty($0.type, &visited) }
        default: return false
        }
    }
}
