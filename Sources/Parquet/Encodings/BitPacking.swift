/// Values of a few bits each, least significant bit first.
enum BitPacking {
    /// Unpacks `count` values from bit `bit` of `base` on.
    ///
    /// Reads up to eight bytes past the last value: see ``HybridDecoder/padding``.
    @inline(__always)
    static func unpack<T: FixedWidthInteger & UnsignedInteger>(
        _ count: Int, bitWidth: Int, from base: UnsafeRawPointer, bit: Int,
        into target: UnsafeMutablePointer<T>
    ) {
        if bitWidth == 1, bit & 7 == 0, T.bitWidth == 8 {
            unpackBits(count, from: base + bit >> 3, into: UnsafeMutableRawPointer(target))
            return
        }
        let mask = bitWidth >= 64 ? UInt64.max : (UInt64(1) << UInt64(bitWidth)) &- 1
        var position = bit
        for index in 0..<count {
            let word = base.loadUnaligned(fromByteOffset: position >> 3, as: UInt64.self)
            target[index] = T(truncatingIfNeeded: (word >> UInt64(position & 7)) & mask)
            position &+= bitWidth
        }
    }

    /// One byte, 0 or 1, for each of `count` bits, eight at a time.
    static func unpackBits(
        _ count: Int, from source: UnsafeRawPointer, into target: UnsafeMutableRawPointer
    ) {
        let whole = count / 8
        for index in 0..<whole {
            let byte = UInt64(source.load(fromByteOffset: index, as: UInt8.self))
            // Byte i of the product keeps bit i only; adding 0x7F moves it to the top without a carry.
            let spread = (byte &* 0x0101_0101_0101_0101) & 0x8040_2010_0804_0201
            let ones = ((spread &+ 0x7F7F_7F7F_7F7F_7F7F) >> 7) & 0x0101_0101_0101_0101
            target.storeBytes(of: ones.littleEndian, toByteOffset: index * 8, as: UInt64.self)
        }
        for index in whole * 8..<count {
            let byte = source.load(fromByteOffset: index >> 3, as: UInt8.self)
            target.storeBytes(of: (byte >> UInt8(index & 7)) & 1, toByteOffset: index, as: UInt8.self)
        }
    }

    /// The bits needed for values up to `largest`.
    static func width(for largest: Int) -> Int { Int.bitWidth - largest.leadingZeroBitCount }
}
