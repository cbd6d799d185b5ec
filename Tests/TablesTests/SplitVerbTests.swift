import Bytes
import Compaction
import JSON
import Metadata
import Planning
import Platform
import Records
import Tables
import TestKit
import Testing

@Suite("Splitting partitions by a word")
struct SplitVerbTests {
    @Test("a split in the middle counts the rows of both halves, and says so beforehand")
    func middle() throws {
        let rows = try RowTable()
        try rows.ingest(0..<100)
        try rows.ingest(50..<150)
        let planned = try rows.table.perform(.split(partition: nil, at: nil), user: 0, dryRun: true)
        #expect(planned.isDryRun && planned.version == nil && rows.table.state.partitions.isEmpty)
        let outcome = try rows.perform(.split(partition: nil, at: nil))
        #expect(outcome.plan.facts["key"] == planned.plan.facts["key"])
        #expect(outcome.plan.facts["references"]?.int64Value == 2)
        #expect(outcome.plan.facts["estimatedReferences"]?.int64Value == 0)
        let key = try #require(outcome.plan.facts["key"]?.textValue.flatMap { Int($0) })
        let below = (0..<100).count { $0 < key } + (50..<150).count { $0 < key }
        #expect(rows.leaves() == ["id-to-\(key): \(below)", "id-from-\(key): \(200 - below)"])
        #expect((80...120).contains(below))
        #expect(rows.table.state.totalRows == 200)
        #expect(String(decoding: outcome.text, as: UTF8.self).contains("committed as version"))
    }

