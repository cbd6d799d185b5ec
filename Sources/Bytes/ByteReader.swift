/// A bounds-checked cursor over borrowed bytes.
///
/// A reader is only valid inside the `withByteReader` call that made it; it must not be stored.
/// Multi-byte reads are little-endian unless the name says otherwise. Every read past the end throws
/// ``DecodeError`` of kind `truncated` with the offset at which the value began.
@frozen
@usableFromInline
package struct ByteReader {
    @usableFromInline package let base: UnsafeRawPointer
    @usableFromInline package let count: Int
    @usableFromInline package var offset: Int

    /// - Precondition: `bytes` outlives the reader.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer) {
        // An empty buffer may have no address; nothing is ever read through it.
        self.base = bytes.baseAddress ?? UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped
        self.count = bytes.count
        self.offset = 0
    }

    @inlinable package var remaining: Int { count - offset }
    @inlinable package var isAtEnd: Bool { offset == count }

    @usableFromInline
    package func truncated(_ needed: Int) -> DecodeError {
        DecodeError(.truncated, at: offset, "\(needed) bytes are needed, \(remaining) are left")
    }

    @usableFromInline
    package func outside(_ newOffset: Int) -> DecodeError {
        DecodeError(.malformed, at: offset, "offset \(newOffset) is outside the \(count) bytes")
    }

    @inlinable
    package mutating func skip(_ length: Int) throws(DecodeError) {
        guard length >= 0, length <= remaining else { throw truncated(length) }
        offset += length
    }

    @inlinable
    package mutating func seek(to newOffset: Int) throws(DecodeError) {
        guard newOffset >= 0, newOffset <= count else { throw outside(newOffset) }
        offset = newOffset
    }

    /// Any fixed-width little-endian integer.
    @inlinable
    package mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) throws(DecodeError)
        -> T
    {
        let width = MemoryLayout<T>.size
        guard width <= remaining else { throw truncated(width) }
        let value = base.loadUnaligned(fromByteOffset: offset, as: T.self)
        offset += width
        return T(littleEndian: value)
    }

    @inlinable package mutating func uint8() throws(DecodeError) -> UInt8 { try integer(UInt8.self) }
    @inlinable package mutating func uint16() throws(DecodeError) -> UInt16 { try integer(UInt16.self) }
    @inlinable package mutating func uint32() throws(DecodeError) -> UInt32 { try integer(UInt32.self) }
    @inlinable package mutating func uint64() throws(DecodeError) -> UInt64 { try integer(UInt64.self) }
    @inlinable package mutating func int32() throws(DecodeError) -> Int32 { try integer(Int32.self) }
    @inlinable package mutating func int64() throws(DecodeError) -> Int64 { try integer(Int64.self) }
    @inlinable package mutating func float() throws(DecodeError) -> Float { Float(bitPattern: try uint32()) }
    @inlinable package mutating func double() throws(DecodeError) -> Double {
        Double(bitPattern: try uint64())
    }

    /// An unsigned LEB128 varint of at most ten bytes.
    @inlinable
    package mutating func varint() throws(DecodeError) -> UInt64 {
        if offset < count {
            let first = base.load(fromByteOffset: offset, as: UInt8.self)
            if first < 0x80 {
                offset += 1
                return UInt64(first)
            }
        }
        return try longVarint()
    }

    @usableFromInline
    package mutating func longVarint() throws(DecodeError) -> UInt64 {
        let start = offset
        // Up to eight bytes at once: the lowest byte without its high bit is the last, and the groups of
        // seven bits close up two by two.
        if count - offset >= 8 {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            let ends = ~word & 0x8080_8080_8080_8080
            if ends != 0 {
                offset += ends.trailingZeroBitCount / 8 + 1
                var bits = word & (ends ^ (ends &- 1)) & 0x7F7F_7F7F_7F7F_7F7F
                bits = (bits & 0x7F00_7F00_7F00_7F00) >> 1 | bits & 0x007F_007F_007F_007F
                bits = (bits & 0x3FFF_0000_3FFF_0000) >> 2 | bits & 0x0000_3FFF_0000_3FFF
                return (bits & 0x0FFF_FFFF_0000_0000) >> 4 | bits & 0x0000_0000_0FFF_FFFF
            }
        }
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            guard offset < count else {
                let end = offset
                offset = start
                throw DecodeError(.truncated, at: start, "a varint has no end before byte \(end)")
            }
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            if shift == 63, byte > 1 {
                throw DecodeError(.malformed, at: start, "a varint is wider than 64 bits")
            }
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return result }
            shift += 7
            if shift > 63 { throw DecodeError(.malformed, at: start, "a varint is wider than 64 bits") }
        }
    }

    /// A zigzag varint, as Avro and Thrift's compact protocol write signed integers.
    @inlinable
    package mutating func zigzag() throws(DecodeError) -> Int64 {
        let raw = try varint()
        return Int64(bitPattern: raw >> 1) ^ -Int64(bitPattern: raw & 1)
    }

    /// The next `length` bytes, borrowed.
    @inlinable
    package mutating func slice(_ length: Int) throws(DecodeError) -> UnsafeRawBufferPointer {
        guard length >= 0, length <= remaining else { throw truncated(length) }
        let result = UnsafeRawBufferPointer(start: base + offset, count: length)
        offset += length
        return result
    }

    /// The next `length` bytes, copied.
    @inlinable
    package mutating func bytes(_ length: Int) throws(DecodeError) -> [UInt8] {
        [UInt8](try slice(length))
    }
}

extension Array where Element == UInt8 {
    /// Calls `body` with a reader over the array's bytes.
    @inlinable
    package func withByteReader<R>(_ body: (inout ByteReader) throws(DecodeError) -> R) throws(DecodeError)
        -> R
    {
        try withTypedError { (buffer) throws(DecodeError) -> R in
            var reader = ByteReader(buffer)
            return try body(&reader)
        }
    }

    @usableFromInline
    @inline(__always)
    func withTypedError<R>(
        _ body: (UnsafeRawBufferPointer) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        // `withUnsafeBytes` rethrows untyped; a Result carries the type through it.
        let result = withUnsafeBytes { buffer -> Result<R, DecodeError> in
            do throws(DecodeError) {
                return .success(try body(buffer))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }
}
