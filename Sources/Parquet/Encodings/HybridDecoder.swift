/// Decodes the mix of run-length and bit-packed runs that levels and dictionary indices are stored in.
///
/// The decoder holds offsets, not addresses, so that a page may be decoded a batch at a time. Every
/// buffer given to it must be readable for ``padding`` bytes past its end: bit-packed values are read
/// eight bytes at once.
struct HybridDecoder {
    static let padding = 32

    let bitWidth: Int
    private var offset: Int
    private let end: Int
    private var repeatsLeft = 0
    private var repeated: UInt32 = 0
    private var packedLeft = 0
    private var packedBit = 0

    /// - Precondition: `bitWidth` is 0 to 32.
    init(bitWidth: Int, offset: Int, end: Int) {
        assert(bitWidth >= 0 && bitWidth <= 32)
        self.bitWidth = bitWidth
        self.offset = offset
        self.end = end
    }

    /// Fills `count` values; false where the bytes end before that or are not well formed.
    @inline(__always)
    mutating func decode<T: FixedWidthInteger & UnsignedInteger>(
        _ count: Int, from base: UnsafeRawPointer, into target: UnsafeMutablePointer<T>
    ) -> Bool {
        var filled = 0
        while filled < count {
            if repeatsLeft > 0 {
                let step = min(repeatsLeft, count - filled)
                (target + filled).update(repeating: T(truncatingIfNeeded: repeated), count: step)
                repeatsLeft -= step
                filled += step
            } else if packedLeft > 0 {
                let step = min(packedLeft, count - filled)
                BitPacking.unpack(
                    step, bitWidth: bitWidth, from: base, bit: packedBit, into: target + filled)
                packedBit += step * bitWidth
                packedLeft -= step
                filled += step
            } else if !startRun(base) {
                return false
            }
        }
        return true
    }

    private mutating func startRun(_ base: UnsafeRawPointer) -> Bool {
        guard let head = varint(base) else { return false }
        if head & 1 == 0 {
            let width = (bitWidth + 7) / 8
            guard width <= end - offset, head > 1 else { return false }
            var value: UInt32 = 0
            for index in 0..<width {
                value |= UInt32(base.load(fromByteOffset: offset + index, as: UInt8.self)) << (8 * index)
            }
            offset += width
            // A run may state more bits than the width has; they mean nothing.
            repeated = bitWidth == 32 ? value : value & (UInt32(1) << UInt32(bitWidth) &- 1)
            repeatsLeft = Int(head >> 1)
        } else {
            let groups = Int(head >> 1)
            guard groups > 0 else { return false }
            // Some writers cut the last run short where its values end.
            let bytes = min(groups * bitWidth, end - offset)
            packedLeft = bitWidth == 0 ? groups * 8 : bytes * 8 / bitWidth
            guard packedLeft > 0 else { return false }
            packedBit = offset * 8
            offset += bytes
        }
        return true
    }

    /// A varint of at most 32 bits.
    private mutating func varint(_ base: UnsafeRawPointer) -> UInt32? {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while offset < end, shift < 35 {
            let byte = base.load(fromByteOffset: offset, as: UInt8.self)
            offset += 1
            result |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return UInt32(exactly: result) }
            shift += 7
        }
        return nil
    }
}
