import Metadata

/// Which slices of sorted rows share a data file, and at which node of the partition tree that file is registered.
///
/// A slice is what lies in one leaf. One of `minBytes` or more is a file of its own at its leaf. Smaller ones go together
/// with their neighbours, from the leaves up: as soon as those below a node have `minBytes` they are a file at that node,
/// so a file is as low as its size allows and less than twice `minBytes`. What is left between large slices or at the
/// ends is a file however small it is, at the lowest node that covers it.
struct SliceGrouping {
    struct Slice: Hashable, Sendable {
        var leaf: PartitionID
        var bytes: Int64
    }

    /// Neighbouring slices in one file.
    struct Group: Hashable, Sendable {
        var slices: Range<Int>
        var bytes: Int64
        /// The lowest node that covers them.
        var node: PartitionID

        /// - Parameter node: where the two meet.
        fileprivate func joined(_ other: Group?, at node: PartitionID) -> Group {
            guard let other else { return self }
            return Group(
                slices: slices.lowerBound..<other.slices.upperBound, bytes: bytes + other.bytes, node: node)
        }
    }

    /// All slices below one node that were looked at so far.
    private struct Stretch {
        /// Small slices that may still grow to the left, and to the right. The same group where there is nothing between.
        var head: Group?
        var tail: Group?
        /// `head` and `tail` are all that there is.
        var isOneGroup: Bool
        /// How deep the node lies that it shares with the stretch to its left, and that node.
        var depth: Int
        var node: PartitionID
    }

    private let minBytes: Int64
    private var groups: [Group] = []

    /// - Parameter slices: of the leaves of one tree, in key order, each leaf at most once.
    static func groups(_ slices: [Slice], minBytes: Int64, in tree: PartitionSet) -> [Group] {
        var grouping = SliceGrouping(minBytes: minBytes)
        grouping.run(slices, tree)
        return grouping.groups.sorted { $0.slices.lowerBound < $1.slices.lowerBound }
    }

    private init(minBytes: Int64) { self.minBytes = minBytes }

    /// Joins neighbours where they meet, the deepest node first: what lies on the stack meets in ever deeper nodes.
    private mutating func run(_ slices: [Slice], _ tree: PartitionSet) {
        var stack: [Stretch] = []
        var previous: [PartitionID] = []
        for (index, slice) in slices.enumerated() {
            let path = Array(tree.ancestors(of: slice.leaf).reversed()) + [slice.leaf]
            let shared = zip(previous, path).prefix { $0 == $1 }.count
            while stack.count > 1, let last = stack.last, last.depth >= shared { joinLast(&stack) }
            let group = Group(slices: index..<index + 1, bytes: slice.bytes, node: slice.leaf)
            var stretch = Stretch(
                head: group, tail: group, isOneGroup: true, depth: shared,
                node: shared > 0 ? path[shared - 1] : slice.leaf)
            close(&stretch)
            stack.append(stretch)
            previous = path
        }
        while stack.count > 1 { joinLast(&stack) }
        guard let all = stack.first else { return }
        if let head = all.head { groups.append(head) }
        if let tail = all.tail, !all.isOneGroup { groups.append(tail) }
    }

    /// Joins the last two stretches at the node where they meet.
    private mutating func joinLast(_ stack: inout [Stretch]) {
        let right = stack.removeLast()
        var left = stack.removeLast()
        let middle = left.tail?.joined(right.head, at: right.node) ?? right.head
        switch (left.isOneGroup, right.isOneGroup) {
        case (true, true):
            left.head = middle
            left.tail = middle
            close(&left)
        case (true, false):
            left.head = settle(middle)
            left.tail = right.tail
            left.isOneGroup = false
        case (false, true):
            left.tail = settle(middle)
        case (false, false):
            // Large slices on both sides: it does not grow any more.
            if let middle { groups.append(middle) }
            left.tail = right.tail
        }
        stack.append(left)
    }

    /// Ends a stretch that is one group where that is large enough.
    private mutating func close(_ stretch: inout Stretch) {
        stretch.head = settle(stretch.head)
        stretch.tail = stretch.head
        stretch.isOneGroup = stretch.head != nil
    }

    /// What of a group may still grow: nothing where it is large enough, and a file.
    private mutating func settle(_ group: Group?) -> Group? {
        guard let group, group.bytes >= minBytes else { return group }
        groups.append(group)
        return nil
    }
}
