package import Bytes

extension JSONValue {
    /// Reads one document that fills `bytes`.
    package static func parse(_ bytes: UnsafeRawBufferPointer) throws(DecodeError) -> JSONValue {
        var reader = JSONReader(bytes)
        let value = try read(&reader, try reader.next())
        _ = try reader.next()
        return value
    }

    /// Reads one document that fills `bytes`.
    package static func parse(_ bytes: [UInt8]) throws(DecodeError) -> JSONValue {
        let result = bytes.withUnsafeBytes { buffer -> Result<JSONValue, DecodeError> in
            do throws(DecodeError) { return .success(try parse(buffer)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// The next value of a reader that stands before one.
    package static func read(_ reader: inout JSONReader) throws(DecodeError) -> JSONValue {
        try read(&reader, try reader.next())
    }

    /// The value that begins with `token`, which the reader has just returned. The reader's depth limit bounds
    /// the recursion.
    package static func read(_ reader: inout JSONReader, _ token: JSONToken) throws(DecodeError) -> JSONValue
    {
        switch token {
        case .null: return .null
        case .true: return .bool(true)
        case .false: return .bool(false)
        case .string: return .string(reader.string)
        case .number: return number(reader)
        case .arrayBegin:
            var elements: [JSONValue] = []
            var next = try reader.next()
            while next != .arrayEnd {
                elements.append(try read(&reader, next))
                next = try reader.next()
            }
            return .array(elements)
        case .objectBegin:
            var object = JSONObject()
            while try reader.next() == .key {
                let key = reader.string
                object.members.append(JSONObject.Member(key: key, value: try read(&reader)))
            }
            return .object(object)
        case .key, .objectEnd, .arrayEnd, .end:
            throw DecodeError(.malformed, at: reader.offset, "a value is expected")
        }
    }

    private static func number(_ reader: JSONReader) -> JSONValue {
        // -0 is a number of its own for doubles, so it keeps its text.
        if let value = reader.int64, value != 0 || reader.text.count == 1 { return .integer(value) }
        if let value = reader.uint64 { return .unsigned(value) }
        return .number(ByteString([UInt8](reader.text)))
    }

    /// Appends the value.
    package func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.value(value)
        case .integer(let value): writer.value(value)
        case .unsigned(let value): writer.value(value)
        case .number(let text): writer.raw(text.bytes)
        case .string(let text): writer.value(text)
        case .array(let elements):
            writer.beginArray()
            for element in elements { element.write(to: &writer) }
            writer.endArray()
        case .object(let object):
            writer.beginObject()
            for member in object.members {
                writer.key(member.key)
                member.value.write(to: &writer)
            }
            writer.endObject()
        }
    }

    /// The document without white space.
    package var compactBytes: [UInt8] { bytes(.compact) }

    /// The document laid out for people, two spaces a level.
    package var indentedBytes: [UInt8] { bytes(.indented) }

    private func bytes(_ style: JSONWriter.Style) -> [UInt8] {
        var writer = JSONWriter(style)
        write(to: &writer)
        return writer.bytes
    }
}
