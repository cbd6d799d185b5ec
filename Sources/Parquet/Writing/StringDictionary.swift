import Glibc

/// The distinct byte strings of a column chunk in the order in which they first came.
final class StringDictionary {
    private(set) var count = 0
    let bytes = RawBuffer(capacity: 16 << 10)
    private let ends = RawBuffer(capacity: 4096)
    /// Open addressing: the hash's high half above the number of an entry plus one; or zero.
    private var table: UnsafeMutablePointer<UInt64>
    private var capacityBits = 10

    init() {
        table = .allocate(capacity: 1 << 10)
        table.initialize(repeating: 0, count: 1 << 10)
        clear()
    }

    deinit { table.deallocate() }

    /// One more offset than there are entries.
    var offsets: UnsafePointer<UInt32> { UnsafePointer(ends.base.assumingMemoryBound(to: UInt32.self)) }

    private func clear() {
        count = 0
        bytes.count = 0
        ends.count = 0
        append(end: 0)
    }

    /// Forgets all entries.
    func removeAll() {
        guard count > 0 else { return }
        clear()
        table.update(repeating: 0, count: 1 << capacityBits)
    }

    private func append(end: Int) {
        ends.reserve(4)
        ends.end.storeBytes(of: UInt32(truncatingIfNeeded: end), as: UInt32.self)
        ends.count += 4
    }

    /// The number of a string, which is added where it is new.
    @inline(__always)
    func index(of string: UnsafeRawPointer, _ length: Int) -> UInt32 {
        let hash = Self.hash(string, length)
        let mask = (1 << capacityBits) - 1
        var slot = Int(hash >> UInt64(64 - capacityBits))
        let tag = hash & 0xFFFF_FFFF
        while true {
            let entry = table[slot]
            if entry == 0 { return insert(string, length, tag, slot) }
            if entry >> 32 == tag {
                let number = Int(entry & 0xFFFF_FFFF) - 1
                let start = Int(offsets[number])
                if Int(offsets[number + 1]) - start == length,
                    memcmp(bytes.base + start, string, length) == 0
                {
                    return UInt32(number)
                }
            }
            slot = (slot + 1) & mask
        }
    }

    @inline(never)
    private func insert(_ string: UnsafeRawPointer, _ length: Int, _ tag: UInt64, _ slot: Int) -> UInt32 {
        bytes.append(string, length)
        append(end: bytes.count)
        count += 1
        table[slot] = tag << 32 | UInt64(count)
        if count * 2 > 1 << capacityBits { grow() }
        return UInt32(count - 1)
    }

    private func grow() {
        table.deallocate()
        capacityBits += 1
        let mask = (1 << capacityBits) - 1
        table = .allocate(capacity: 1 << capacityBits)
        table.initialize(repeating: 0, count: 1 << capacityBits)
        for entry in 0..<count {
            let start = Int(offsets[entry])
            let hash = Self.hash(bytes.base + start, Int(offsets[entry + 1]) - start)
            var slot = Int(hash >> UInt64(64 - capacityBits))
            while table[slot] != 0 { slot = (slot + 1) & mask }
            table[slot] = (hash & 0xFFFF_FFFF) << 32 | UInt64(entry + 1)
        }
    }

    /// Reads each byte at least once and none beyond the string.
    @inline(__always)
    private static func hash(_ string: UnsafeRawPointer, _ length: Int) -> UInt64 {
        var hash = UInt64(truncatingIfNeeded: length) &* 0x9E37_79B9_7F4A_7C15
        if length >= 8 {
            var offset = 0
            while offset < length - 8 {
                hash = mix(hash ^ string.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
                offset += 8
            }
            return mix(hash ^ string.loadUnaligned(fromByteOffset: length - 8, as: UInt64.self))
        }
        if length >= 4 {
            let low = UInt64(string.loadUnaligned(as: UInt32.self))
            let high = UInt64(string.loadUnaligned(fromByteOffset: length - 4, as: UInt32.self))
            return mix(hash ^ (high << 32 | low))
        }
        var short: UInt64 = 0
        for index in 0..<length {
            short = short << 8 | UInt64(string.load(fromByteOffset: index, as: UInt8.self))
        }
        return mix(hash ^ short)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
