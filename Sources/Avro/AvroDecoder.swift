public import Bytes

/// Avro's primitives over borrowed bytes, every length bounded by what is left.
@frozen
@usableFromInline
package struct AvroDecoder {
    @usableFromInline package var reader: ByteReader

    /// - Precondition: `bytes` outlives the decoder.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer) { reader = ByteReader(bytes) }

    @inlinable package var isAtEnd: Bool { reader.isAtEnd }
    @inlinable package var offset: Int { reader.offset }
    @inlinable package var remaining: Int { reader.remaining }

    /// One byte, 0 or 1.
    @inlinable
    package mutating func boolean() throws(DecodeError) -> Bool {
        let byte = try reader.uint8()
        guard byte <= 1 else { throw notBoolean(byte) }
        return byte == 1
    }

    /// A zigzag varint of 32 bits.
    @inlinable
    package mutating func int() throws(DecodeError) -> Int32 {
        let wide = try reader.zigzag()
        guard let value = Int32(exactly: wide) else { throw notInt(wide) }
        return value
    }

    /// A zigzag varint of 64 bits.
    @inlinable
    package mutating func long() throws(DecodeError) -> Int64 { try reader.zigzag() }

    @inlinable package mutating func float() throws(DecodeError) -> Float { try reader.float() }
    @inlinable package mutating func double() throws(DecodeError) -> Double { try reader.double() }

    /// The length and content of a `bytes`, borrowed.
    @inlinable
    package mutating func bytes() throws(DecodeError) -> UnsafeRawBufferPointer {
        let start = reader.offset
        let length = try reader.zigzag()
        guard length >= 0, length <= Int64(reader.remaining) else { throw badLength(length, at: start) }
        return try reader.slice(Int(truncatingIfNeeded: length))
    }

    /// The content of a `string`, borrowed. That it is UTF-8 is for the caller to check where it matters.
    @inlinable
    package mutating func string() throws(DecodeError) -> UnsafeRawBufferPointer { try bytes() }

    /// The next `size` bytes, borrowed.
    @inlinable
    package mutating func fixed(_ size: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
        try reader.slice(size)
    }

    /// The branch of a union or the symbol of an enum, below `count`.
    @inlinable
    package mutating func index(below count: Int) throws(DecodeError) -> Int {
        let start = reader.offset
        let value = try reader.zigzag()
        guard value >= 0, value < Int64(count) else { throw badIndex(value, count, at: start) }
        return Int(truncatingIfNeeded: value)
    }

    /// The head of a block of array items or map entries.
    @frozen
    @usableFromInline
    package struct BlockHead {
        @usableFromInline package var count: Int
        /// The length of the items, where the writer says it (it then writes the count as negative).
        @usableFromInline package var sizeBytes: Int?

        @inlinable
        init(count: Int, sizeBytes: Int?) {
            self.count = count
            self.sizeBytes = sizeBytes
        }
    }

    /// The head of the next block; a count of 0 ends the array or map.
    ///
    /// - Parameter emptyItems: whether items take no bytes, so that the count is not bounded by what is left.
    @inlinable
    package mutating func blockHead(emptyItems: Bool = false) throws(DecodeError) -> BlockHead {
        let start = reader.offset
        let count = try reader.zigzag()
        if count >= 0 {
            guard emptyItems || count <= Int64(reader.remaining) else { throw badCount(count, at: start) }
            return BlockHead(count: Int(truncatingIfNeeded: count), sizeBytes: nil)
        }
        return try sizedBlockHead(count, emptyItems: emptyItems, at: start)
    }

    @usableFromInline
    mutating func sizedBlockHead(
        _ negative: Int64, emptyItems: Bool, at start: Int
    ) throws(DecodeError) -> BlockHead {
        guard negative != .min else { throw badCount(negative, at: start) }
        let size = try reader.zigzag()
        guard size >= 0, size <= Int64(reader.remaining) else { throw badLength(size, at: start) }
        guard emptyItems || -negative <= size else { throw badCount(-negative, at: start) }
        return BlockHead(count: Int(-negative), sizeBytes: Int(size))
    }
}

// The errors, out of the way of the code that is inlined.
extension AvroDecoder {
    @usableFromInline
    func notBoolean(_ byte: UInt8) -> DecodeError {
        DecodeError(.malformed, at: reader.offset - 1, "a boolean is \(byte)")
    }

    @usableFromInline
    func notInt(_ value: Int64) -> DecodeError {
        DecodeError(.malformed, at: reader.offset, "the int \(value) is wider than 32 bits")
    }

    @usableFromInline
    func badLength(_ length: Int64, at offset: Int) -> DecodeError {
        if length < 0 { return DecodeError(.malformed, at: offset, "a length is \(length)") }
        return DecodeError(.truncated, at: offset, "\(length) bytes are announced, \(remaining) are left")
    }

    @usableFromInline
    func badIndex(_ value: Int64, _ count: Int, at offset: Int) -> DecodeError {
        DecodeError(.malformed, at: offset, "branch or symbol \(value) of \(count)")
    }

    @usableFromInline
    func badCount(_ count: Int64, at offset: Int) -> DecodeError {
        DecodeError(.malformed, at: offset, "\(count) items do not fit into the \(remaining) bytes left")
    }
}
