import Avro
import Bytes

/// Where ``FileRecord`` takes its fields from, one after the other.
protocol FileRecordFields {
    associatedtype Failure: Error
    mutating func long() throws(Failure) -> Int64
    mutating func int() throws(Failure) -> Int32
    mutating func boolean() throws(Failure) -> Bool
    /// A `string` or `bytes`, borrowed.
    mutating func string() throws(Failure) -> UnsafeRawBufferPointer
    /// Whether a union of null and another type is null.
    mutating func isNull() throws(Failure) -> Bool
    /// A map of strings (two an item) or an array of them (one), walked through and borrowed whole.
    mutating func strings(perItem: Int) throws(Failure) -> UnsafeRawBufferPointer
}

extension AvroDecoder: FileRecordFields {
    mutating func isNull() throws(DecodeError) -> Bool { try index(below: 2) == 0 }

    mutating func strings(perItem: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
        let start = offset
        while true {
            let head = try blockHead()
            let content = offset
            for _ in 0..<(head.count * perItem) { _ = try bytes() }
            if let size = head.sizeBytes, offset - content != size {
                throw DecodeError(
                    .malformed, at: content, "\(size) bytes of items are announced, others are there")
            }
            if head.count == 0 { break }
        }
        return UnsafeRawBufferPointer(start: reader.base + start, count: offset - start)
    }
}

/// The fields of records as our own writer writes them, twice as fast as the decoder takes them and without a word
/// of what is wrong: whatever is out of the ordinary is given to the decoder, which reads it or says what it is.
///
/// Unsafe: numbers are loaded eight bytes at a time, so nothing is read unless eight bytes are left, and no
/// string is taken that ends in the last eight.
struct RegularFields: FileRecordFields {
    /// Not told apart: the decoder does.
    struct Irregular: Error {}

    private let base: UnsafeRawPointer
    /// The last place from which eight bytes can be loaded; negative where there is none.
    private let limit: Int
    var offset = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever read through it.
        base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        limit = bytes.count - 8
    }

    /// The byte at the offset, which moves on.
    @inline(__always)
    private mutating func byte() throws(Irregular) -> UInt8 {
        guard offset <= limit else { throw Irregular() }
        let byte = base.load(fromByteOffset: offset, as: UInt8.self)
        offset += 1
        return byte
    }

    @inline(__always)
    private mutating func varint() throws(Irregular) -> UInt64 {
        guard offset <= limit else { throw Irregular() }
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
        guard ends != 0 else { throw Irregular() }
        offset += ends.trailingZeroBitCount / 8 + 1
        var bits = word & (ends ^ (ends &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
        bits = (bits & 0x7F00_7F00_7F00_7F00) >> 1 | bits & 0x007F_007F_007F_007F
        bits = (bits & 0x3FFF_0000_3FFF_0000) >> 2 | bits & 0x0000_3FFF_0000_3FFF
        return (bits & 0x0FFF_FFFF_0000_0000) >> 4 | bits & 0x0000_0000_0FFF_FFFF
    }

    @inline(__always)
    mutating func long() throws(Irregular) -> Int64 {
        let raw = try varint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    @inline(__always)
    mutating func int() throws(Irregular) -> Int32 {
        guard let value = Int32(exactly: try long()) else { throw Irregular() }
        return value
    }

    @inline(__always)
    mutating func boolean() throws(Irregular) -> Bool {
        let byte = try byte()
        guard byte <= 1 else { throw Irregular() }
        return byte == 1
    }

    @inline(__always)
    mutating func string() throws(Irregular) -> UnsafeRawBufferPointer {
        let raw = try varint()
        // An even number is a length; what is left is never negative here.
        guard raw & 1 == 0, raw >> 1 <= UInt64(max(0, limit - offset)) else { throw Irregular() }
        let length = Int(truncatingIfNeeded: raw >> 1)
        let start = offset
        offset += length
        return UnsafeRawBufferPointer(start: base + start, count: length)
    }

    @inline(__always)
    mutating func isNull() throws(Irregular) -> Bool {
        let byte = try byte()
        guard byte == 0 || byte == 2 else { throw Irregular() }
        return byte == 0
    }

    @inline(__always)
    mutating func strings(perItem: Int) throws(Irregular) -> UnsafeRawBufferPointer {
        let start = offset
        let count = try long()
        if count != 0 {
            // One block of as many items as can be there.
            guard count > 0, count <= Int64(max(0, limit - offset)) else { throw Irregular() }
            for _ in 0..<(Int(truncatingIfNeeded: count) &* perItem) { _ = try string() }
            guard try byte() == 0 else { throw Irregular() }
        }
        return UnsafeRawBufferPointer(start: base + start, count: offset - start)
    }
}
