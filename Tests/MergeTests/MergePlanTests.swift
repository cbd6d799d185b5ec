import Bytes
import Metadata
import TestKit
import Testing

@testable import Merge

struct MergePlanTests {
    private static func section(
        _ input: Int, _ rowGroup: Int, _ min: Int, _ max: Int, isPassable: Bool = true
    ) -> MergePlan.Section {
        MergePlan.Section(
            input: input, rowGroup: rowGroup, rows: rowGroup * 10..<rowGroup * 10 + 10,
            min: ByteString([UInt8(min)]), max: ByteString([UInt8(max)]), isPassable: isPassable)
    }

    @Test("a section is passed exactly if no other input has a key within its bounds")
    func passes() {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            var sections: [MergePlan.Section] = []
            for input in 0..<Int.random(in: 1...4, using: &random) {
                var key = Int.random(in: 0...20, using: &random)
                for rowGroup in 0..<Int.random(in: 1...4, using: &random) {
                    let end = key + Int.random(in: 0...8, using: &random)
                    sections.append(
                        MergePlanTests.section(
                            input, rowGroup, key, end, isPassable: Int.random(in: 0..<5, using: &random) > 0))
                    // The next begins with the same key, or behind it.
                    key = end + Int.random(in: 0...6, using: &random)
                }
            }
            let steps = MergePlan.steps(sections.shuffled(using: &random))
            var seen: [MergePlan.Section] = []
            for step in steps {
                let together: [MergePlan.Section]
                switch step {
                case .pass(let section): together = [section]
                case .merge(let merged): together = merged
                }
                for section in together {
                    let isAlone = !sections.contains {
                        $0.input != section.input && $0.min <= section.max && $0.max >= section.min
                    }
                    #expect((step == .pass(section)) == (isAlone && section.isPassable), "seed \(seed)")
                    // What came in earlier steps is below, or the same input's and not above.
                    for before in seen {
                        #expect(
                            before.input == section.input
                                ? before.max <= section.min : before.max < section.min, "seed \(seed)")
                    }
                }
                seen += together
            }
            #expect(seen.count == sections.count)
        }
    }

    @Test("lanes hold no two sections that overlap, and sections of one input in order")
    func lanes() {
        let sections = [
            MergePlanTests.section(0, 0, 1, 5), MergePlanTests.section(1, 0, 3, 7),
            MergePlanTests.section(0, 1, 5, 9), MergePlanTests.section(1, 1, 7, 8),
            MergePlanTests.section(2, 0, 10, 11), MergePlanTests.section(3, 0, 10, 12),
        ]
        let lanes = MergePlan.lanes(sections)
        #expect(lanes.map { $0.map(\.input) } == [[0, 0, 2], [1, 1, 3]])
    }
}

struct LoserTreeTests {
    @Test(
        "many inputs with rows of one, some or no block come out in order",
        arguments: [1, 2, 3, 5, 16, 1_100])
    func order(inputs: Int) throws {
        let table = SampleTable(.append)
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        var all: [SampleRow] = []
        var entries = [] as [(rows: [SampleRow], index: Int)]
        for index in 0..<inputs {
            let rows = SampleRow.stableSorted(
                (0..<Int.random(in: 0...4, using: &random)).map {
                    SampleRow.random(Int64(all.count + $0), &random)
                })
            all += rows
            entries.append((rows, index))
        }
        let files = try entries.flatMap { try table.write($0.rows) }
        #expect(try table.truth(files) == SampleRow.stableSorted(all), "seed \(seed)")
    }
}
