import Bytes

/// Encodes levels and dictionary indices as a mix of run-length and bit-packed runs.
enum HybridEncoder {
    /// Appends `count` values of at most `bitWidth` bits.
    @inline(__always)
    static func encode<T: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<T>, count: Int, bitWidth: Int, into out: inout ByteWriter
    ) {
        var literalStart = 0
        var position = 0
        // Literal runs are whole groups of eight, so a repeated run begins at a group's start only.
        while position + 8 <= count {
            let first = values[position]
            var length = 1
            while length < 8, values[position + length] == first { length += 1 }
            if length < 8 {
                position += 8
                continue
            }
            while position + length < count, values[position + length] == first { length += 1 }
            literals(values + literalStart, position - literalStart, bitWidth, &out)
            repeated(first, length, bitWidth, &out)
            position += length
            literalStart = position
        }
        literals(values + literalStart, count - literalStart, bitWidth, &out)
    }

    private static func repeated<T: FixedWidthInteger & UnsignedInteger>(
        _ value: T, _ count: Int, _ bitWidth: Int, _ out: inout ByteWriter
    ) {
        out.varint(UInt64(count) << 1)
        for index in 0..<(bitWidth + 7) / 8 {
            out.uint8(UInt8(truncatingIfNeeded: UInt32(truncatingIfNeeded: value) >> UInt32(8 * index)))
        }
    }

    /// Bit-packs whole groups; the last is filled up with zeros.
    @inline(__always)
    private static func literals<T: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<T>, _ count: Int, _ bitWidth: Int, _ out: inout ByteWriter
    ) {
        guard count > 0 else { return }
        let groups = (count + 7) / 8
        out.varint(UInt64(groups) << 1 | 1)
        out.bytes.reserveCapacity(out.bytes.count + groups * bitWidth)
        pack(values, count, bitWidth, size: groups * bitWidth, into: &out)
    }

    /// Packs `count` values into exactly `size` bytes.
    @inline(__always)
    static func pack<T: FixedWidthInteger & UnsignedInteger>(
        _ values: UnsafePointer<T>, _ count: Int, _ bitWidth: Int, size: Int, into out: inout ByteWriter
    ) {
        let packed = [UInt8](unsafeUninitializedCapacity: size + 8) { buffer, initialized in
            let target = UnsafeMutableRawBufferPointer(buffer)
            var word: UInt64 = 0
            var bits = 0
            var offset = 0
            for index in 0..<count {
                word |= UInt64(truncatingIfNeeded: values[index]) << UInt64(bits)
                bits += bitWidth
                if bits >= 32 {
                    target.storeBytes(
                        of: UInt32(truncatingIfNeeded: word).littleEndian, toByteOffset: offset,
                        as: UInt32.self)
                    offset += 4
                    word >>= 32
                    bits -= 32
                }
            }
            while offset < size {
                target.storeBytes(
                    of: UInt32(truncatingIfNeeded: word).littleEndian, toByteOffset: offset, as: UInt32.self)
                word >>= 32
                offset += 4
            }
            initialized = size
        }
        out.append(packed)
    }
}
