/// The distinct numbers of a column chunk in the order in which they first came.
final class NumberDictionary<Key: FixedWidthInteger & UnsignedInteger> {
    private(set) var count = 0
    private let keys = RawBuffer(capacity: 1024 * MemoryLayout<Key>.stride)
    /// Open addressing: the number of an entry plus one, or zero.
    private var table: UnsafeMutablePointer<UInt32>
    private var capacityBits = 10

    init() {
        table = .allocate(capacity: 1 << 10)
        table.initialize(repeating: 0, count: 1 << 10)
    }

    deinit { table.deallocate() }

    var entries: UnsafePointer<Key> { UnsafePointer(keys.base.assumingMemoryBound(to: Key.self)) }

    /// Forgets all entries.
    func removeAll() {
        guard count > 0 else { return }
        count = 0
        keys.count = 0
        table.update(repeating: 0, count: 1 << capacityBits)
    }

    /// Looks up or adds `size` values.
    func encode(_ values: UnsafePointer<Key>, _ size: Int, into indices: UnsafeMutablePointer<UInt32>) {
        var previous: Key = 0
        var previousIndex: UInt32 = .max
        for position in 0..<size {
            let key = values[position]
            if key != previous || previousIndex == .max {
                previousIndex = index(of: key)
                previous = key
            }
            indices[position] = previousIndex
        }
    }

    @inline(__always)
    private func index(of key: Key) -> UInt32 {
        let mask = (1 << capacityBits) - 1
        var slot = Self.slot(key, capacityBits)
        let entries = entries
        while true {
            let entry = table[slot]
            if entry == 0 { return insert(key, slot) }
            if entries[Int(entry) - 1] == key { return entry - 1 }
            slot = (slot + 1) & mask
        }
    }

    @inline(__always)
    private static func slot(_ key: Key, _ bits: Int) -> Int {
        Int((UInt64(truncatingIfNeeded: key) &* 0x9E37_79B9_7F4A_7C15) >> UInt64(64 - bits))
    }

    @inline(never)
    private func insert(_ key: Key, _ slot: Int) -> UInt32 {
        keys.reserve(MemoryLayout<Key>.stride)
        keys.end.storeBytes(of: key, as: Key.self)
        keys.count += MemoryLayout<Key>.stride
        count += 1
        table[slot] = UInt32(count)
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
            var slot = Self.slot(entries[entry], capacityBits)
            while table[slot] != 0 { slot = (slot + 1) & mask }
            table[slot] = UInt32(entry + 1)
        }
    }
}