    @Test("a key finds its leaf, a partition is named by path or id, and a split leaf is not split again")
    func atKeys() throws {
        let rows = try RowTable()
        try rows.ingest(0..<100)
        try rows.perform(.split(partition: nil, at: "50"))
        try rows.perform(.split(partition: nil, at: "25"))
        try rows.perform(.split(partition: "id-from-50", at: "75"))
        #expect(
            rows.leaves() == [
                "id-to-50/id-to-25: 25", "id-to-50/id-from-25: 25", "id-from-50/id-to-75: 25",
                "id-from-50/id-from-75: 25",
            ])
        #expect(try rows.refusal(.split(partition: nil, at: nil)).contains("is split already"))
        #expect(
            try rows.refusal(.split(partition: "id-to-50", at: "60")).contains("the key is not in partition"))
        #expect(try rows.refusal(.split(partition: nil, at: "50")).contains("does not part"))
        #expect(try rows.refusal(.split(partition: "id-to-51", at: nil)).contains("has no part"))
        #expect(try rows.refusal(.split(partition: nil, at: "x")).contains("no value of type int64"))
        let id = try PartitionPathText(rows.table.state).id("id-to-50/id-to-25")
        try rows.perform(.split(partition: id.name, at: "-7"))
        #expect(rows.leaves()[0] == "id-to-50/id-to-25/id-to--7: 0")
    }

    @Test("what cannot be split says why: one key, no rows, partition columns without a partition")
    func refusals() throws {
        let rows = try RowTable()
        #expect(try rows.refusal(.split(partition: nil, at: nil)).contains("no rows to tell a middle from"))
        try rows.ingest([5])
        try rows.ingest([5])
        #expect(try rows.refusal(.split(partition: nil, at: nil)).contains("all of its rows have the key 5"))
        #expect(
            try rows.refusal(.spread(partition: nil, leafCount: 4)).contains("all of its rows have the key 5")
        )
        let days = try RowTable(partitioned: true)
        try days.ingest(0..<10, day: "2024-01-01")
        #expect(
            try days.refusal(.split(partition: nil, at: "5")).contains(
                "name a partition, such as day=2024-01-01"))
        try days.perform(.split(partition: "day=2024-01-01", at: "5"))
        #expect(days.leaves() == ["day=2024-01-01/id-to-5: 5", "day=2024-01-01/id-from-5: 5"])
    }

    @Test("an empty root partition is split at a key as at many: its directory is made, and that is said")
    func newRoot() throws {
        let rows = try RowTable(partitioned: true)
        // However few rows come, they go to the leaves.
        try rows.table.commit(
            "SET", actions: [.operation(.setProperty(name: "ingest.minSliceBytes", value: "0"))])
        try rows.ingest(0..<10, day: "2024-01-01")
        let requests: [(day: ByteString, request: (ByteString) throws -> VerbRequest)] = [
            ("day=2024-02-01", { .split(partition: $0, at: "5") }),
            ("day=2024-02-02", { .splitAtAll(partition: $0, keys: [try rows.key(5)]) }),
        ]
        for (day, request) in requests {
            #expect(
                try rows.refusal(.split(partition: day, at: nil)).contains(
                    "there is no partition \"\(day)\" yet"))
            let planned = try rows.table.perform(request(day), user: 0, dryRun: true)
            let outcome = try rows.perform(request(day))
            for text in [planned.text, outcome.text].map({ String(decoding: $0, as: UTF8.self) }) {
                #expect(
                    text.contains("partition \"\(day)\" is new: its directory is made, and split at"),
                    "\(text)")
            }
            #expect(planned.plan.facts["isNew"] == .bool(true) && outcome.plan.facts["isNew"] == .bool(true))
            #expect(rows.leaves().contains("\(day)/id-to-5: 0"))
            // What comes is routed, and what is there is not new.
            try rows.ingest(0..<10, day: String(day.display.dropFirst(4)))
            #expect(rows.leaves().suffix(2) == ["\(day)/id-to-5: 5", "\(day)/id-from-5: 5"])
            let again = try rows.perform(.split(partition: day, at: "7"))
            #expect(again.plan.facts["isNew"] == .bool(false))
            #expect(!String(decoding: again.text, as: UTF8.self).contains("new"))
        }
        for (path, message) in [
            ("day=never", "is no value of type date"), ("month=1", "day=… is expected"),
            ("day=2024-02-03/id-to-5", "it was not split"), ("00c0ffee00c0ffee", "names no partition"),
        ] as [(ByteString, String)] {
            #expect(try rows.refusal(.split(partition: path, at: "5")).contains(message))
            #expect(
                try rows.refusal(.splitAtAll(partition: path, keys: [rows.key(5)])).contains(message))
        }
    }

    @Test("what is due is said alike of one leaf and of all: a leaf of one key is unsplittable")
    func due() throws {
        let rows = try RowTable()
        try rows.perform(.splitAtAll(partition: nil, keys: [rows.key(10), rows.key(20)]))
        try rows.ingest(Array(repeating: 5, count: 40))
        try rows.ingest(10..<15)
        try rows.ingest(20..<60)
        func said() throws -> [String?] {
            let state = rows.table.state
            let report = PartitionReport(state, unsplittable: Set(rows.table.compactor.unsplittable.keys))
            for node in report.nodes {
                let one = rows.table.splitDue(of: node.id, in: state)
                #expect(one == (node.isLeaf ? node.split.rawValue : nil))
            }
            return report.nodes.filter(\.isLeaf).map(\.split.rawValue)
        }
        #expect(try said() == ["no", "no", "no"])
        try rows.table.commit(
            "SET", actions: [.operation(.setProperty(name: "partition.splitThresholdRows", value: "30"))])
        #expect(try said() == ["unsplittable", "no", "due"])
    }

    @Test("a space in a key or a path is written %20, and whoever does not is told so")
    func spaces() throws {
        let line = try VerbLine(verb: "split", line: ". New%20York")
        let texts = try KeyText(TreeTable(key: [("name", .string)]).state.definition)
        guard case .split(_, .some(let key)) = line.request else {
            Issue.record("\(line)")
            return
        }
        #expect(try texts.key(key) == texts.key("New York"))
        let error = #expect(throws: StoreError.self) { try VerbLine(verb: "split", line: ". New York") }
        #expect(error?.message.contains("a space in them is written %20") == true)
        #expect(VerbLine.verbs.contains { $0.name == "split" && $0.summary.contains("%20") })
        var table = try TreeTable(key: [("name", .string)])
        let (left, _) = try table.split(at: table.key("New York"))
        let paths = PartitionPathText(table.state)
        #expect(paths.path(of: left) == "name-to-New York")
        #expect(try paths.id("name-to-New York") == left && paths.id("name-to-New%20York") == left)
    }

    @Test("into many: as many leaves, as even as the rows, with every row counted in one of them")
    func spread() throws {
        let rows = try RowTable()
        for start in 0..<4 { try rows.ingest((0..<200).map { $0 * 4 + start }) }
        let planned = try rows.table.perform(.spread(partition: nil, leafCount: 8), user: 0, dryRun: true)
        let outcome = try rows.perform(.spread(partition: nil, leafCount: 8))
        #expect(outcome.plan.facts["keys"] == planned.plan.facts["keys"])
        #expect(outcome.plan.facts["splits"]?.int64Value == 7)
        let report = PartitionReport(rows.table.state)
        let leaves = report.nodes.filter(\.isLeaf)
        #expect(
            leaves.count == 8
                && leaves.allSatisfy { (80...120).contains($0.rowsExact) && $0.rowsEstimated == 0 })
        #expect(leaves.reduce(0) { $0 + $1.rowsExact } == 800)
        #expect(report.nodes.filter { !$0.isLeaf }.allSatisfy { $0.files == 0 })
        // Balanced.
        #expect(report.nodes.map(\.depth).max() == 3)
    }

    @Test("into many by rows of which nearly all have one key: as many leaves as there are keys")
    func spreadHeavy() throws {
        let rows = try RowTable()
        try rows.ingest(Array(repeating: 0, count: 6_000) + [1, 2, 3])
        try rows.perform(.spread(partition: nil, leafCount: 16))
        let leaves = PartitionReport(rows.table.state).nodes.filter(\.isLeaf)
        #expect(leaves.map(\.rowsExact) == [6_000, 1, 1, 1] && leaves.allSatisfy { $0.rowsEstimated == 0 })
        #expect(
            try rows.refusal(.spread(partition: "id-to-2/id-to-1", leafCount: 2)).contains(
                "all of its rows have the key 0"))
    }

    @Test("split points go out and come in: the same leaves, in a table with rows, without, and a new one")
    func points() throws {
        let rows = try RowTable()
        try rows.ingest(0..<100)
        for key in ["50", "20", "80", "10"] { try rows.perform(.split(partition: nil, at: ByteString(key))) }
        let exported = try rows.table.exportedSplitPoints(below: nil, in: rows.table.state)
        let text = String(decoding: exported, as: UTF8.self)
        #expect(text.hasSuffix("\n10\n20\n50\n80\n") && text.hasPrefix("# split points of t"))
        let keys = try SplitPoints.parse(exported, KeyText(rows.table.state.definition))
        let other = try RowTable()
        try other.ingest(0..<100)
        let outcome = try other.perform(.splitAtAll(partition: nil, keys: keys))
        #expect(outcome.plan.operation == "EXTEND PARTITION TREE" && outcome.version != nil)
        func counts(_ table: RowTable) -> [Int64] {
            PartitionReport(table.table.state).nodes.filter(\.isLeaf).map(\.rowsExact)
        }
        #expect(counts(other) == [10, 10, 30, 30, 20] && counts(rows) == counts(other))
        // Again there is nothing to do; more keys split only what they part.
        #expect(try other.perform(.splitAtAll(partition: nil, keys: keys)).hasNothingToDo)
        let more = try keys + [other.key(90)]
        #expect(
            try other.perform(.splitAtAll(partition: nil, keys: more)).plan.facts["splits"]?.int64Value == 1)
        let new = try RowTable(splitKeys: keys)
        #expect(new.table.state.version == Version(0) && PartitionReport(new.table.state).leafCount == 5)
        try new.ingest(0..<100)
        #expect(new.table.state.totalRows == 100)
    }

    @Test("a file of split points that is wrong names the line")
    func badPoints() throws {
        let keys = try KeyText(RowTable().table.state.definition)
        let cases: [(String, String)] = [
            ("1\n\n# more\n3\n2\n", "line 5: 2 is not above 3"), ("1\n1\n", "line 2: 1 is not above 1"),
            ("1\nx\n", "line 2: column id: \"x\" is no value"),
        ]
        for (text, message) in cases {
            let error = #expect(throws: StoreError.self) { try SplitPoints.parse(Array(text.utf8), keys) }
            #expect(error?.message.contains(message) ?? false, "\(String(describing: error))")
        }
        #expect(try SplitPoints.parse(Array("1\r\n2".utf8), keys).count == 2)
        let texts = try KeyText(
            TreeTable(key: [("name", .string)]).state.definition)
        let odd = try ["", "#5", "a"].map { try texts.key(ByteString($0 == "" ? "" : $0)) }
        #expect(try SplitPoints.parse(SplitPoints.text(odd, texts, title: "odd"), texts) == odd)
    }

    @Test("keys of a file of any format part its rows evenly", arguments: ["csv", "jsonl"])
    func sample(_ format: String) throws {
        let rows = try RowTable()
        let schema = try #require(rows.table.state.definition.schema)
        let lines =
            format == "csv"
            ? "id\n" + (0..<1_000).map { "\($0)\n" }.joined()
            : (0..<1_000).map { "{\"id\":\($0)}\n" }.joined()
        let name = ByteString("sample.\(format)")
        try rows.directory.write(name, Array(lines.utf8))
        let keys = try SplitPoints.keys(
            ofSample: rows.directory.file(name), schema: schema, leafCount: 4,
            entropy: SeededEntropy(seed: 1))
        #expect(try keys == [250, 500, 750].map { try rows.key($0) })
        try rows.directory.write("one.csv", Array("id\n7\n7\n".utf8))
        #expect(throws: (any Error).self) {
            try SplitPoints.keys(
                ofSample: rows.directory.file("one.csv"), schema: schema, leafCount: 4,
                entropy: SeededEntropy(seed: 1))
        }
    }

    @Test("lines of ctl split and act on jobs as the commands do")
    func lines() throws {
        let cases: [(verb: ByteString, line: ByteString, VerbRequest)] = [
            ("split", "", .split(partition: nil, at: nil)),
            ("split", " id-to-5 ", .split(partition: "id-to-5", at: nil)),
            ("split", "day=1 500", .split(partition: "day=1", at: "500")),
            ("split", "--at=500", .split(partition: nil, at: "500")),
            ("split", ". --into=8", .spread(partition: ".", leafCount: 8)),
            ("jobs", "retry 00c0ffee00c0ffee", .job(.retry, id: "00c0ffee00c0ffee")),
            ("jobs", "cancel 1", .job(.cancel, id: "1")),
        ]
        for (verb, line, request) in cases {
            #expect(try VerbLine(verb: verb, line: line).request == request, "\(verb) \(line)")
        }
        #expect(try VerbLine(verb: "split", line: ". 5 --dry-run").isDryRun)
        for (verb, line) in [
            ("split", "a b c"), ("split", "a b --at=5"), ("split", "--into=x"), ("split", "--sideways"),
            ("split", ". 5 --into=3"), ("jobs", "retry"), ("jobs", "dance 1"),
        ] as [(ByteString, ByteString)] {
            #expect(throws: StoreError.self, "\(verb) \(line)") { try VerbLine(verb: verb, line: line) }
        }
    }
}

