import Bytes
import Glibc
import Records

/// The normalised keys of one block of rows, laid out for comparing.
///
/// A row's *prefix* is the eight bytes of its key behind the bytes which all keys of the merge share,
/// as a big-endian number padded with zeros: two different prefixes order two rows with one comparison of
/// integers. Equal prefixes say nothing, the rest of the bytes decides.
///
/// The memory is owned by hand: the tree compares through pointers which stay valid as long as the block
/// lives, and an array promises that only inside a closure.
final class KeyBlock {
    let rowCount: Int
    /// Bytes which every key of the merge begins with, left out of the prefixes.
    let sharedCount: Int
    let prefixes: UnsafeMutablePointer<UInt64>
    /// `rowCount + 1` offsets into `bytes`.
    let offsets: UnsafeMutablePointer<UInt32>
    /// The keys back to back, followed by eight bytes of nothing so that a prefix is one load.
    let bytes: UnsafeMutablePointer<UInt8>

    init(_ keys: NormalizedKeys, sharedCount: Int) {
        let source = keys.offsets
        let keyBytes = keys.bytes
        let rows = max(source.count - 1, 0)
        let byteCount = Int(source.last ?? 0)
        precondition(byteCount <= keyBytes.count)
        rowCount = rows
        self.sharedCount = sharedCount
        prefixes = .allocate(capacity: max(rows, 1))
        offsets = .allocate(capacity: rows + 1)
        bytes = .allocate(capacity: byteCount + 8)
        source.withUnsafeBufferPointer {
            if let base = $0.baseAddress { offsets.initialize(from: base, count: rows + 1) }
        }
        keyBytes.withUnsafeBufferPointer {
            if let base = $0.baseAddress { bytes.initialize(from: base, count: byteCount) }
        }
        (bytes + byteCount).initialize(repeating: 0, count: 8)
        for row in 0..<rows {
            prefixes[row] = KeyBlock.prefix(
                bytes, from: Int(offsets[row]) + sharedCount, to: Int(offsets[row + 1]))
        }
    }

    deinit {
        prefixes.deallocate()
        offsets.deallocate()
        bytes.deallocate()
    }

    /// The eight bytes from `start` as a number, zeros from `end` on.
    ///
    /// - Precondition: eight bytes may be read at every offset up to `end`.
    @inline(__always)
    static func prefix(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> UInt64 {
        let count = end - start
        guard count > 0 else { return 0 }
        let word = UnsafeRawPointer(bytes + start).loadUnaligned(as: UInt64.self).bigEndian
        return count >= 8 ? word : word & ~(UInt64.max >> (8 * UInt64(count)))
    }

    func key(_ row: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: bytes + Int(offsets[row]), count: Int(offsets[row + 1] - offsets[row]))
    }

    func copyKey(_ row: Int) -> [UInt8] { [UInt8](key(row)) }

    /// Negative, zero or positive as row `row` sorts before, with or after a row of another block of the
    /// same merge.
    @inline(__always)
    func compare(_ row: Int, _ other: KeyBlock, _ otherRow: Int) -> Int {
        let a = prefixes[row]
        let b = other.prefixes[otherRow]
        if a != b { return a < b ? -1 : 1 }
        return compareTails(row, other, otherRow)
    }

    /// The order of two rows whose prefixes are equal.
    func compareTails(_ row: Int, _ other: KeyBlock, _ otherRow: Int) -> Int {
        let done = sharedCount + 8
        let start = Int(offsets[row])
        let otherStart = Int(other.offsets[otherRow])
        let count = Int(offsets[row + 1]) - start
        let otherCount = Int(other.offsets[otherRow + 1]) - otherStart
        let common = min(count, otherCount) - done
        if common > 0 {
            let order = memcmp(bytes + start + done, other.bytes + otherStart + done, common)
            if order != 0 { return Int(order) }
        }
        return count - otherCount
    }

    /// The bytes with which all of `keys` begin.
    static func sharedPrefix(of keys: [ByteString]) -> [UInt8] {
        guard let first = keys.first else { return [] }
        var count = first.count
        for key in keys {
            count = min(count, key.count)
            count = (0..<count).first { first.bytes[$0] != key.bytes[$0] } ?? count
        }
        return Array(first.bytes[..<count])
    }

    /// What is wrong with the order of the keys, or how much is right.
    enum Order: Equatable {
        case strictlyAscending
        case ascending
        /// The first row which is below the one before it.
        case broken(row: Int)
    }

    func order() -> Order {
        guard rowCount > 1 else { return .strictlyAscending }
        var hasEqual = false
        for row in 1..<rowCount {
            let before = prefixes[row - 1]
            let here = prefixes[row]
            if before < here { continue }
            let order = before > here ? 1 : compareTails(row - 1, self, row)
            if order > 0 { return .broken(row: row) }
            if order == 0 { hasEqual = true }
        }
        return hasEqual ? .ascending : .strictlyAscending
    }

    /// The first row whose key does not begin with `shared`, which all keys of the merge were said to do.
    func firstRow(notSharing shared: [UInt8]) -> Int? {
        guard !shared.isEmpty else { return nil }
        return shared.withUnsafeBytes { wanted in
            (0..<rowCount).first { row in
                let key = key(row)
                guard key.count >= wanted.count, let a = key.baseAddress, let b = wanted.baseAddress
                else { return true }
                return memcmp(a, b, wanted.count) != 0
            }
        }
    }
}
