import Bytes
import Glibc
import Records

/// Finds least and greatest values in tight loops; NaN is passed over.
enum ChunkBounds {
    /// The bounds of integers in signed order or, where `isUnsigned`, in that of their bit patterns.
    @inline(__always)
    static func integers<T: FixedWidthInteger & SignedInteger>(
        _ values: UnsafePointer<T>, _ count: Int, isUnsigned: Bool
    ) -> (T, T)? {
        guard count > 0 else { return nil }
        // Flipping the sign makes unsigned order out of signed order.
        let flip: T = isUnsigned ? T.min : 0
        var low = values[0] ^ flip
        var high = low
        for index in 1..<max(1, count) {
            let value = values[index] ^ flip
            low = min(low, value)
            high = max(high, value)
        }
        return (low ^ flip, high ^ flip)
    }

    @inline(__always)
    static func numbers<T: BinaryFloatingPoint>(_ values: UnsafePointer<T>, _ count: Int) -> (T, T)? {
        var low = T.infinity
        var high = -T.infinity
        for index in 0..<count {
            let value = values[index]
            low = value < low ? value : low
            high = value > high ? value : high
        }
        // Nothing but NaN leaves the bounds crossed.
        return low <= high ? (low, high) : nil
    }

    /// The rows of the least and the greatest string.
    @inline(__always)
    static func strings(
        _ offsets: UnsafePointer<UInt32>, _ count: Int, _ data: UnsafeRawPointer
    ) -> (low: Int, high: Int)? {
        guard count > 0 else { return nil }
        var low = 0
        var high = 0
        var lowPrefix = prefix(offsets, 0, data)
        var highPrefix = lowPrefix
        for row in 1..<max(1, count) {
            let value = prefix(offsets, row, data)
            if value <= lowPrefix, value < lowPrefix || compare(offsets, row, low, data) < 0 {
                low = row
                lowPrefix = value
            }
            if value >= highPrefix, value > highPrefix || compare(offsets, row, high, data) > 0 {
                high = row
                highPrefix = value
            }
        }
        return (low, high)
    }

    /// The first eight bytes as a number that orders like them; zeros stand for what is missing.
    @inline(__always)
    private static func prefix(_ offsets: UnsafePointer<UInt32>, _ row: Int, _ data: UnsafeRawPointer)
        -> UInt64
    {
        let start = Int(offsets[row])
        let length = Int(offsets[row + 1]) - start
        if length >= 8 {
            return data.loadUnaligned(fromByteOffset: start, as: UInt64.self).bigEndian
        }
        var value: UInt64 = 0
        for index in 0..<length {
            value |=
                UInt64(data.load(fromByteOffset: start + index, as: UInt8.self)) << UInt64(56 - 8 * index)
        }
        return value
    }

    @inline(never)
    private static func compare(
        _ offsets: UnsafePointer<UInt32>, _ left: Int, _ right: Int, _ data: UnsafeRawPointer
    ) -> Int {
        func bytes(_ row: Int) -> UnsafeRawBufferPointer {
            UnsafeRawBufferPointer(
                start: data + Int(offsets[row]), count: Int(offsets[row + 1] - offsets[row]))
        }
        return compareBytes(bytes(left), bytes(right))
    }
}