@Suite("Emptying a table")
struct ReinitialiseTests {
    @Test("the files go and the partitions stay; what was there can be restored as it was")
    func keeping() throws {
        let rows = try RowTable()
        try rows.ingest(0..<100)
        try rows.perform(.split(partition: nil, at: "50"))
        try rows.ingest(0..<10)
        let before = rows.table.state.version
        let leaves = rows.leaves()
        let planned = try rows.table.perform(.reinitialise(.keep), user: 0, dryRun: true)
        #expect(planned.plan.removed.count == 2 && rows.table.state.fileCount == 2)
        let outcome = try rows.perform(.reinitialise(.keep))
        #expect(outcome.plan.operation == "CLEAR" && outcome.plan.removed.count == 2)
        #expect(rows.table.state.fileCount == 0 && rows.table.state.garbage.count == 2)
        #expect(rows.leaves() == ["id-to-50: 0", "id-from-50: 0"])
        try rows.perform(.restore(version: ByteString(before.description)))
        #expect(rows.leaves() == leaves && rows.table.state.totalRows == 110)
        try rows.perform(.reinitialise(.keep))
        #expect(try rows.perform(.reinitialise(.keep)).hasNothingToDo)
    }

    @Test("the partitions begin anew; what is restored afterwards comes back above them")
    func anew() throws {
        let rows = try RowTable()
        try rows.ingest(0..<100)
        try rows.perform(.split(partition: nil, at: "50"))
        let before = rows.table.state.version
        try rows.perform(.reinitialise(.splitAt([rows.key(10), rows.key(20)])))
        #expect(PartitionReport(rows.table.state).leafCount == 3)
        try rows.perform(.restore(version: ByteString(before.description)))
        let root = try #require(PartitionReport(rows.table.state).nodes.first)
        #expect(root.rowsExact == 100 && root.files == 1)
        let outcome = try rows.perform(.reinitialise(.none))
        #expect(outcome.plan.operation == "REINITIALISE")
        #expect(rows.table.state.partitions.isEmpty && rows.table.state.fileCount == 0)
        try rows.ingest(0..<5)
        #expect(rows.leaves() == [": 5"])
    }

    @Test("jobs are cancelled with it")
    func jobs() throws {
        let rows = try RowTable()
        try rows.ingest(0..<10)
        try rows.ingest(0..<10)
        let files = rows.table.state.files(in: PartitionID("")).map(\.id)
        let job = Job(
            id: JobID(9), partition: PartitionID(""), inputs: files, status: .setAside, session: nil,
            strategy: "requested", reason: "test")
        try rows.table.commit("TEST", actions: [.operation(.putJob(job))])
        try rows.perform(.reinitialise(.none))
        #expect(rows.table.state.jobs.isEmpty && rows.table.state.fileCount == 0)
    }

    @Test("trees by split points are refused where there are partition columns")
    func refusal() throws {
        let rows = try RowTable(partitioned: true)
        try rows.ingest(0..<10)
        #expect(
            try rows.refusal(.reinitialise(.splitAt([rows.key(5)]))).contains(
                "a tree for each value of its partition columns"))
    }
}
