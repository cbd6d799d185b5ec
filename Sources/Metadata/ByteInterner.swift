import Bytes
import Glibc

/// Gives equal byte strings one small number, without an allocation for a string that is known.
struct ByteInterner {
    /// The strings one behind the other, and where each ends: looking at one retains nothing.
    private var arena: [UInt8] = []
    private var ends: [Int] = []
    /// Open addressing over the strings, index + 1 a slot, 0 for empty; at most half full.
    private var slots: [UInt32] = []
    private var last = 0

    var count: Int { ends.count }

    /// The strings by their numbers.
    var values: [ByteString] { ends.indices.map { ByteString(arena[range($0)]) } }

    mutating func code(_ bytes: UnsafeRawBufferPointer) -> Int {
        // Entries that stand together mostly share their directory and tuple.
        if last < ends.count, equals(last, bytes) { return last }
        // Columns with bounds come in the same order in every entry.
        let next = last + 1 < ends.count ? last + 1 : 0
        if next < ends.count, equals(next, bytes) {
            last = next
            return next
        }
        if ends.count * 2 >= slots.count { grow() }
        var slot = Int(truncatingIfNeeded: Self.hash(bytes)) & (slots.count - 1)
        while slots[slot] != 0 {
            let candidate = Int(slots[slot]) - 1
            if equals(candidate, bytes) {
                last = candidate
                return candidate
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        arena.append(contentsOf: bytes)
        ends.append(arena.count)
        slots[slot] = UInt32(ends.count)
        last = ends.count - 1
        return last
    }

    /// The string met last where the path begins with it and has no slash behind it; else the code is -1.
    func lastPrefix(of path: UnsafeRawBufferPointer) -> (length: Int, code: Int) {
        guard last < ends.count else { return (0, -1) }
        let length = range(last).count
        guard length <= path.count, equals(last, UnsafeRawBufferPointer(rebasing: path[..<length])) else {
            return (0, -1)
        }
        guard length < path.count, let base = path.baseAddress else { return (length, last) }
        let slash = memchr(base + length, Int32(UInt8(ascii: "/")), path.count - length)
        return slash == nil ? (length, last) : (0, -1)
    }

    /// The strings in their order, and the place there of each code.
    func sorted() -> (names: NameTable, places: [UInt32]) {
        let codes = arena.withUnsafeBytes { all in
            ends.indices.sorted { left, right in
                compareBytes(
                    UnsafeRawBufferPointer(rebasing: all[range(left)]),
                    UnsafeRawBufferPointer(rebasing: all[range(right)])) < 0
            }
        }
        var builder = NameTable.Builder()
        builder.reserve(bytes: arena.count, names: ends.count)
        var places = [UInt32](repeating: 0, count: ends.count)
        arena.withUnsafeBytes { all in
            for (place, code) in codes.enumerated() {
                builder.append(UnsafeRawBufferPointer(rebasing: all[range(code)]))
                places[code] = UInt32(place)
            }
        }
        return (builder.finish(), places)
    }

    mutating func code(_ string: ByteString) -> Int { string.withUnsafeBytes { code($0) } }

    private func range(_ index: Int) -> Range<Int> { (index == 0 ? 0 : ends[index - 1])..<ends[index] }

    private func equals(_ index: Int, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let range = range(index)
        guard range.count == bytes.count, let base = bytes.baseAddress else {
            return range.count == bytes.count
        }
        return arena.withUnsafeBytes { all in
            all.baseAddress.map { memcmp($0 + range.lowerBound, base, range.count) == 0 } ?? true
        }
    }

    private mutating func grow() {
        slots = [UInt32](repeating: 0, count: max(16, slots.count * 2))
        for index in ends.indices {
            let hash = arena.withUnsafeBytes { Self.hash(UnsafeRawBufferPointer(rebasing: $0[range(index)])) }
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
