import Avro
import Bytes

/// Goes over the fields of a manifest's records: what stands there as our own writer writes it is taken at once, and
/// anything out of the ordinary is left to ``AvroDecoder``, which reads it or says what is wrong with it.
///
/// Unsafe: numbers are loaded eight bytes at a time, and only where eight bytes are left.
struct RecordCursor {
    private let base: UnsafeRawPointer
    private let count: Int
    private(set) var offset = 0

    /// - Precondition: `bytes` outlive the cursor.
    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever read through it.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        count = bytes.count
    }

    /// A cursor where the decoder stands, over the same bytes.
    init(_ decoder: AvroDecoder) {
        base = decoder.reader.base
        count = decoder.reader.count
        offset = decoder.offset
    }

    /// A `long`.
    @inline(__always)
    mutating func long() throws(DecodeError) -> Int64 {
        let raw = try varint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    @inline(__always)
    mutating func int() throws(DecodeError) -> Int32 {
        let start = offset
        let wide = try long()
        if let value = Int32(exactly: wide) { return value }
        offset = start
        return try decoding { (decoder) throws(DecodeError) in try decoder.int() }
    }

    @inline(__always)
    mutating func boolean() throws(DecodeError) -> Bool {
        if offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte <= 1 {
                offset += 1
                return byte == 1
            }
        }
        return try decoding { (decoder) throws(DecodeError) in try decoder.boolean() }
    }

    /// A `string` or `bytes`, borrowed.
    @inline(__always)
    mutating func string() throws(DecodeError) -> UnsafeRawBufferPointer {
        let start = offset
        let raw = try varint()
        // An even number is a length that is not negative.
        if raw & 1 == 0, raw >> 1 <= UInt64(count - offset) {
            let content = UnsafeRawBufferPointer(
                start: base + offset, count: Int(truncatingIfNeeded: raw >> 1))
            offset += content.count
            return content
        }
        offset = start
        return try decoding { (decoder) throws(DecodeError) in try decoder.bytes() }
    }

    /// Whether a union of null and another type is null.
    @inline(__always)
    mutating func isNull() throws(DecodeError) -> Bool {
        if offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte == 0 || byte == 2 {
                offset += 1
                return byte == 0
            }
        }
        return try decoding { (decoder) throws(DecodeError) in try decoder.index(below: 2) == 0 }
    }

    /// How many items of an array or a map are next; 0 at its end.
    mutating func itemCount() throws(DecodeError) -> Int {
        if offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte & 0x81 == 0 {
                offset += 1
                return Int(byte >> 1)
            }
        }
        return try decoding { (decoder) throws(DecodeError) in try decoder.blockHead().count }
    }

    /// A map of strings (two an item) or an array of them (one), walked through and borrowed whole.
    @inline(__always)
    mutating func strings(perItem: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
        let start = offset
        // Mostly one block of a few items.
        if offset < count {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            if byte & 0x81 == 0 {
                offset += 1
                for _ in 0..<(Int(byte >> 1) * perItem) { _ = try string() }
                if byte == 0 { return borrowed(from: start) }
                if endsHere() { return borrowed(from: start) }
            }
        }
        offset = start
        try decoding { (decoder) throws(DecodeError) in try Self.walk(&decoder, perItem) }
        return borrowed(from: start)
    }

    /// Whether no other block follows; what ends an array or a map is passed over.
    @inline(__always)
    private mutating func endsHere() -> Bool {
        guard offset < count, base.load(fromByteOffset: offset, as: UInt8.self) == 0 else { return false }
        offset += 1
        return true
    }

    private static func walk(_ decoder: inout AvroDecoder, _ perItem: Int) throws(DecodeError) {
        while true {
            let head = try decoder.blockHead()
            let content = decoder.offset
            for _ in 0..<(head.count * perItem) { _ = try decoder.bytes() }
            if let size = head.sizeBytes, decoder.offset - content != size {
                throw DecodeError(
                    .malformed, at: content, "\(size) bytes of items are announced, others are there")
            }
            if head.count == 0 { return }
        }
    }

    private func borrowed(from start: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + start, count: offset - start)
    }

    @inline(__always)
    private mutating func varint() throws(DecodeError) -> UInt64 {
        if offset <= count - 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            if word & 0x80 == 0 {
                offset += 1
                return word & 0x7F
            }
            if word & 0x8000 == 0 {
                offset += 2
                return word & 0x7F | (word & 0x7F00) >> 1
            }
            // The lowest byte without its high bit is the last; the groups of seven bits close up two by two.
            let ends = ~word & 0x8080_8080_8080_8080
            if ends != 0 {
                offset += ends.trailingZeroBitCount / 8 + 1
                var bits = word & (ends ^ (ends &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
                bits = (bits & 0x7F00_7F00_7F00_7F00) >> 1 | bits & 0x007F_007F_007F_007F
                bits = (bits & 0x3FFF_0000_3FFF_0000) >> 2 | bits & 0x0000_3FFF_0000_3FFF
                return (bits & 0x0FFF_FFFF_0000_0000) >> 4 | bits & 0x0000_0000_0FFF_FFFF
            }
        }
        return try decoding { (decoder) throws(DecodeError) in try decoder.reader.varint() }
    }

    /// The decoder's turn, from here on.
    @inline(never)
    private mutating func decoding<R>(
        _ body: (inout AvroDecoder) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        var decoder = AvroDecoder(UnsafeRawBufferPointer(start: base, count: count))
        try decoder.reader.seek(to: offset)
        let value = try body(&decoder)
        offset = decoder.offset
        return value
    }
}
