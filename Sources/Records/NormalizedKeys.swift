package import Bytes

/// The row keys of a batch, one after the other, in a form whose order is that of memcmp.
///
/// Key `i` is `bytes[offsets[i]..<offsets[i + 1]]`; the form is described in the module's documentation.
@frozen
@usableFromInline
package struct NormalizedKeys: Sendable {
    /// One more than there are rows; the first is 0.
    @usableFromInline package var offsets: [UInt32]
    @usableFromInline package var bytes: [UInt8]

    @inlinable
    package init(offsets: [UInt32] = [0], bytes: [UInt8] = []) {
        self.offsets = offsets
        self.bytes = bytes
    }

    @inlinable package var count: Int { offsets.count - 1 }

    /// Bytes `skip ..< skip + 8` of a row's key as a big-endian number; what is missing counts as zeros.
    ///
    /// Numbers that differ order like the keys, if the keys are equal in the bytes before.
    @inlinable
    package func prefix(_ row: Int, skip: Int = 0) -> UInt64 {
        let start = Int(offsets[row]) + skip
        let end = Int(offsets[row + 1])
        return bytes.withUnsafeBytes { buffer in
            if start + 8 <= end {
                return UInt64(bigEndian: buffer.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            }
            var value: UInt64 = 0
            var shift: UInt64 = 56
            var index = start
            while index < end {
                value |= UInt64(buffer[index]) << shift
                shift &-= 8
                index += 1
            }
            return value
        }
    }

    /// Calls `body` with the key of a row, borrowed.
    @inlinable
    package func withKey<R>(_ row: Int, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        let range = Int(offsets[row])..<Int(offsets[row + 1])
        return try bytes.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// The key of a row, copied.
    package subscript(row: Int) -> ByteString { withKey(row) { ByteString($0) } }

    /// Negative, zero or positive as row `left` sorts before, with or after row `right` of `other`.
    package func compare(_ left: Int, _ right: Int, in other: NormalizedKeys) -> Int {
        withKey(left) { a in other.withKey(right) { b in compareBytes(a, b) } }
    }

    /// Negative, zero or positive as one row sorts before, with or after another.
    package func compare(_ left: Int, _ right: Int) -> Int { compare(left, right, in: self) }

    /// Negative, zero or positive as a row's key sorts before, with or after `key`.
    package func compare(_ row: Int, to key: ByteString) -> Int {
        withKey(row) { a in key.withUnsafeBytes { compareBytes(a, $0) } }
    }

    /// The first row whose key is not below `key`, in keys that ascend.
    package func lowerBound(_ key: ByteString) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if compare(middle, to: key) < 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The keys of those rows, in that order.
    package func gather(_ rows: [UInt32]) -> NormalizedKeys {
        let taken = ByteColumn(offsets: offsets, data: bytes).gather(rows)
        return NormalizedKeys(offsets: taken.offsets, bytes: taken.data)
    }
}
