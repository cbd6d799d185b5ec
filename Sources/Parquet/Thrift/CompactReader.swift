import Bytes

/// Thrift's compact protocol, as far as Parquet's structures need it.
///
/// Every count is checked against the bytes that are left before anything is allocated: an element
/// takes at least one byte.
struct CompactReader {
    /// The wire type of a field or an element.
    enum WireType: UInt8 {
        case stop = 0
        case yes = 1
        case no = 2
        case int8 = 3
        case int16 = 4
        case int32 = 5
        case int64 = 6
        case double = 7
        case binary = 8
        case list = 9
        case set = 10
        case map = 11
        case structure = 12
    }

    /// The head of a field: its number and the type of the value that follows.
    struct Field {
        var id: Int
        var type: WireType
    }

    private static let deepest = 32

    var bytes: ByteReader
    private var depth = 0

    init(_ bytes: ByteReader) { self.bytes = bytes }

    private func malformed(_ message: String) -> DecodeError {
        DecodeError(.malformed, at: bytes.offset, message)
    }

    private func wireType(_ code: UInt8) throws(DecodeError) -> WireType {
        guard let type = WireType(rawValue: code) else { throw malformed("no thrift type has code \(code)") }
        return type
    }

    /// Reads a structure; `body` consumes the value of each field, or calls ``skip(_:)``.
    mutating func structure(
        _ body: (inout CompactReader, Field) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw malformed("structures are nested too deeply") }
        var last = 0
        while true {
            let head = try bytes.uint8()
            if head == 0 { return }
            let delta = Int(head >> 4)
            let type = try wireType(head & 0x0F)
            guard type != .stop else { throw malformed("a field has no type") }
            if delta == 0 {
                last = Int(truncatingIfNeeded: try bytes.zigzag())
            } else {
                last &+= delta
            }
            try body(&self, Field(id: last, type: type))
        }
    }

    /// Reads a structure that is the value of `field`.
    mutating func structure(
        _ field: Field, _ body: (inout CompactReader, Field) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        try expect(field, .structure)
        try structure(body)
    }

    /// Calls `body` for each element of the list that is the value of `field`.
    mutating func list(
        _ field: Field, _ body: (inout CompactReader, Field) throws(DecodeError) -> Void
    ) throws(DecodeError) {
        guard field.type == .list || field.type == .set else {
            throw malformed("field \(field.id) is not a list")
        }
        let (count, type) = try listHead()
        // Booleans in lists carry their value in a byte of their own.
        for index in 0..<count { try body(&self, Field(id: index, type: type)) }
    }

    private mutating func listHead() throws(DecodeError) -> (count: Int, type: WireType) {
        let head = try bytes.uint8()
        let type = try wireType(head & 0x0F)
        let short = Int(head >> 4)
        let count = short < 15 ? UInt64(short) : try bytes.varint()
        guard count <= UInt64(bytes.remaining) else {
            throw malformed("a list claims \(count) elements, \(bytes.remaining) bytes are left")
        }
        return (Int(count), type)
    }

    private func expect(_ field: Field, _ type: WireType) throws(DecodeError) {
        guard field.type == type else {
            throw malformed("field \(field.id) is of type \(field.type), not \(type)")
        }
    }

    /// A signed integer of any width.
    mutating func integer(_ field: Field) throws(DecodeError) -> Int {
        switch field.type {
        case .int8: return Int(Int8(bitPattern: try bytes.uint8()))
        case .int16, .int32, .int64: return Int(try bytes.zigzag())
        default: throw malformed("field \(field.id) is not an integer")
        }
    }

    /// A boolean field; the value is in the type.
    mutating func boolean(_ field: Field) throws(DecodeError) -> Bool {
        guard field.type == .yes || field.type == .no else {
            throw malformed("field \(field.id) is no boolean")
        }
        return field.type == .yes
    }

    /// A boolean that is an element of a list.
    mutating func booleanElement() throws(DecodeError) -> Bool { try bytes.uint8() == 1 }

    mutating func binary(_ field: Field) throws(DecodeError) -> ByteString {
        try expect(field, .binary)
        let length = try bytes.varint()
        guard length <= UInt64(bytes.remaining) else { throw malformed("a string is longer than the data") }
        return ByteString(try bytes.bytes(Int(length)))
    }

    /// Passes over the value of a field that is of no interest.
    mutating func skip(_ field: Field) throws(DecodeError) { try skip(field.type, inList: false) }

    private mutating func skip(_ type: WireType, inList: Bool) throws(DecodeError) {
        switch type {
        case .stop: throw malformed("a value has no type")
        case .yes, .no: if inList { try bytes.skip(1) }
        case .int8: try bytes.skip(1)
        case .int16, .int32, .int64: _ = try bytes.varint()
        case .double: try bytes.skip(8)
        case .binary:
            let length = try bytes.varint()
            try bytes.skip(Int(clamping: length))
        case .list, .set:
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.deepest else { throw malformed("lists are nested too deeply") }
            let (count, element) = try listHead()
            for _ in 0..<count { try skip(element, inList: true) }
        case .map: try skipMap()
        case .structure:
            try structure { (reader, field) throws(DecodeError) in try reader.skip(field) }
        }
    }

    private mutating func skipMap() throws(DecodeError) {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw malformed("maps are nested too deeply") }
        let count = try bytes.varint()
        if count == 0 { return }
        let types = try bytes.uint8()
        guard count <= UInt64(bytes.remaining) else { throw malformed("a map claims \(count) entries") }
        for _ in 0..<count {
            try skip(try wireType(types >> 4), inList: true)
            try skip(try wireType(types & 0x0F), inList: true)
        }
    }
}
