import Bytes
import Metadata
import Planning
import Testing

/// Runs from a table's notation: runs parted by `|`, files by a space, MiB each, `*` for busy.
func picture(_ text: String, hasRowKey: Bool = true, kind: TableKind = .append) -> PartitionPicture {
    var next: UInt64 = 0
    let runs = text.split(separator: "|").map { run in
        PartitionPicture.Run(
            run.split(separator: " ").map { file in
                next += 1
                let size = Int64(file.filter { $0 != "*" }) ?? 0
                return PartitionPicture.File(
                    id: FileID(next), bytes: size << 20, rows: size, sequence: Int64(next),
                    isBusy: file.hasSuffix("*"))
            })
    }
    return PartitionPicture(partition: PartitionID("p"), kind: kind, hasRowKey: hasRowKey, runs: runs)
}

/// Jobs in the same notation: inputs by id.
func text(_ jobs: [PlannedJob]) -> String {
    jobs.map { $0.inputs.map { String($0.rawValue) }.joined(separator: " ") }.joined(separator: "|")
}

@Suite("Compaction strategies")
struct StrategyTests {
    @Test(
        "lazy-leveled",
        arguments: [
            ("nothing below five runs", "100|1|1|1", "", ""),
            ("five equal runs become one", "1|1|1|1|1", "5 runs are 5.00 times the largest", "1 2 3 4 5"),
            ("beside a large bottom, four of a tier", "1000|1|1|1|1", "4 runs of about 1 MiB", "2 3 4 5"),
            ("three of a tier wait", "1000|1|1|1|20|90", "", ""),
            ("smaller ones go along", "4000|20|20|1|20|20|5", "4 runs of about 20 MiB", "4 7 2 3 5 6"),
            ("too much beside the bottom", "400|90|9|2|1", "1.26 times the largest", "5 4 3 2 1"),
            ("just enough beside the bottom", "400|90|6|2|1", "", ""),
            ("busy runs are left alone", "1000|1*|1|1|1|20", "", ""),
            ("a busy bottom is not replaced", "1000*|20|20|20|20|20", "5 runs of about 20 MiB", "2 3 4 5 6"),
            ("nothing of nothing", "", "", ""),
            (
                "small neighbours of a run are joined", "1 1 1 1 1", "5 neighbours of together 5 MiB",
                "1 2 3 4 5"
            ),
            ("four neighbours wait", "1 1 1 1", "", ""),
            ("a busy file holds its whole run", "1 1 1 1 1*", "", ""),
            ("large files part the streaks", "1 1 1 200 1 1 1", "", ""),
            ("what is joined does not join what is new", "5 1 1 1 1 1", "5 neighbours", "2 3 4 5 6"),
        ] as [(String, String, String, String)])
    func lazyLeveled(name: String, runs: String, reason: String, inputs: String) {
        let jobs = LazyLeveled(targetFileSize: 256 << 20).plan(picture(runs))
        #expect(text(jobs) == inputs, "\(name): \(jobs)")
        #expect(
            jobs.allSatisfy { $0.reason.contains(reason) && $0.strategy == "lazy-leveled" },
            "\(name): \(jobs)")
    }

    @Test(
        "lazy-leveled without a row key merges small files and never what has its size",
        arguments: [
            ("200 200 200|200|200|200|200", ""), ("200|1|1|1|1|1", "2 3 4 5 6"), ("1|1|1|1|1", "1 2 3 4 5"),
            ("1 1 1 1 1", ""), ("1|5|20|80|1", ""),
        ] as [(String, String)])
    func keyless(runs: String, inputs: String) {
        #expect(text(LazyLeveled(targetFileSize: 256 << 20).plan(picture(runs, hasRowKey: false))) == inputs)
    }

    @Test("a job reads at most 64 runs, the smallest")
    func manyRuns() throws {
        let runs = (0..<100).map { $0 < 50 ? "5" : "1" }.joined(separator: "|")
        let job = try #require(LazyLeveled(targetFileSize: 256 << 20).plan(picture(runs)).first)
        #expect(job.inputs.count == 50 && job.inputs.allSatisfy { $0.rawValue > 50 })
        let equal = Array(repeating: "3", count: 100).joined(separator: "|")
        #expect(LazyLeveled(targetFileSize: 256 << 20).plan(picture(equal))[0].inputs.count == 64)
    }

    @Test(
        "size-ratio",
        arguments: [
            ("one run is never rewritten", "1", ""), ("three equal runs are too few", "1|1|1", ""),
            ("four equal runs are enough", "1|1|1|1", "1 2 3 4"),
            ("the largest is dropped", "9|1|1|1|1", "2 3 4 5"),
            ("one drop at a time", "100|30|1|1|1|1", "3 4 5 6"),
            ("a run counts once, with all its rows", "2 2|1|1|1|1|1", "3 4 5 6 7"),
            ("busy runs are left alone", "1|1*|1|1", ""),
        ] as [(String, String, String)])
    func sizeRatio(name: String, runs: String, inputs: String) {
        let jobs = SizeRatio(targetFileSize: 256 << 20).plan(picture(runs))
        #expect(text(jobs) == inputs, "\(name): \(jobs)")
    }

    @Test("size-ratio makes batches of twelve")
    func batches() {
        let jobs = SizeRatio(targetFileSize: 256 << 20).plan(
            picture(Array(repeating: "1", count: 26).joined(separator: "|")))
        #expect(jobs.map(\.inputs) == [(1...12).map { FileID($0) }, (13...24).map { FileID($0) }])
    }

    @Test(
        "basic",
        arguments: [
            ("1", ""), ("1|1", "1 2"), ("1 200|1", "1 3"), ("1|1*|1", "1 3"), ("1 2 3 4", "1 2 3"),
            ("1 2 3 4 5", "1 2 3|4 5"),
        ] as [(String, String)])
    func basic(runs: String, inputs: String) {
        let jobs = Basic(batchSize: 3, targetFileSize: 256 << 20).plan(picture(runs))
        #expect(text(jobs) == inputs)
    }

    @Test("what a person asks for is one job of all that is free")
    func everything() {
        #expect(text(Everything().plan(picture("200 1|1*|300"))) == "1 2 4")
        #expect(
            text(Everything(chosen: [FileID(2), FileID(3), FileID(4)]).plan(picture("200 1|1*|300"))) == "2 4"
        )
        #expect(Everything().plan(picture("1")).isEmpty)
        #expect(text(Everything().plan(picture("1", kind: .upsert))) == "1")
    }

    @Test("the property chooses the strategy")
    func chosen() {
        for (value, name) in [
            ("basic", "basic"), ("size-ratio", "size-ratio"), ("lazy-leveled", "lazy-leveled"),
        ] {
            let properties = TableProperties(overrides: ["compaction.strategy": ByteString(value)])
            #expect(CompactionStrategies.strategy(for: properties)?.name == name)
        }
        let off = TableProperties(overrides: ["compaction.strategy": "off"])
        #expect(CompactionStrategies.strategy(for: off) == nil)
    }
}
