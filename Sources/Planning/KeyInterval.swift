package import Bytes
package import Metadata

/// Normalised keys from `min` up to, and without, `max`; nil is unbounded.
package struct KeyInterval: Hashable, Sendable {
    package var min: ByteString?
    package var max: ByteString?

    package init(min: ByteString? = nil, max: ByteString? = nil) {
        self.min = min
        self.max = max
    }

    /// The range of a node.
    package init(_ partition: Partition) { self.init(min: partition.minKey, max: partition.maxKey) }

    /// One key, or every key that begins with the values of a prefix.
    ///
    /// In a key, what follows a whole column is nothing, the tag 0 or 1 of the next one, or 255, which says that the
    /// column goes on.
    package init(prefix key: ByteString) { self.init(min: key, max: ByteString(key.bytes + [2])) }

    package static let all = KeyInterval()

    package var isEmpty: Bool {
        guard let min, let max else { return false }
        return max <= min
    }

    package func contains(_ key: ByteString) -> Bool {
        (min.map { $0 <= key } ?? true) && (max.map { key < $0 } ?? true)
    }

    /// Whether some key from `first` up to and including `last` is in the interval.
    package func overlaps(_ keys: (first: ByteString, last: ByteString)) -> Bool {
        (min.map { $0 <= keys.last } ?? true) && (max.map { keys.first < $0 } ?? true)
    }

    /// What is in both; nil where nothing can be.
    package func intersection(_ other: KeyInterval) -> KeyInterval? {
        let low = [min, other.min].compactMap { $0 }.max()
        let high = [max, other.max].compactMap { $0 }.min()
        let both = KeyInterval(min: low, max: high)
        return both.isEmpty ? nil : both
    }
}

/// Where a key lies between a first and a last one, as if keys were spread evenly: all there is to estimate by
/// without looking into a file.
struct KeyScale {
    private let first: ByteString
    private let last: ByteString
    /// Bytes that both have in common.
    private let skip: Int
    private let low: Double
    private let width: Double

    init(first: ByteString, last: ByteString) {
        self.first = first
        self.last = last
        skip = zip(first.bytes, last.bytes).prefix { $0 == $1 }.count
        low = Self.number(first, skip)
        width = Self.number(last, skip) - low
    }

    /// 0 at the first key and below, 1 above the last; never falls.
    func position(_ key: ByteString) -> Double {
        if key <= first { return 0 }
        if last < key { return 1 }
        guard width > 0 else { return 0.5 }
        return min(1, max(0, (Self.number(key, skip) - low) / width))
    }

    private static func number(_ key: ByteString, _ skip: Int) -> Double {
        var value: UInt64 = 0
        for index in skip..<(skip + 8) {
            value = value << 8 | (index < key.count ? UInt64(key.bytes[index]) : 0)
        }
        return Double(value)
    }
}
