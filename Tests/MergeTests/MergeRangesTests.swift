import Bytes
import TestKit
import Testing

@testable import Merge

@Suite("Into which ranges a merge is cut")
struct MergeRangesTests {
    private static func range(_ min: Int?, _ max: Int?) -> KeyRange {
        KeyRange(min: min.map { ByteString([UInt8($0)]) }, max: max.map { ByteString([UInt8($0)]) })
    }

    @Test("what is left of all keys is what no finished range holds")
    func gaps() {
        typealias Case = (done: [KeyRange], left: [KeyRange]?)
        let range = MergeRangesTests.range
        let cases: [Case] = [
            ([], [.all]),
            ([.all], []),
            ([range(nil, 5)], [range(5, nil)]),
            ([range(5, nil)], [range(nil, 5)]),
            ([range(7, 9), range(nil, 3), range(3, 5)], [range(5, 7), range(9, nil)]),
            ([range(3, 5), range(5, 8)], [range(nil, 3), range(8, nil)]),
            ([range(nil, 3), range(3, nil)], []),
            ([range(nil, 5), range(4, 8)], nil),
            ([range(nil, 5), range(nil, 3)], nil),
            ([range(3, nil), range(5, nil)], nil),
            ([range(3, nil), range(5, 6)], nil),
            ([.all, .all], nil),
            ([range(4, 4)], nil),
            ([range(5, 4)], nil),
        ]
        for (done, left) in cases { #expect(MergeRanges.gaps(between: done) == left, "\(done)") }
    }

    @Test("ranges are cut at keys of the samples, into parts that tile them and are of about the same bytes")
    func splits() {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...60, using: &random)
            let samples = (0..<count).map { _ in
                MergeRanges.Sample(
                    key: ByteString([UInt8.random(in: 0...50, using: &random)]),
                    bytes: Double.random(in: 1...2, using: &random))
            }
            let whole = [.all, MergeRangesTests.range(10, nil), MergeRangesTests.range(3, 40)].randomElement(
                using: &random)!
            let wanted = Int.random(in: 1...4, using: &random)
            let ranges = MergeRanges.split([whole], into: wanted, samples: samples)
            #expect(ranges.count <= wanted)
            #expect(ranges.first?.min == whole.min && ranges.last?.max == whole.max)
            for (left, right) in zip(ranges, ranges.dropFirst()) {
                #expect(left.max == right.min && left.max != nil)
                #expect(samples.contains { $0.key == left.max })
            }
            let inside = samples.filter { whole.contains($0.key) }
            for part in ranges where ranges.count > 1 {
                #expect(inside.contains { part.contains($0.key) }, "seed \(seed): a range without rows")
            }
            let distinct = Set(inside.map(\.key)).count
            if distinct < 2 { #expect(ranges == [whole]) }
            if wanted == 2, distinct > 1 {
                #expect(ranges.count == 2, "seed \(seed)")
                let total = inside.reduce(0) { $0 + $1.bytes }
                let low = inside.filter { ranges[0].contains($0.key) }.reduce(0) { $0 + $1.bytes }
                // No key is cut, so the heaviest one is what it may be off by.
                let heaviest =
                    Set(inside.map(\.key)).map { key in
                        inside.filter { $0.key == key }.reduce(0) { $0 + $1.bytes }
                    }.max() ?? 0
                #expect(abs(low - total / 2) <= heaviest, "seed \(seed)")
            }
        }
    }

    @Test("the heaviest of several ranges is cut")
    func heaviest() {
        let samples = (0..<20).map {
            MergeRanges.Sample(key: ByteString([UInt8($0)]), bytes: $0 < 6 ? 1 : 10)
        }
        let range = MergeRangesTests.range
        let ranges = MergeRanges.split([range(nil, 6), range(8, nil)], into: 3, samples: samples)
        #expect(ranges == [range(nil, 6), range(8, 14), range(14, nil)])
    }
}
