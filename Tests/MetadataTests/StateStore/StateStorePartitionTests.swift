import Bytes
import Metadata
import Testing

@Suite("The state store: partitions")
struct StateStorePartitionTests {
    private static let root = StateStore.root
    private static let (left, right) = (StateStore.left, StateStore.right)
    private static let (first, second) = (PartitionID("00000000000000c1"), PartitionID("00000000000000c2"))

    private static func node(
        _ id: PartitionID, parent: PartitionID?, _ min: ByteString?, _ max: ByteString?,
        children: [PartitionID] = []
    ) -> Partition {
        Partition(
            id: id, root: PartitionTuple([]), parent: parent, children: children, minKey: min, maxKey: max)
    }

    /// The root with two children that meet in a key.
    private static func tree(_ key: ByteString = "m") -> [Partition] {
        [
            node(root, parent: nil, nil, nil, children: [left, right]), node(left, parent: root, nil, key),
            node(right, parent: root, key, nil),
        ]
    }

    private static func put(_ nodes: [Partition]) -> TransactionBody {
        TransactionBody("PUT", [], nodes.map { .operation(.putPartition($0)) })
    }

    @Test("InitialisePartitions", arguments: initialising)
    func initialise(_ situation: StateStoreCase) throws { try situation() }

    private static let initialising: [StateStoreCase] = [
        .init("InitialiseRootPartition") { store in
            #expect(
                store.state.partitions.isLeaf(root) && store.state.partitions.leaves(below: root) == [root])
        },
        .init("InitialiseWithSplit") { store in
            try store.apply(.initialise(tree(), in: store.state))
            #expect(store.state.partitions.leaves(below: root) == [left, right])
            #expect(store.state.partitions.leaf(of: root, for: "m") == right)
        },
        .init("InitialiseWithSeveralLayers") { store in
            var nodes = tree()
            nodes[1].children = [StateStore.leftLeft, StateStore.leftRight]
            nodes.append(node(StateStore.leftLeft, parent: left, nil, "f"))
            nodes.append(node(StateStore.leftRight, parent: left, "f", "m"))
            try store.apply(.initialise(nodes, in: store.state))
            #expect(
                store.state.partitions.leaves(below: root)
                    == [StateStore.leftLeft, StateStore.leftRight, right])
        },
        .init("ReinitialiseWithNoFiles", splits: 2) { store in
            try store.apply(.initialise(tree("k"), in: store.state))
            #expect(store.state.partitions.count == 3)
            #expect(store.state.partitions[left]?.maxKey == "k")
        },
        .init("NotReinitialiseWithAFilePresent", splits: 1) { store in
            try store.add(1, in: left)
            store.expect(.hasFiles, .initialise(tree("k"), in: store.state))
        },
        .init("ReinitialiseKeepingPartitions", splits: 2) { store in
            try store.add(1, in: StateStore.leftLeft)
            try store.apply(.reinitialise(nil, in: store.state))
            #expect(store.state.fileCount == 0 && store.state.partitions.count == 5)
        },
        .init("ReinitialiseWithNewPartitions", splits: 2) { store in
            try store.add(1, in: StateStore.leftLeft)
            try store.apply(.reinitialise(tree("k"), in: store.state))
            #expect(store.state.fileCount == 0 && store.state.partitions.count == 3)
        },
        .init("ClearPartitionsOfASinglePartition") { store in
            try store.apply(.reinitialise([], in: store.state))
            #expect(store.state.partitions.isEmpty)
        },
        .init("ClearPartitionsOfATree", splits: 2) { store in
            try store.apply(.reinitialise([], in: store.state))
            #expect(store.state.partitions.isEmpty && store.state.partitions.isLeaf(root))
        },
    ]

    @Test("SplitPartitions", arguments: splitting)
    func splitPartitions(_ situation: StateStoreCase) throws { try situation() }

    private static let splitting: [StateStoreCase] = [
        .init("SplitAPartition") { store in
            try store.split(root, at: "m", left, right)
            #expect(store.state.partitions.ancestors(of: left) == [root])
            #expect(store.state.partitions.root(of: right) == root)
        },
        .init("SplitAChildToTwoNested", splits: 1) { store in
            try store.split(right, at: "t", first, second)
            #expect(store.state.partitions.leaves(below: root) == [left, first, second])
            #expect(store.state.partitions.leaf(of: root, for: "s") == first)
        },
        .init("FailToSplitAPartitionThatIsSplitAlready", splits: 1) { store in
            let body = TransactionBody.splitPartition(store.node(root), at: "k", into: (first, second))
            store.expect(.partitionSplit, body)
        },
        .init("FailToSplitAPartitionThatDoesNotExist") { store in
            let missing = node(first, parent: root, "a", "b")
            store.expect(
                .partitionUnknown, .splitPartition(missing, at: "aa", into: (left, right)))
        },
        .init("FailWithWrongChildren") { store in
            var nodes = tree()
            nodes[0].children = [first, second]
            store.expectInvalid("does not exist", put(nodes))
        },
        .init("FailWithWrongParent") { store in
            var nodes = tree()
            nodes[1].parent = second
            store.expectInvalid("", put(nodes))
        },
        .init("FailWhenNewPartitionIsNotALeaf") { store in
            var nodes = tree()
            nodes[1].children = [first, second]
            store.expectInvalid("does not exist", put(nodes))
        },
        .init("FailWhenParentIsStillALeaf") { store in
            var nodes = tree()
            nodes[0].children = []
            store.expectInvalid("no child of its parent", put(nodes))
        },
        .init("FailWithTooFewChildren") { store in
            var nodes = tree()
            nodes[0].children = [left]
            store.expectInvalid("has 1 children", put(nodes))
        },
        .init("FailWhenChildrenDoNotMeet") { store in
            var nodes = tree()
            nodes[2].minKey = "n"
            store.expectInvalid("do not meet", put(nodes))
        },
        .init("FailWhenTheOrderOfChildrenIsWrong") { store in
            var nodes = tree()
            nodes[0].children = [right, left]
            store.expectInvalid("do not meet", put(nodes))
        },
        .init("FailAtAKeyOutsideThePartition", splits: 1) { store in
            let body = TransactionBody.splitPartition(store.node(left), at: "x", into: (first, second))
            store.expectInvalid("", body)
            let edge = TransactionBody.splitPartition(store.node(right), at: "m", into: (first, second))
            store.expectInvalid("empty range", edge)
        },
        .init("AcceptAnyOrderOfTheList") { store in
            try store.apply(put(Array(tree().reversed())))
            #expect(store.state.partitions.leaves(below: root) == [left, right])
        },
    ]

    @Test("ExtendTree", arguments: extending)
    func extendTree(_ situation: StateStoreCase) throws { try situation() }

    private static let extending: [StateStoreCase] = [
        .init("ExtendByOneSplit", splits: 1) { store in
            var updated = store.node(left)
            updated.children = [first, second]
            let new = [node(first, parent: left, nil, "f"), node(second, parent: left, "f", "m")]
            try store.apply(.extendTree(updated: [updated], new: new))
            #expect(store.state.partitions.leaves(below: root) == [first, second, right])
        },
        .init("ExtendByMultipleLevels") { store in
            var nodes = tree()
            nodes[1].children = [first, second]
            let below = [node(first, parent: left, nil, "f"), node(second, parent: left, "f", "m")]
            try store.apply(.extendTree(updated: [nodes[0]], new: Array(nodes[1...]) + below))
            #expect(store.state.partitions.leaves(below: root).count == 3)
        },
        .init("ExtendFromRootTo100000Leaves") { store in
            try store.apply(.extendTree(updated: [wide[0]], new: Array(wide[1...])))
            #expect(store.state.partitions.leaves(below: root).count == 100_000)
            #expect(store.state.partitions.leaf(of: root, for: key(77_777)) == leaf(77_777))
        },
        .init("FailWhenUpdatedPartitionIsMissing") { store in
            let missing = node(first, parent: root, "a", "b", children: [left, right])
            store.expect(.partitionUnknown, .extendTree(updated: [missing], new: []))
        },
        .init("FailWhenUpdatedPartitionIsAlreadySplit", splits: 1) { store in
            store.expect(.partitionSplit, .extendTree(updated: [store.node(root)], new: []))
        },
        .init("FailWhenNewPartitionExists", splits: 2) { store in
            var updated = store.node(right)
            updated.children = [StateStore.leftLeft, first]
            let new = [
                node(StateStore.leftLeft, parent: right, "m", "t"), node(first, parent: right, "t", nil),
            ]
            store.expectInvalid("changes its place", .extendTree(updated: [updated], new: new))
        },
        .init("FailWithoutSplitting", splits: 1) { store in
            let stray = node(first, parent: left, nil, "f")
            store.expectInvalid(
                "no child of its parent", .extendTree(updated: [store.node(left)], new: [stray]))
        },
        .init("FailWithASecondRoot") { store in
            store.expectInvalid(
                "no parent", .extendTree(updated: [], new: [node(first, parent: nil, nil, nil)]))
        },
        .init("FailWhenNewPartitionsDoNotMeet", splits: 1) { store in
            var updated = store.node(left)
            updated.children = [first, second]
            let new = [node(first, parent: left, nil, "f"), node(second, parent: left, "g", "m")]
            store.expectInvalid("do not meet", .extendTree(updated: [updated], new: new))
        },
    ]

    private static func key(_ leaf: Int) -> ByteString {
        ByteString(withUnsafeBytes(of: UInt32(leaf).bigEndian) { Array($0) })
    }

    private static func leaf(_ number: Int) -> PartitionID {
        PartitionID(ByteString(Hex.string(UInt64(number) + 1 << 20)))
    }

    /// Leaf n holds keys from n on, below a tree that is as even as it can be.
    private static let wide: [Partition] = {
        var nodes: [Partition] = []
        var inner: UInt64 = 1 << 40
        func make(_ range: Range<Int>, parent: PartitionID?) -> PartitionID {
            let min = range.lowerBound == 0 ? nil : key(range.lowerBound)
            let max = range.upperBound == 100_000 ? nil : key(range.upperBound)
            guard range.count > 1 else {
                nodes.append(node(leaf(range.lowerBound), parent: parent, min, max))
                return leaf(range.lowerBound)
            }
            inner += 1
            let id = parent == nil ? root : PartitionID(ByteString(Hex.string(inner)))
            let place = nodes.count
            nodes.append(node(id, parent: parent, min, max))
            let middle = (range.lowerBound + range.upperBound) / 2
            nodes[place].children = [
                make(range.lowerBound..<middle, parent: id), make(middle..<range.upperBound, parent: id),
            ]
            return id
        }
        _ = make(0..<100_000, parent: nil)
        return nodes
    }()
}
