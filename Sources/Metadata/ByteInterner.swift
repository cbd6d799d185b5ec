import Bytes

/// Gives equal byte strings one small number, without an allocation for a string that is known.
struct ByteInterner {
    private(set) var values: [ByteString] = []
    /// Open addressing over `values`, index + 1 a slot, 0 for empty; at most half full.
    private var slots: [UInt32] = []
    private var last = 0

    mutating func code(_ bytes: UnsafeRawBufferPointer) -> Int {
        // Entries that stand together mostly share their directory and tuple.
        if last < values.count, equals(last, bytes) { return last }
        if values.count * 2 >= slots.count { grow() }
        var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
        while slots[slot] != 0 {
            let candidate = Int(slots[slot]) - 1
            if equals(candidate, bytes) {
                last = candidate
                return candidate
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        values.append(ByteString(Array(bytes)))
        slots[slot] = UInt32(values.count)
        last = values.count - 1
        return last
    }

    mutating func code(_ string: ByteString) -> Int { string.withUnsafeBytes { code($0) } }

    private func equals(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        values[index].bytes.withUnsafeBytes { $0.count == bytes.count && compareBytes($0, bytes) == 0 }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: max(16, slots.count * 2))
        for index in values.indices {
            let hash = values[index].withUnsafeBytes { Self.hash($0) }
            var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = UInt32(index + 1)
        }
    }

    /// Eight bytes at a time; only ever used inside one process.
    private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = UInt64(bytes.count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset + 8 <= bytes.count {
            hash = mix(hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0x100_0000_01B3
            offset += 1
        }
        return mix(hash)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}
