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

    package func contains(_ key: ByteString) -> Bool {
        (min.map { $0 <= key } ?? true) && (max.map { key < $0 } ?? true)
    }
}
