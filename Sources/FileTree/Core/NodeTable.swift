import Synchronization

/// What the kernel knows: for each node id what it stands for and how many lookups hold it.
///
/// Every operation is O(1) and takes one of sixteen locks. A node is there as long as the kernel may ask for it: from
/// the first `lookUp` until as many were forgotten.
package final class NodeTable<Node: Sendable>: Sendable {
    private struct Slot {
        var node: Node
        var lookups: UInt64
    }

    private final class Shard: Sendable {
        let slots = Mutex<[UInt64: Slot]>([:])
    }

    private let shards: [Shard] = (0..<16).map { _ in Shard() }

    package init() {}

    private func shard(_ id: NodeID) -> Shard {
        // File ids are random, counters are not: the multiplication spreads both.
        shards[Int(truncatingIfNeeded: (id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 60)]
    }

    /// Counts one lookup and gives the node, made by `make` if the kernel did not know the id. Call it for each
    /// `EntryReply` that is sent.
    package func lookUp(_ id: NodeID, make: () -> Node) -> Node {
        shard(id).slots.withLock { slots in
            if let index = slots.index(forKey: id.rawValue) {
                slots.values[index].lookups += 1
                return slots.values[index].node
            }
            let node = make()
            slots[id.rawValue] = Slot(node: node, lookups: 1)
            return node
        }
    }

    /// What the id stands for; `nil` if the kernel should not know it.
    package func node(_ id: NodeID) -> Node? {
        shard(id).slots.withLock { $0[id.rawValue]?.node }
    }

    /// Puts another node under an id the kernel knows; its lookups stay. `false` if it is unknown.
    package func replace(_ id: NodeID, with node: Node) -> Bool {
        shard(id).slots.withLock { slots in
            guard let index = slots.index(forKey: id.rawValue) else { return false }
            slots.values[index].node = node
            return true
        }
    }

    /// Drops `count` lookups; gives the node if they were the last, and forgets it.
    @discardableResult
    package func forget(_ id: NodeID, count: UInt64) -> Node? {
        shard(id).slots.withLock { slots in
            guard let index = slots.index(forKey: id.rawValue) else { return nil }
            let lookups = slots.values[index].lookups
            if lookups > count {
                slots.values[index].lookups = lookups - count
                return nil
            }
            return slots.remove(at: index).value.node
        }
    }

    /// How many lookups hold the id.
    package func lookups(of id: NodeID) -> UInt64 {
        shard(id).slots.withLock { $0[id.rawValue]?.lookups ?? 0 }
    }

    /// How many nodes the kernel knows.
    package var count: Int { shards.reduce(0) { total, shard in total + shard.slots.withLock { $0.count } } }
}
