import Bytes
import Glibc

/// Sorts the rows of a batch by their keys.
package enum KeyOrder {
    /// The rows in ascending order of their keys; rows with equal keys keep their order.
    ///
    /// Keys that ascend already cost one comparison a row. Otherwise what all keys begin with is skipped, the
    /// next eight bytes are sorted by radix, and rows that are still equal are sorted among themselves the same
    /// way, further in.
    package static func sortedPermutation(of keys: NormalizedKeys) -> [UInt32] {
        let count = keys.count
        if isSorted(keys) { return (0..<UInt32(count)).map { $0 } }
        var entries = (0..<count).map { Entry(prefix: 0, row: UInt32($0)) }
        var spare = entries
        entries.withUnsafeMutableBufferPointer { entries in
            spare.withUnsafeMutableBufferPointer { spare in
                keys.bytes.withUnsafeBytes { bytes in
                    keys.offsets.withUnsafeBufferPointer { offsets in
                        let sorter = Sorter(bytes: bytes, offsets: offsets, entries: entries, spare: spare)
                        sorter.sort(0..<count, from: 0)
                    }
                }
            }
        }
        return entries.map(\.row)
    }

    /// Whether no key is below the one before it.
    package static func isSorted(_ keys: NormalizedKeys) -> Bool {
        guard keys.count > 1 else { return true }
        for row in 1..<keys.count where keys.compare(row - 1, row) > 0 { return false }
        return true
    }

    fileprivate struct Entry {
        var prefix: UInt64
        var row: UInt32
    }
}

/// A radix sort over borrowed keys; `entries` and `spare` have one place a row.
private struct Sorter {
    let bytes: UnsafeRawBufferPointer
    let offsets: UnsafeBufferPointer<UInt32>
    let entries: UnsafeMutableBufferPointer<KeyOrder.Entry>
    let spare: UnsafeMutableBufferPointer<KeyOrder.Entry>

    /// Sorts the entries of a range, whose keys are equal in their first `depth` bytes and whose rows ascend.
    func sort(_ range: Range<Int>, from depth: Int) {
        guard range.count > 1 else { return }
        if range.count <= 24 { return insertionSort(range, from: depth) }
        let (common, allEqual) = commonLength(range, from: depth)
        if allEqual { return }
        for index in range { entries[index].prefix = prefix(entries[index].row, skip: common) }
        radixSort(range)
        var start = range.lowerBound
        while start < range.upperBound {
            var end = start + 1
            while end < range.upperBound, entries[end].prefix == entries[start].prefix { end += 1 }
            // A key may end inside its eight bytes and be equal only to the zeros of a longer one: with the end
            // of the window as the new depth the comparison would miss that, so such a run looks again from
            // where it stands unless all its keys are longer.
            if end - start > 1 { sortTies(start..<end, window: common) }
            start = end
        }
    }

    private func sortTies(_ range: Range<Int>, window: Int) {
        let allLonger = range.allSatisfy { length(entries[$0].row) >= window + 8 }
        if allLonger { return sort(range, from: window + 8) }
        // Keys that end here are few distinct ones (they differ in trailing zeros alone): order by length first,
        // which is their order, then go on with those that reach further.
        var shorter = range.lowerBound
        let ordered = range.map { entries[$0] }.enumerated().sorted { a, b in
            let left = min(length(a.element.row), window + 8)
            let right = min(length(b.element.row), window + 8)
            return left != right ? left < right : a.offset < b.offset
        }
        for (offset, entry) in ordered.enumerated() {
            entries[range.lowerBound + offset] = entry.element
            if length(entry.element.row) < window + 8 { shorter += 1 }
        }
        sort(shorter..<range.upperBound, from: window + 8)
    }

    private func length(_ row: UInt32) -> Int { Int(offsets[Int(row) + 1]) - Int(offsets[Int(row)]) }

    private func key(_ row: UInt32, from depth: Int) -> UnsafeRawBufferPointer {
        let start = Int(offsets[Int(row)])
        let end = Int(offsets[Int(row) + 1])
        return UnsafeRawBufferPointer(rebasing: bytes[min(start + depth, end)..<end])
    }

    /// How many bytes all keys of the range share, and whether that is all of all of them.
    private func commonLength(_ range: Range<Int>, from depth: Int) -> (length: Int, allEqual: Bool) {
        let first = key(entries[range.lowerBound].row, from: depth)
        var common = first.count
        var allEqual = true
        for index in (range.lowerBound + 1)..<range.upperBound {
            let other = key(entries[index].row, from: depth)
            if other.count != first.count { allEqual = false }
            let limit = min(common, other.count)
            if limit == 0 {
                if first.isEmpty && other.isEmpty { continue }
                return (depth, false)
            }
            // Both have bytes here, so both have an address.
            if memcmp(first.baseAddress.unsafelyUnwrapped, other.baseAddress.unsafelyUnwrapped, limit) == 0 {
                common = limit
            } else {
                var same = 0
                while first[same] == other[same] { same += 1 }
                common = same
                allEqual = false
            }
        }
        return (depth + common, allEqual)
    }

    @inline(__always)
    private func prefix(_ row: UInt32, skip: Int) -> UInt64 {
        let start = Int(offsets[Int(row)]) + skip
        let end = Int(offsets[Int(row) + 1])
        if start + 8 <= end {
            return UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: start, as: UInt64.self))
        }
        var value: UInt64 = 0
        var shift: UInt64 = 56
        var index = start
        while index < end {
            value |= UInt64(bytes[index]) << shift
            shift &-= 8
            index += 1
        }
        return value
    }

    /// Stable: the rows of the range ascend where the keys are equal, and it is kept so.
    private func insertionSort(_ range: Range<Int>, from depth: Int) {
        for index in (range.lowerBound + 1)..<range.upperBound {
            let entry = entries[index]
            let own = key(entry.row, from: depth)
            var place = index
            while place > range.lowerBound,
                compareBytes(key(entries[place - 1].row, from: depth), own) > 0
            {
                entries[place] = entries[place - 1]
                place -= 1
            }
            entries[place] = entry
        }
    }

    /// Least significant byte first, bytes that are the same in every entry left out; stable.
    private func radixSort(_ range: Range<Int>) {
        var from = UnsafeMutableBufferPointer(rebasing: entries[range])
        var to = UnsafeMutableBufferPointer(rebasing: spare[range])
        let home = from.baseAddress
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 8 * 256) { counts in
            counts.initialize(repeating: 0)
            for entry in from {
                for byte in 0..<8 {
                    counts[byte << 8 | Int(truncatingIfNeeded: entry.prefix >> UInt64(byte * 8) & 0xFF)] &+= 1
                }
            }
            for byte in 0..<8 {
                let shift = UInt64(byte * 8)
                let table = UnsafeMutableBufferPointer(rebasing: counts[(byte << 8)..<((byte + 1) << 8)])
                if table[Int(truncatingIfNeeded: from[0].prefix >> shift & 0xFF)] == UInt32(from.count) {
                    continue
                }
                var place: UInt32 = 0
                for digit in 0..<256 {
                    let size = table[digit]
                    table[digit] = place
                    place &+= size
                }
                for entry in from {
                    let digit = Int(truncatingIfNeeded: entry.prefix >> shift & 0xFF)
                    to[Int(table[digit])] = entry
                    table[digit] &+= 1
                }
                swap(&from, &to)
            }
        }
        if from.baseAddress != home { _ = to.update(from: from) }
    }
}
