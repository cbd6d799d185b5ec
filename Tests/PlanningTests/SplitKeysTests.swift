import Bytes
import Planning
import TestKit
import Testing

@Suite("Split keys")
struct SplitKeysTests {
    private func samples(_ count: Int, _ generator: inout SeededGenerator) -> [SplitPlan.KeySample] {
        (0..<count).map { _ in
            SplitPlan.KeySample(
                key: StateSimulation.key(Int.random(in: 0..<500, using: &generator)),
                rows: Int64.random(in: 0...20, using: &generator))
        }
    }

    /// Rows below each key and between it and the next.
    private func rows(_ samples: [SplitPlan.KeySample], _ keys: [ByteString]) -> [Int64] {
        let ends: [ByteString?] = keys + [nil]
        let starts: [ByteString?] = [nil] + keys
        return zip(starts, ends).map { start, end in
            samples.filter { sample in
                (start.map { !(sample.key < $0) } ?? true) && (end.map { sample.key < $0 } ?? true)
            }.reduce(0) { $0 + $1.rows }
        }
    }

    @Test(
        "no key parts the rows more evenly than the one that is chosen",
        arguments: 1...50 as ClosedRange<UInt64>)
    func median(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let samples = samples(Int.random(in: 2...200, using: &generator), &generator)
        let keys = Set(samples.map(\.key)).sorted()
        guard case .split(let key, let left, let right) = SplitPlan.choose(samples, min: nil, max: nil) else {
            #expect(keys.count == 1, "seed \(seed)")
            return
        }
        #expect(rows(samples, [key]) == [left, right] && keys.dropFirst().contains(key), "seed \(seed)")
        let best = keys.dropFirst().map { key in
            let parts = rows(samples, [key])
            return abs(parts[0] - parts[1])
        }.min()
        // Half of an odd number is rounded.
        #expect(abs(left - right) <= (best ?? 0) + 1, "seed \(seed): \(left) \(right), best \(best ?? 0)")
    }

    @Test(
        "leaves of a sample are about equal, each with a key of its own",
        arguments: 1...50 as ClosedRange<UInt64>)
    func leaves(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let samples = samples(Int.random(in: 1...2000, using: &generator), &generator)
        let count = Int.random(in: 1...64, using: &generator)
        let distinct = Set(samples.map(\.key)).count
        let split = SplitKeys(sample: samples, leaves: count)
        #expect(split.keys.count == min(count, distinct) - 1, "seed \(seed)")
        #expect(zip(split.keys, split.keys.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
        // Each end is off by half of a key's rows at most, where keys are many.
        if distinct > 10 * count {
            let total = samples.reduce(0) { $0 + $1.rows }
            let heaviest = Dictionary(grouping: samples, by: \.key).values.map {
                $0.reduce(0) { $0 + $1.rows }
            }.max()
            let parts = rows(samples, split.keys)
            let even = total / Int64(count)
            #expect(parts.allSatisfy { abs($0 - even) <= (heaviest ?? 0) + 1 }, "seed \(seed): \(parts)")
        }
        // Somebody's list of the same keys is the same.
        #expect(try SplitKeys(split.keys) == split)
    }

    @Test(
        "a tree covers its range without gaps, as flat as it can be", arguments: [0, 1, 2, 3, 6, 7, 8, 1000])
    func tree(count: Int) throws {
        let tree = try SplitKeys((0..<count).map { StateSimulation.key($0 + 1) }).tree
        let leaves = tree.leaves
        #expect(leaves.count == count + 1 && leaves[0].min == nil && leaves[count].max == nil)
        #expect(zip(leaves, leaves.dropFirst()).allSatisfy { $0.max == $1.min })
        var depth = 0
        while 1 << depth < count + 1 { depth += 1 }
        #expect(tree.depth == depth)
    }

    @Test("100,000 leaves of a million samples")
    func large() throws {
        let samples = (0..<1_000_000).map { SplitPlan.KeySample(key: StateSimulation.key($0), rows: 1) }
        let split = SplitKeys(sample: samples, leaves: 100_000)
        #expect(split.keys.count == 99_999)
        #expect(
            split.keys[0] == StateSimulation.key(10) && split.keys[99_998] == StateSimulation.key(999_990))
        #expect(split.tree.depth == 17)
    }
}
