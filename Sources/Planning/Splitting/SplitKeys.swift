package import Bytes

/// Keys at which a partition is split into many at once.
package struct SplitKeys: Hashable, Sendable {
    /// Strictly ascending, above `min` and below `max`; each is the first of its leaf.
    package let keys: [ByteString]
    /// The partition's own range; nil is unbounded.
    package let min: ByteString?
    package let max: ByteString?

    /// A key that does not part what the keys before it left.
    package struct OrderError: Error, Hashable, Sendable, CustomStringConvertible {
        /// From 0; the end of the partition stands behind the last key.
        package var place: Int
        package var key: ByteString
        package var before: ByteString

        package var description: String {
            "split key \(place + 1), \(key.display), is not above \(before.display), which is before it"
        }
    }

    /// Keys that somebody chose.
    package init(_ keys: [ByteString], min: ByteString? = nil, max: ByteString? = nil) throws(OrderError) {
        let bounded = (min.map { [$0] } ?? []) + keys + (max.map { [$0] } ?? [])
        for (place, pair) in zip(bounded, bounded.dropFirst()).enumerated() where !(pair.0 < pair.1) {
            throw OrderError(place: min == nil ? place + 1 : place, key: pair.1, before: pair.0)
        }
        self.keys = keys
        self.min = min
        self.max = max
    }

    /// The keys that part the rows of a sample into `count` leaves, as evenly as they can; fewer where there are not
    /// as many distinct keys.
    package init(
        sample: [SplitPlan.KeySample], leaves count: Int, min: ByteString? = nil, max: ByteString? = nil
    ) {
        let distinct = DistinctKeys(sample, min: min, max: max)
        // Nothing would lie below the smallest key.
        let wanted = Swift.min(count, distinct.keys.count) - 1
        var places: [Int] = []
        for index in stride(from: 1, through: wanted, by: 1) {
            let rows = distinct.total * Int128(index) / Int128(wanted + 1)
            // Each has a key of its own, and leaves one for each that follows.
            let range = ((places.last ?? 0) + 1)..<(distinct.keys.count - (wanted - index))
            guard let place = distinct.place(nearest: rows, in: range) else { break }
            places.append(place)
        }
        keys = places.map { distinct.keys[$0] }
        self.min = min
        self.max = max
    }

    /// The balanced binary tree whose leaves these keys part.
    ///
    /// Neighbours are paired layer by layer, and of an odd number the last one goes up a layer as it is, as in
    /// Sleeper's tables that begin with split points.
    package var tree: KeyRangeTree {
        let starts = [min] + keys
        var layer = zip(starts, keys + [max]).map { KeyRangeTree(min: $0, max: $1, children: []) }
        while layer.count > 1 {
            layer = stride(from: 0, to: layer.count, by: 2).map { place in
                guard place + 1 < layer.count else { return layer[place] }
                let (left, right) = (layer[place], layer[place + 1])
                return KeyRangeTree(min: left.min, max: right.max, children: [left, right])
            }
        }
        return layer[0]
    }
}

/// A range of keys [min, max) and the two that it is split into.
package struct KeyRangeTree: Hashable, Sendable {
    /// nil is unbounded.
    package var min: ByteString?
    package var max: ByteString?
    /// Empty for a leaf, else two, left first.
    package var children: [KeyRangeTree]

    package var leaves: [KeyRangeTree] { children.isEmpty ? [self] : children.flatMap(\.leaves) }
    package var depth: Int { 1 + (children.map(\.depth).max() ?? -1) }
}
