package import Bytes

/// The normalised keys from `min` up to, and without, `max`; nil is unbounded.
package struct KeyRange: Hashable, Sendable {
    package var min: ByteString?
    package var max: ByteString?

    package init(min: ByteString? = nil, max: ByteString? = nil) {
        self.min = min
        self.max = max
    }

    /// Every key.
    package static let all = KeyRange()

    /// The keys of both.
    package func intersection(_ other: KeyRange) -> KeyRange {
        let min = [self.min, other.min].compactMap { $0 }.max()
        let max = [self.max, other.max].compactMap { $0 }.min()
        return KeyRange(min: min, max: max)
    }

    /// Whether no key lies in it.
    package var isEmpty: Bool {
        guard let max else { return false }
        return max <= (min ?? ByteString())
    }

    /// Whether it begins below another one, which it does not overlap.
    func isBelow(_ other: KeyRange) -> Bool {
        guard let start = other.min else { return false }
        return min.map { $0 < start } ?? true
    }

    package func contains(_ key: ByteString) -> Bool {
        (min.map { $0 <= key } ?? true) && (max.map { key < $0 } ?? true)
    }
}
