import Bytes
import Metadata
import TestKit
import Testing

@testable import Ingest

@Suite("Slices that share a file")
struct SliceGroupingTests {
    private typealias Slice = SliceGrouping.Slice

    /// A tree of one root with four leaves a, b, c, d below the nodes ab and cd.
    private static let four: PartitionSet = {
        var tree = SampleTree()
        tree.split("", "m", ("ab", "cd"))
        tree.split("ab", "g", ("a", "b"))
        tree.split("cd", "t", ("c", "d"))
        return tree.partitions
    }()

    @Test(
        "small neighbours go together at the lowest node that covers them, large ones alone",
        arguments: [
            (["a": 1], ["a: a"]),
            (["a": 20, "b": 30], ["a: a", "b: b"]),
            (["a": 1, "b": 1], ["ab: a b"]),
            (["b": 1, "c": 1], [": b c"]),
            (["a": 1, "d": 1], [": a d"]),
            (["a": 6, "b": 6, "c": 6, "d": 6], ["ab: a b", "cd: c d"]),
            (["a": 4, "b": 4, "c": 4, "d": 4], [": a b c d"]),
            (["a": 1, "b": 20, "c": 1], ["a: a", "b: b", "c: c"]),
            (["a": 1, "b": 20, "c": 1, "d": 1], ["a: a", "b: b", "cd: c d"]),
            (["a": 20, "b": 1, "c": 1, "d": 20], ["a: a", ": b c", "d: d"]),
            (["a": 9, "b": 1, "c": 1, "d": 8], ["ab: a b", "cd: c d"]),
        ] as [([String: Int64], [String])])
    func cases(_ bytes: [String: Int64], _ expected: [String]) {
        let slices = bytes.sorted { $0.key < $1.key }.map {
            Slice(leaf: PartitionID(ByteString($0.key)), bytes: $0.value)
        }
        let groups = SliceGrouping.groups(slices, minBytes: 10, in: Self.four)
        let text = groups.map { group in
            "\(group.node): " + slices[group.slices].map(\.leaf.description).joined(separator: " ")
        }
        #expect(text == expected)
    }

    @Test("with no least size every slice is a file at its leaf; without slices there is nothing")
    func noLeastSize() {
        let slices = ["a", "b", "d"].map { Slice(leaf: PartitionID($0), bytes: 0) }
        let groups = SliceGrouping.groups(slices, minBytes: 0, in: Self.four)
        #expect(groups.map(\.node) == slices.map(\.leaf))
        #expect(SliceGrouping.groups([], minBytes: 10, in: Self.four).isEmpty)
    }

    @Test(
        "whatever the tree and the slices, each slice is in one group and no two small groups are neighbours")
    func model() {
        let seed = Seed.fresh()
        var generator = SeededGenerator(seed: seed)
        for round in 0..<400 {
            let tree = SampleTree(splits: Int.random(in: 0...40, using: &generator), &generator)
            let leaves = tree.partitions.leaves(below: tree.root)
            let slices = leaves.filter { _ in Bool.random(using: &generator) }.map {
                Slice(
                    leaf: $0,
                    bytes: Int64.random(in: 0...(Bool.random(using: &generator) ? 12 : 3), using: &generator))
            }
            let groups = SliceGrouping.groups(slices, minBytes: 10, in: tree.partitions)
            let what = "round \(round), seed \(seed)"
            #expect(groups.flatMap { Array($0.slices) } == Array(slices.indices), "\(what)")
            for group in groups {
                let own = slices[group.slices]
                #expect(group.bytes == own.reduce(0) { $0 + $1.bytes }, "\(what)")
                #expect(group.node == tree.lowestNode(covering: own.map(\.leaf)), "\(what)")
                if own.count > 1 {
                    #expect(own.allSatisfy { $0.bytes < 10 } && group.bytes < 20, "\(what)")
                }
            }
            for (left, right) in zip(groups, groups.dropFirst()) {
                #expect(left.bytes >= 10 || right.bytes >= 10, "\(what): \(left) and \(right)")
            }
        }
    }

    @Test("a tree as deep as it has leaves is no trouble")
    func deep() {
        var tree = SampleTree()
        var last: ByteString = ""
        for number in 0..<2_000 {
            let key = ByteString(String(10_000 + number))
            let (left, right) = (ByteString("l\(number)"), ByteString("r\(number)"))
            tree.split(last, key, (left, right))
            last = right
        }
        let slices = tree.partitions.leaves(below: tree.root).map { Slice(leaf: $0, bytes: 1) }
        let groups = SliceGrouping.groups(slices, minBytes: 100, in: tree.partitions)
        #expect(groups.reduce(0) { $0 + $1.slices.count } == 2_001)
        #expect(groups.count == 21)
    }
}
