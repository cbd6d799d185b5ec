import Bytes
import Metadata
import Planning
import Platform

/// New nodes of partition trees: leaves that become trees of many levels, balanced over their keys.
struct TreeGrowth {
    /// The leaves that were there, with the children that they get.
    private(set) var updated: [Partition] = []
    /// All that come below them.
    private(set) var new: [Partition] = []
    private let entropy: any Entropy

    /// Where the new tree is split, ascending.
    var keys: [ByteString] {
        let firstKeys = new.reduce(into: [:]) { $0[$1.id] = $1.minKey }
        return (updated + new).filter { !$0.isLeaf }.compactMap { firstKeys[$0.children[1]] }.sorted()
    }

    /// Nodes with children, parents before what is below them.
    var innerNodes: [PartitionID] {
        updated.map(\.id) + new.reversed().filter { !$0.isLeaf }.map(\.id)
    }

    init(_ entropy: any Entropy) { self.entropy = entropy }

    /// - Parameter keys: ascending; those that lie inside of the leaf's range split it, the others do nothing.
    mutating func grow(_ leaf: Partition, at keys: [ByteString]) {
        let inside = keys.filter { leaf.contains($0) && $0 != leaf.minKey }
        guard !inside.isEmpty, let split = try? SplitKeys(inside, min: leaf.minKey, max: leaf.maxKey) else {
            return
        }
        var grown = leaf
        grown.children = add(split.tree.children, below: leaf)
        updated.append(grown)
    }

    private mutating func add(_ trees: [KeyRangeTree], below parent: Partition) -> [PartitionID] {
        trees.map { tree in
            var node = Partition(
                id: PartitionID(ByteString(Hex.string(entropy.identifier()))), root: parent.root,
                parent: parent.id,
                minKey: tree.min, maxKey: tree.max)
            node.children = add(tree.children, below: node)
            new.append(node)
            return node.id
        }
    }
}
