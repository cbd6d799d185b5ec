package import Bytes

// Single keys: bounds of partitions, keys that people type, names of ranges.
extension KeyEncoder {
    /// The key of some values, one for each of the first key columns; nil is null.
    ///
    /// Fewer values than key columns make a prefix, which sorts before every key that begins with them.
    package func encode(values: [TypedValue?]) -> ByteString {
        precondition(values.count <= columns.count)
        let used = Array(columns[..<values.count])
        var builder = BatchBuilder(schema: used)
        builder.append(row: values)
        return KeyEncoder(columns: used).encode(builder.finish())[0]
    }

    /// The key of values as text; nil where a text is no value of its column's type.
    package func encode(texts: [ByteString?]) -> ByteString? {
        guard texts.count <= columns.count else { return nil }
        var values: [TypedValue?] = []
        for (text, column) in zip(texts, columns) {
            guard let text else {
                values.append(nil)
                continue
            }
            guard let value = ValueText.parse(text, column.type) else { return nil }
            values.append(value)
        }
        return encode(values: values)
    }

    /// The values of a key, or of a prefix that ends with a whole column; nil is null.
    package func decode(values key: ByteString) throws(DecodeError) -> [TypedValue?] {
        try key.bytes.withByteReader { (reader) throws(DecodeError) in
            var result: [TypedValue?] = []
            for column in columns {
                if reader.isAtEnd { break }
                let tagOffset = reader.offset
                switch try reader.uint8() {
                case 0: result.append(nil)
                case 1: result.append(try Self.value(&reader, column.type))
                default: throw DecodeError(.malformed, at: tagOffset, "a key has no such tag")
                }
            }
            if !reader.isAtEnd {
                throw DecodeError(.malformed, at: reader.offset, "a key has more than its columns")
            }
            return result
        }
    }

    /// The values of a key as text; nil is null.
    package func decode(_ key: ByteString) throws(DecodeError) -> [ByteString?] {
        zip(try decode(values: key), columns).map { value, column in
            value.map { ValueText.text($0, column.type) }
        }
    }

    private static func value(_ reader: inout ByteReader, _ type: ColumnType) throws(DecodeError)
        -> TypedValue
    {
        switch type.lane {
        case .boolean: return .boolean(try reader.uint8() != 0)
        case .int32:
            let bits = UInt32(bigEndian: try reader.integer(UInt32.self))
            return .integer(type.isUnsigned ? Int128(bits) : Int128(Int32(bitPattern: bits ^ (1 << 31))))
        case .int64:
            let bits = UInt64(bigEndian: try reader.integer(UInt64.self))
            return .integer(type.isUnsigned ? Int128(bits) : Int128(Int64(bitPattern: bits ^ (1 << 63))))
        case .int128:
            let bits = UInt128(bigEndian: try reader.integer(UInt128.self))
            return .integer(Int128(bitPattern: bits ^ (1 << 127)))
        case .float: return .floating(Double(KeyBits.float(UInt32(bigEndian: try reader.uint32()))))
        case .double: return .floating(KeyBits.double(UInt64(bigEndian: try reader.uint64())))
        case .bytes: return .bytes(try string(&reader))
        case .none: throw DecodeError(.malformed, at: reader.offset, "a column without type has a value")
        }
    }

    private static func string(_ reader: inout ByteReader) throws(DecodeError) -> ByteString {
        var bytes: [UInt8] = []
        while true {
            let byte = try reader.uint8()
            if byte == 0 {
                // 00 FF is a zero byte; anything else after 00 begins the next column.
                guard !reader.isAtEnd else { return ByteString(bytes) }
                let next = try reader.uint8()
                if next != 0xFF {
                    try reader.seek(to: reader.offset - 1)
                    return ByteString(bytes)
                }
            }
            bytes.append(byte)
        }
    }
}
