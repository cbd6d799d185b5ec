import Bytes
import JSON

extension AvroSchema {
    /// The datum that a default in JSON stands for; nil where it does not fit the type.
    ///
    /// A union's default belongs to its first branch by the older rules and to any by the newer, so the first
    /// that it fits is taken.
    func value(ofDefault json: JSONValue, for type: TypeID, depth: Int = 0) -> AvroValue? {
        guard depth < 64 else { return nil }
        switch self[type].shape {
        case .null: return json.isNull ? .null : nil
        case .boolean: return json.boolValue.map { .boolean($0) }
        case .int: return json.int64Value.flatMap { Int32(exactly: $0) }.map { .int($0) }
        case .long: return json.int64Value.map { .long($0) }
        case .float: return json.doubleValue.map { .float(Float($0)) }
        case .double: return json.doubleValue.map { .double($0) }
        case .string: return json.stringValue.map { .string($0) }
        case .bytes: return Self.bytes(json).map { .bytes($0) }
        case .fixed(let size):
            guard let bytes = Self.bytes(json), bytes.count == size else { return nil }
            return .fixed(bytes)
        case .enumeration(let symbols, _):
            return json.stringValue.flatMap { symbols.firstIndex(of: $0) }.map { .enumeration($0) }
        case .array(let item):
            return json.arrayValue.flatMap { list(of: $0, item, depth) }.map { .array($0) }
        case .map(let valueType):
            guard let members = json.objectValue?.members,
                let values = list(of: members.map(\.value), valueType, depth)
            else { return nil }
            return .map(zip(members, values).map { AvroValue.Entry($0.key, $1) })
        case .union(let branches):
            for (index, branch) in branches.enumerated() {
                if let value = value(ofDefault: json, for: branch, depth: depth + 1) {
                    return .union(index, value)
                }
            }
            return nil
        case .record(let fields):
            guard let object = json.objectValue else { return nil }
            var values: [AvroValue] = []
            for field in fields {
                guard let json = object[field.name] ?? field.defaultValue,
                    let value = value(ofDefault: json, for: field.type, depth: depth + 1)
                else { return nil }
                values.append(value)
            }
            return .record(values)
        }
    }

    private func list(of elements: [JSONValue], _ type: TypeID, _ depth: Int) -> [AvroValue]? {
        let values = elements.compactMap { value(ofDefault: $0, for: type, depth: depth + 1) }
        return values.count == elements.count ? values : nil
    }

    /// In JSON each byte is the character with its code point.
    private static func bytes(_ json: JSONValue) -> ByteString? {
        guard let text = json.textValue else { return nil }
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return ByteString(bytes)
    }
}
