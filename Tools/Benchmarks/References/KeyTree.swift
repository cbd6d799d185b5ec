import Bytes
import Metadata

/// A binary tree of partitions over keys of eight bytes, split level by level from the left: node 1 is the root,
/// node n has the children 2n and 2n + 1, and the last `leafCount` of the nodes are leaves.
struct KeyTree {
    let leafCount: Int

    private static let tuple = PartitionTuple([])

    var nodeCount: Int { 2 * leafCount - 1 }

    static func id(_ node: Int) -> PartitionID {
        PartitionID(node == 1 ? "" : ByteString(Hex.string(TableMaking.mixed(UInt64(node)))))
    }

    static func key(_ value: UInt64) -> ByteString {
        var writer = ByteWriter(capacity: 8)
        writer.bigEndian(value)
        return ByteString(writer.bytes)
    }

    private static func depth(_ node: Int) -> Int { Int.bitWidth - 1 - node.leadingZeroBitCount }

    /// The smallest key of a node.
    static func low(_ node: Int) -> UInt64 {
        let depth = depth(node)
        return depth == 0 ? 0 : UInt64(node - 1 << depth) << UInt64(64 - depth)
    }

    /// The key at which a node is split.
    static func middle(_ node: Int) -> UInt64 { low(2 * node + 1) }

    /// The largest key of a node.
    static func high(_ node: Int) -> UInt64 {
        let depth = depth(node)
        return depth == 0 ? .max : low(node) + ((1 << UInt64(64 - depth)) - 1)
    }

    /// The node as it is in a tree of so many leaves.
    func partition(_ node: Int) -> Partition {
        let high = Self.high(node)
        return Partition(
            id: Self.id(node), root: Self.tuple, parent: node == 1 ? nil : Self.id(node / 2),
            children: node < leafCount ? [Self.id(2 * node), Self.id(2 * node + 1)] : [],
            minKey: Self.low(node) == 0 ? nil : Self.key(Self.low(node)),
            maxKey: high == .max ? nil : Self.key(high + 1))
    }

    /// Number `index` of the leaves in the order of their keys.
    func leaf(_ index: Int) -> Int {
        // The deepest level begins with this node; what of it is there has the smallest keys.
        let deepest = 1 << Self.depth(nodeCount)
        let deep = nodeCount - deepest + 1
        return index < deep ? deepest + index : leafCount + index - deep
    }
}
