import Bytes

/// Decodes DELTA_BINARY_PACKED numbers.
///
/// ```
/// varint block size | varint miniblocks a block | varint count | zigzag first value
/// per block: zigzag least delta | one bit width a miniblock | miniblocks, bit-packed
/// ```
enum DeltaDecoder {
    /// The numbers from the reader's place on, which is left behind the last of them.
    ///
    /// The bytes must be readable for ``HybridDecoder/padding`` past the reader's end.
    static func decode(_ reader: inout ByteReader, atMost limit: Int) throws(DecodeError) -> [Int64] {
        let start = reader.offset
        let blockSize = try reader.varint()
        let miniblocks = try reader.varint()
        let count = try reader.varint()
        let first = try reader.zigzag()
        guard miniblocks > 0, blockSize > 0, blockSize % miniblocks == 0, blockSize <= 1 << 31,
            (blockSize / miniblocks) % 8 == 0
        else {
            throw DecodeError(.malformed, at: start, "\(miniblocks) miniblocks in a block of \(blockSize)")
        }
        guard count <= UInt64(limit) else {
            throw DecodeError(.malformed, at: start, "\(count) deltas in a page of \(limit) values")
        }
        var values: [Int64] = []
        if count == 0 { return values }
        values.reserveCapacity(Int(count))
        values.append(first)
        while values.count < Int(count) {
            try block(
                &reader, &values, count: Int(count), miniblocks: Int(miniblocks),
                size: Int(blockSize / miniblocks))
        }
        return values
    }

    private static func block(
        _ reader: inout ByteReader, _ values: inout [Int64], count: Int, miniblocks: Int, size: Int
    ) throws(DecodeError) {
        let least = try reader.zigzag()
        let widths = try reader.slice(miniblocks)
        var last = values[values.count - 1]
        for index in 0..<miniblocks where values.count < count {
            let width = Int(widths[index])
            guard width <= 64 else {
                throw DecodeError(.malformed, at: reader.offset, "deltas of \(width) bits")
            }
            let wanted = min(size, count - values.count)
            // Some writers leave out the end of the last miniblock.
            let stored = min(size / 8 * width, reader.remaining)
            guard stored * 8 >= wanted * width else {
                throw DecodeError(.truncated, at: reader.offset, "a block of deltas is cut short")
            }
            let packed = try reader.slice(stored)
            for item in 0..<wanted {
                last &+= least &+ Int64(bitPattern: bits(packed, item * width, width))
                values.append(last)
            }
        }
    }

    @inline(__always)
    private static func bits(_ packed: UnsafeRawBufferPointer, _ bit: Int, _ width: Int) -> UInt64 {
        guard width > 0, let base = packed.baseAddress else { return 0 }
        let shift = UInt64(bit & 7)
        var word = base.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self) >> shift
        if shift > 0, width + Int(shift) > 64 {
            word |= UInt64(base.load(fromByteOffset: bit >> 3 + 8, as: UInt8.self)) << (64 - shift)
        }
        return width == 64 ? word : word & ((1 << UInt64(width)) - 1)
    }
}
