import Bytes
import Metadata
import TestKit

/// A partition tree that grows split by split, and answers simple questions in a simple way.
struct SampleTree {
    let root: PartitionID
    let tuple: PartitionTuple
    /// By id, in the order in which they were made.
    private(set) var nodes: [Partition]

    init(root: PartitionID = PartitionID(""), tuple: PartitionTuple = PartitionTuple([])) {
        self.root = root
        self.tuple = tuple
        nodes = [Partition(id: root, root: tuple, parent: nil, minKey: nil, maxKey: nil)]
    }

    /// Random splits of leaves at keys of four letters.
    init(splits: Int, _ generator: inout SeededGenerator) {
        self.init()
        for _ in 0..<splits {
            let letters = (0..<4).map { _ in
                UInt8.random(in: UInt8(ascii: "a")...UInt8(ascii: "z"), using: &generator)
            }
            _ = splitLeaf(at: ByteString(letters), &generator)
        }
    }

    mutating func split(_ leaf: ByteString, _ key: ByteString, _ children: (ByteString, ByteString)) {
        guard let index = nodes.firstIndex(where: { $0.id.name == leaf }) else {
            preconditionFailure("there is no node \(leaf)")
        }
        let node = nodes[index]
        precondition(node.children.isEmpty)
        let (left, right) = (PartitionID(children.0), PartitionID(children.1))
        nodes[index].children = [left, right]
        nodes.append(Partition(id: left, root: tuple, parent: node.id, minKey: node.minKey, maxKey: key))
        nodes.append(Partition(id: right, root: tuple, parent: node.id, minKey: key, maxKey: node.maxKey))
    }

    /// Splits the leaf that holds the key, unless it begins with it. Gives what was split.
    mutating func splitLeaf(
        at key: ByteString, _ generator: inout SeededGenerator
    ) -> (leaf: Partition, children: (left: PartitionID, right: PartitionID))? {
        guard let leaf = nodes.first(where: { $0.children.isEmpty && Self.holds($0, key) }),
            leaf.minKey != key
        else { return nil }
        let names = (0..<2).map { _ in ByteString(Hex.string(generator.next())) }
        split(leaf.id.name, key, (names[0], names[1]))
        return (leaf, (PartitionID(names[0]), PartitionID(names[1])))
    }

    static func holds(_ node: Partition, _ key: ByteString) -> Bool {
        if let min = node.minKey, key < min { return false }
        if let max = node.maxKey, !(key < max) { return false }
        return true
    }

    var partitions: PartitionSet {
        var set = PartitionSet.Entries()
        for node in nodes { set.put(node.id, node, at: Version(1)) }
        return PartitionSet(partitionColumns: [], set)
    }

    func parent(of id: PartitionID) -> PartitionID? { nodes.first { $0.id == id }?.parent }

    /// The lowest node that is at or above all of them.
    func lowestNode(covering ids: [PartitionID]) -> PartitionID? {
        var candidate = ids.first
        while let node = candidate {
            if ids.allSatisfy({ isBelow($0, node) }) { return node }
            candidate = parent(of: node)
        }
        return nil
    }

    private func isBelow(_ id: PartitionID, _ ancestor: PartitionID) -> Bool {
        var current: PartitionID? = id
        while let node = current {
            if node == ancestor { return true }
            current = parent(of: node)
        }
        return false
    }
}
