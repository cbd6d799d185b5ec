package import Bytes

extension JSONWriter {
    /// Appends `text` in quotes, escaped.
    mutating func quote(_ text: UnsafeRawBufferPointer) {
        bytes.append(UInt8(ascii: "\""))
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") {
                index += 1
                continue
            }
            if byte >= 0x80 {
                let length = utf8SequenceLength(text, at: index)
                if length > 0 {
                    index += length
                    continue
                }
            }
            bytes.append(contentsOf: text[start..<index])
            escape(byte)
            index += 1
            start = index
        }
        bytes.append(contentsOf: text[start..<index])
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): append("\\\"")
        case UInt8(ascii: "\\"): append("\\\\")
        case 0x08: append("\\b")
        case 0x0C: append("\\f")
        case 0x0A: append("\\n")
        case 0x0D: append("\\r")
        case 0x09: append("\\t")
        case 0x80...: append("\u{FFFD}")
        default:
            append("\\u")
            bytes.append(contentsOf: Hex.string(UInt64(byte), width: 4).utf8)
        }
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }
}

// A key with its value, which is what most callers write.
extension JSONWriter {
    package mutating func field(_ name: String, _ content: ByteString?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: String?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: Int64?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: UInt64?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: Int?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: Double?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: Bool?) {
        key(name)
        if let content { value(content) } else { null() }
    }

    package mutating func field(_ name: String, _ content: JSONValue) {
        key(name)
        content.write(to: &self)
    }
}
