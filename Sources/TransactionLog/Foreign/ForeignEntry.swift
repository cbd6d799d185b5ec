import Avro
import Bytes
import JSON
import Metadata
import Records

/// A file of IndexTables with everything that is said of it, known here or not: the object of its `add`.
struct ForeignEntry: Sendable {
    let path: ByteString
    /// Without the fields that are null.
    private(set) var add: JSONObject
    /// 0 where nobody knows.
    var addedAtVersion: Int64
    var addedAtTimestamp: Int64

    init(_ value: JSONValue, version: Int64, timestamp: Int64) throws(WireError) {
        let wire = try WireObject("add", value)
        path = try wire.string("path")
        add = JSONObject(wire.object.members.filter { !$0.value.isNull })
        addedAtVersion = version
        addedAtTimestamp = timestamp
    }

    var wire: WireObject {
        get throws(WireError) { try WireObject("add", .object(add)) }
    }

    var sizeBytes: Int64 { get throws(WireError) { try wire.integer("size") } }

    /// In the order of the columns; what is absent is null.
    func partitionValues(_ columns: [ByteString]) -> PartitionTuple {
        let values = add["partitionValues"]?.objectValue
        return PartitionTuple(
            columns.map { column in
                let value = values?[column]?.stringValue
                return value == PartitionPath.null ? nil : value
            })
    }
}

// MARK: Avro

extension ForeignEntry {
    /// The field in which a manifest of ours carries what the format has no field for, as a JSON object.
    static let others: ByteString = "otherFields"
    private static let addedAtVersionField: ByteString = "addedAtVersion"
    private static let addedAtTimestampField: ByteString = "addedAtTimestamp"

    /// The fields of ``ForeignSchemas/fileEntry``.
    private static let known: Set<ByteString> = Set(
        (ParsedForeignSchemas.fileEntry.recordFields ?? []).map(\.name))

    /// A record as its own file describes it.
    init(_ record: AvroValue, of schema: AvroSchema) throws(WireError) {
        guard case .record(let values) = record, let fields = schema.recordFields else {
            throw WireError(.malformed, "an entry is no record")
        }
        var members: [JSONObject.Member] = []
        var version: Int64 = 0
        var timestamp: Int64 = 0
        for (field, value) in zip(fields, values) {
            if field.name == Self.addedAtVersionField {
                version = value.integerValue ?? 0
            } else if field.name == Self.addedAtTimestampField {
                timestamp = value.integerValue ?? 0
            } else if field.name == Self.others, let text = value.bytesValue {
                members += try Self.members(text)
            } else {
                members.append(.init(key: field.name, value: try Self.json(value, field.name)))
            }
        }
        try self.init(.object(JSONObject(members)), version: version, timestamp: timestamp)
    }

    private static func members(_ text: ByteString) throws(WireError) -> [JSONObject.Member] {
        guard let object = (try? JSONValue.parse(text.bytes))?.objectValue else {
            throw WireError(.malformed, "\(others) is no JSON object")
        }
        return object.members
    }

    private static func json(_ value: AvroValue, _ field: ByteString) throws(WireError) -> JSONValue {
        switch value.unwrapped {
        case .null: return .null
        case .boolean(let value): return .bool(value)
        case .int(let value): return .integer(Int64(value))
        case .long(let value): return .integer(value)
        case .float(let value): return .double(Double(value))
        case .double(let value): return .double(value)
        case .string(let value): return .string(value)
        case .array(let items):
            var elements: [JSONValue] = []
            for item in items { elements.append(try json(item, field)) }
            return .array(elements)
        case .map(let entries):
            var members: [JSONObject.Member] = []
            for entry in entries {
                members.append(.init(key: entry.key, value: try json(entry.value, field)))
            }
            return .object(JSONObject(members))
        default:
            throw WireError(
                .unsupported, "the field \"\(field)\" is of a type that cannot be carried into a new state")
        }
    }

    /// What the format's record has no field for; nil where there is nothing.
    var otherFields: ByteString? {
        let others = add.members.filter { !Self.known.contains($0.key) }
        return others.isEmpty ? nil : ByteString(JSONValue.object(JSONObject(others)).compactBytes)
    }

    /// Writes a record of ``ForeignSchemas/fileEntry``, or of that with ``others`` behind it.
    func write(to encoder: inout AvroEncoder, withOthers: Bool) throws(WireError) {
        let wire = try wire
        encoder.string(path)
        Self.write(try wire.optionalMembers("partitionValues") ?? [], to: &encoder)
        encoder.long(try wire.integer("size"))
        encoder.long(try wire.integer("modificationTime"))
        encoder.boolean(try wire.boolean("dataChange", default: true))
        encoder.optional(try wire.optionalString("stats"))
        for bounds: StaticString in ["minValues", "maxValues"] {
            if let members = try wire.optionalMembers(bounds) {
                encoder.index(1)
                Self.write(members, to: &encoder)
            } else {
                encoder.null()
            }
        }
        encoder.optional(try wire.optionalInteger("numRecords"))
        encoder.optional(try wire.optionalInteger("footerStartOffset"))
        encoder.optional(try wire.optionalInteger("footerEndOffset"))
        encoder.boolean(try wire.boolean("hasFooterOffsets", default: false))
        encoder.optional(try wire.optionalInteger("deleteOpstamp"))
        Self.write(try wire.optionalStrings("splitTags"), to: &encoder)
        encoder.optional(try wire.optionalInteger("numMergeOps"))
        encoder.optional(try wire.optionalString("docMappingJson"))
        encoder.optional(try wire.optionalString("docMappingRef"))
        encoder.optional(try wire.optionalInteger("uncompressedSizeBytes"))
        encoder.optional(try Self.time(wire, "timeRangeStart"))
        encoder.optional(try Self.time(wire, "timeRangeEnd"))
        encoder.long(addedAtVersion)
        encoder.long(addedAtTimestamp)
        Self.write(try wire.optionalStrings("companionSourceFiles"), to: &encoder)
        encoder.optional(try wire.optionalInteger("companionDeltaVersion"))
        encoder.optional(try wire.optionalString("companionFastFieldMode"))
        if withOthers { encoder.optional(otherFields) }
    }

    /// A map has no nulls: a value that is null has no key.
    private static func write(_ members: [JSONObject.Member], to encoder: inout AvroEncoder) {
        let texts = members.compactMap { member in member.value.stringValue.map { (member.key, $0) } }
        encoder.items(texts) { encoder, text in
            encoder.string(text.0)
            encoder.string(text.1)
        }
    }

    private static func write(_ strings: [ByteString]?, to encoder: inout AvroEncoder) {
        guard let strings else { return encoder.null() }
        encoder.index(1)
        encoder.strings(strings)
    }

    /// Some writers have a number where the format has a text.
    private static func time(_ wire: WireObject, _ key: StaticString) throws(WireError) -> ByteString? {
        if let number = wire.value(key)?.int64Value { return ByteString(String(number)) }
        return try wire.optionalString(key)
    }
}
