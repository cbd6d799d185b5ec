import Bytes

extension AvroEncoder {
    /// Appends a datum of the schema.
    package mutating func encode(_ value: AvroValue, _ schema: AvroSchema) throws(AvroMismatch) {
        try encode(value, schema.root, of: schema)
    }

    /// Appends a datum of one type of the schema.
    package mutating func encode(
        _ value: AvroValue, _ type: AvroSchema.TypeID, of schema: AvroSchema
    ) throws(AvroMismatch) {
        switch (value, schema[type].shape) {
        case (.null, .null): break
        case (.boolean(let value), .boolean): boolean(value)
        case (.int(let value), .int): int(value)
        case (.long(let value), .long): long(value)
        case (.float(let value), .float): float(value)
        case (.double(let value), .double): double(value)
        case (.bytes(let value), .bytes), (.string(let value), .string): string(value)
        case (.fixed(let value), .fixed(let size)) where value.count == size: fixed(value.bytes)
        case (.enumeration(let symbol), .enumeration(let symbols, _)) where symbols.indices.contains(symbol):
            index(symbol)
        case (.record(let values), .record(let fields)) where values.count == fields.count:
            for (field, value) in zip(fields, values) { try encode(value, field.type, of: schema) }
        case (.array(let items), .array(let itemType)):
            beginBlock(count: items.count)
            for item in items { try encode(item, itemType, of: schema) }
            endBlocks()
        case (.map(let entries), .map(let valueType)):
            beginBlock(count: entries.count)
            for entry in entries {
                string(entry.key)
                try encode(entry.value, valueType, of: schema)
            }
            endBlocks()
        case (.union(let branch, let value), .union(let branches)) where branches.indices.contains(branch):
            index(branch)
            try encode(value, branches[branch], of: schema)
        default:
            throw AvroMismatch(description: "\(value) is no \(schema.describe(type))")
        }
    }
}
