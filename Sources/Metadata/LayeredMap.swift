/// A persistent dictionary: a change makes a small new layer, layers are merged as they grow.
///
/// Copies share all layers. A change of n keys costs about n log(size) amortised, a lookup a probe of each of
/// the few layers. Iteration has no order.
package struct LayeredMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    /// Immutable; nil says that the key is gone from the layers below.
    private final class Layer: Sendable {
        let entries: [Key: Value?]
        init(_ entries: [Key: Value?]) { self.entries = entries }
    }

    /// Oldest and largest first.
    private var layers: [Layer] = []
    package private(set) var count = 0

    package init() {}

    package init<S: Sequence>(_ pairs: S) where S.Element == (Key, Value) {
        var entries: [Key: Value?] = [:]
        for (key, value) in pairs { entries[key] = .some(value) }
        if !entries.isEmpty { layers = [Layer(entries)] }
        count = entries.count
    }

    /// - Precondition: `entries` have a value for every key.
    init(adopting entries: [Key: Value?]) {
        if !entries.isEmpty { layers = [Layer(entries)] }
        count = entries.count
    }

    package var isEmpty: Bool { count == 0 }

    package subscript(key: Key) -> Value? {
        for layer in layers.reversed() {
            if let value = layer.entries[key] { return value }
        }
        return nil
    }

    /// Sets (or, with nil, removes) some keys at once.
    package mutating func merge(_ changes: [Key: Value?]) {
        guard !changes.isEmpty else { return }
        for (key, value) in changes {
            let was = self[key] != nil
            if was != (value != nil) { count += was ? -1 : 1 }
        }
        var top = changes
        while let last = layers.last, last.entries.count <= top.count * 2 {
            top = last.entries.merging(top) { _, new in new }
            layers.removeLast()
        }
        if layers.isEmpty { top = top.filter { $0.value != nil } }
        if !top.isEmpty { layers.append(Layer(top)) }
    }

    package mutating func set(_ key: Key, _ value: Value?) { merge([key: value]) }

    /// Calls `body` with every key and value, in no order.
    package func forEach(_ body: (Key, Value) throws -> Void) rethrows {
        for (index, layer) in layers.enumerated() {
            let above = layers[(index + 1)...]
            for (key, value) in layer.entries {
                guard let value, !above.contains(where: { $0.entries[key] != nil }) else { continue }
                try body(key, value)
            }
        }
    }

    package var keys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(count)
        forEach { key, _ in keys.append(key) }
        return keys
    }

    package var values: [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        forEach { _, value in values.append(value) }
        return values
    }
}

extension LayeredMap: Equatable where Value: Equatable {
    package static func == (left: LayeredMap, right: LayeredMap) -> Bool {
        guard left.count == right.count else { return false }
        var isEqual = true
        left.forEach { key, value in if right[key] != value { isEqual = false } }
        return isEqual
    }
}
