import Bytes
import JSON
import Metadata
import Planning
import Tables
import TestKit
import Testing

@Suite("firn partitions, split, report, jobs, reinitialise")
struct PartitionCommandTests {
    /// A store with a table `t` of int64 keys.
    private func table() throws -> (store: ScratchStore, address: ByteString, table: Table) {
        let scratch = try ScratchStore()
        try scratch.directory.write(
            "schema.json", Array(#"{"columns": [{"name": "id", "type": "int64", "nullable": false}]}"#.utf8))
        let address = scratch.path + "/t"
        let made = try scratch.firn(
            "create", address, "--key", "id", "--schema", scratch.directory.file("schema.json"))
        #expect(made.status == 0, "\(made.errors)")
        return (scratch, address, try scratch.store.table("t"))
    }

    /// A file of ten rows with keys from `range`, in the log alone.
    private func add(_ number: UInt64, _ range: ClosedRange<Int>, to table: Table) throws {
        var entry = ScratchStore.entry(number)
        let keys = try KeyText(table.state.definition)
        entry.minKey = try keys.key(ByteString(String(range.lowerBound)))
        entry.maxKey = try keys.key(ByteString(String(range.upperBound)))
        try table.commit("INGEST", actions: [.add(entry)])
    }

    @Test("a partition is split, listed, exported, and split alike in a new table")
    func splitting() throws {
        let (scratch, address, table) = try table()
        try add(1, 0...9, to: table)
        try add(2, 60...70, to: table)
        let dry = try scratch.firn("split", address, "--at", "50", "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("dry run: nothing was written"), "\(dry)")
        let split = try scratch.firn("split", address, "--at", "50", "--json")
        let outcome = try JSONValue.parse(Array(split.output.utf8))
        #expect(outcome["key"]?.textValue == "50" && outcome["references"]?.int64Value == 2)
        #expect(outcome["children"]?.arrayValue?.map(\.textValue) == ["id-to-50", "id-from-50"])
        let again = try scratch.firn("split", address, "id-from-50", "--at", "80")
        #expect(again.status == 0, "\(again.errors)")
        let listed = try scratch.firn("partitions", address)
        let lines = listed.output.split(separator: "\n")
        #expect(lines.count == 7 && lines[0].hasPrefix("3 leaves, 2 inner nodes, 1 tree"), "\(listed)")
        #expect(lines[1].hasPrefix("PARTITION"))
        let below = try scratch.firn("partitions", address, "id-from-50", "--csv")
        #expect(below.output.split(separator: "\n").count == 4)
        let exported = try scratch.firn("partitions", address, "--export")
        #expect(exported.output.hasSuffix("\n50\n80\n"))
        try scratch.directory.write("points", Array(exported.output.utf8))
        let other = try scratch.firn(
            "create", scratch.path + "/u", "--key", "id", "--schema", scratch.directory.file("schema.json"),
            "--split-points", scratch.directory.file("points"))
        #expect(other.status == 0, "\(other.errors)")
        #expect(
            try scratch.firn("partitions", scratch.path + "/u", "--export").output.hasSuffix("\n50\n80\n"))
        let from = try scratch.firn("split", address, "--from", scratch.directory.file("points"))
        #expect(from.status == 0 && from.output.contains("nothing to do"), "\(from)")
    }

    @Test("a new table is split by a sample of any format, as evenly as its rows, and what comes is routed")
    func sample() throws {
        let scratch = try ScratchStore()
        try scratch.directory.write(
            "schema.json",
            Array(#"{"columns": [{"name": "id", "type": "int64"}, {"name": "name", "type": "string"}]}"#.utf8)
        )
        let schema = scratch.directory.file("schema.json")
        // A sample need not have all columns, nor its rows in order.
        let samples: [(name: ByteString, text: String, key: ByteString, count: ByteString, points: String)] =
            [
                (
                    "a.csv", "id\n" + (0..<1_000).reversed().map { "\($0)\n" }.joined(), "id", "4",
                    "250\n500\n750\n"
                ),
                (
                    "b.jsonl", (0..<100).map { "{\"name\":\"n\($0 % 10)\",\"id\":\($0)}\n" }.joined(),
                    "name,id", "2",
                    "n5,5\n"
                ),
                ("few.csv", "id\n1\n2\n3\n3\n", "id", "10", "2\n3\n"),
            ]
        for (number, sample) in samples.enumerated() {
            try scratch.directory.write(sample.name, Array(sample.text.utf8))
            let address = scratch.path + ByteString("/t\(number)")
            let made = try scratch.firn(
                "create", address, "--key", sample.key, "--schema", schema, "--sample",
                scratch.directory.file(sample.name), "--into", sample.count)
            #expect(made.status == 0, "\(made.errors)")
            let exported = try scratch.firn("partitions", address, "--export").output
            #expect(exported == "# split points of t\(number), version 0\n" + sample.points)
        }
        let ingested = try scratch.firn("ingest", scratch.path + "/t0", scratch.directory.file("a.csv"))
        #expect(ingested.status == 0, "\(ingested.errors)")
        #expect(try scratch.firn("compact", scratch.path + "/t0").status == 0)
        let leaves = PartitionReport(try scratch.store.table("t0").refresh()).nodes.filter(\.isLeaf)
        #expect(
            leaves.map(\.rowsExact) == [250, 250, 250, 250] && leaves.allSatisfy { $0.rowsEstimated == 0 })
    }

    @Test("a sample that says nothing is refused in one sentence, and no table is made")
    func badSamples() throws {
        let scratch = try ScratchStore()
        try scratch.directory.write(
            "schema.json", Array(#"{"columns": [{"name": "id", "type": "int64"}]}"#.utf8))
        func file(_ name: ByteString) -> ByteString { scratch.directory.file(name) }
        for (name, text) in [
            ("one.csv", "id\n7\n7\n"), ("bad.csv", "id\nx\n"), ("other.csv", "key\n1\n"),
            ("good.csv", "id\n1\n2\n"),
        ] as [(ByteString, String)] {
            try scratch.directory.write(name, Array(text.utf8))
        }
        let calls: [([ByteString], Int32, String)] = [
            (["--sample", file("one.csv"), "--into", "4"], 1, "a sample of 2 rows and one key"),
            (
                ["--sample", file("bad.csv"), "--into", "4"], 1,
                "bad.csv: line 2, column 1: \"x\" is no int64"
            ),
            (["--sample", file("other.csv"), "--into", "4"], 1, "other.csv: "),
            (["--sample", file("absent.csv"), "--into", "4"], 1, "absent.csv: the file cannot be read"),
            (["--sample", file("good.csv")], 2, "--sample and --into go together"),
            (["--sample", file("good.csv"), "--into", "1"], 2, "--into is a number of leaves"),
            (
                ["--sample", file("good.csv"), "--into", "2", "--split-points", file("good.csv")], 2,
                "either --split-points or --sample"
            ),
            (
                ["--sample", file("good.csv"), "--into", "2", "--partition-by", "day"], 1,
                "a tree for each of their values"
            ),
        ]
        for (words, status, message) in calls {
            let result = try FirnCommand.run(
                ["create", scratch.path + "/t", "--key", "id", "--schema", file("schema.json")] + words)
            #expect(result.status == status, "\(words): \(result)")
            #expect(result.errors.contains(message), "\(words): \(result.errors)")
            // The file's name stands there once.
            #expect(result.errors.split(separator: ".csv: ").count <= 2, "\(result.errors)")
        }
        #expect(try scratch.store.tableNames().isEmpty)
    }

    @Test(
        "an empty root partition is split by --at and by --from alike, and that its directory is made is said"
    )
    func newRoot() throws {
        let scratch = try ScratchStore()
        try scratch.directory.write(
            "schema.json",
            Array(#"{"columns": [{"name": "id", "type": "int64"}, {"name": "d", "type": "string"}]}"#.utf8))
        try scratch.directory.write("points", Array("5\n".utf8))
        let address = scratch.path + "/p"
        let made = try scratch.firn(
            "create", address, "--key", "id", "--partition-by", "d", "--schema",
            scratch.directory.file("schema.json"))
        #expect(made.status == 0, "\(made.errors)")
        let none = try scratch.firn("split", address, "d=zzz")
        #expect(none.status == 1 && none.errors.contains("there is no partition \"d=zzz\" yet"), "\(none)")
        for (root, how) in [
            ("d=zzz", ["--at", "5"]), ("d=a b", ["--from", scratch.directory.file("points")]),
        ] as [(ByteString, [ByteString])] {
            let dry = try FirnCommand.run(["split", address, root, "--dry-run"] + how)
            #expect(dry.status == 0 && dry.output.contains("is new: its directory is made"), "\(dry)")
            let split = try FirnCommand.run(["split", address, root] + how)
            #expect(split.status == 0 && split.output.contains("is new: its directory is made"), "\(split)")
        }
        let listed = try scratch.firn("partitions", address, "--csv").output
        for leaf in ["d=zzz/id-to-5", "d=zzz/id-from-5", "d=a b/id-to-5", "d=a b/id-from-5"] {
            #expect(listed.contains("\n" + leaf + ","), "\(listed)")
        }
        for (path, message) in [("x=1", "d=… is expected"), ("zzz", "d=… is expected")]
            as [(ByteString, String)]
        {
            for how in [["--at", "5"], ["--from", scratch.directory.file("points")]] as [[ByteString]] {
                let refused = try FirnCommand.run(["split", address, path] + how)
                #expect(refused.status == 1 && refused.errors.contains(message), "\(refused)")
            }
        }
    }

    @Test("mistakes in the call are 2, refusals 1, each with what to do")
    func mistakes() throws {
        let (scratch, address, _) = try table()
        try scratch.directory.write("points", Array("2\n1\n".utf8))
        let calls: [([ByteString], Int32, String)] = [
            (["split", address, "--at", "1", "--into", "2"], 2, "three ways to split"),
            (["split", address, "--sample", "x.csv"], 2, "three ways to split"),
            (["split", address, "--into", "1"], 2, "--into is a number of leaves"),
            (["split", address, "--from", scratch.directory.file("points")], 2, "line 2: 1 is not above 2"),
            (["split", address], 1, "no rows to tell a middle from"),
            (["split", address, "--at", "x"], 1, "no value of type int64"),
            (["partitions", address, "--json", "--csv"], 2, "either --json or --csv"),
            (["partitions", address, "id-to-5"], 1, "it was not split"),
            (["report", address, "weather"], 2, "there are files, partitions and jobs"),
            (["report", address, "--csv"], 2, "--csv is of one report"),
            (["jobs", "dance", address, "1"], 2, "what to do with a job"),
            (["jobs", "retry", address, "1"], 1, "names no job"),
            (["jobs", "retry", address, "00c0ffee00c0ffee"], 1, "there is no job 00c0ffee00c0ffee"),
            (["jobs", "pause", address, "00c0ffee00c0ffee"], 1, "there is no job"),
            (["reinitialise", address], 2, "say --yes, or --dry-run"),
            (["reinitialise", address, "--keep-partitions", "--split-points", "x"], 2, "either"),
            (["files", address, "--key", "x"], 2, "no value of type int64"),
            (["files", address, "--key", "1", "--explain"], 2, "--explain does not go with"),
            (["create", scratch.path + "/v", "--split-points", "x"], 1, "give a schema with --schema"),
            (["create", scratch.path + "/v", "--into", "4"], 2, "--sample and --into go together"),
        ]
        for (words, status, message) in calls {
            let result = try FirnCommand.run(words)
            #expect(result.status == status, "\(words): \(result)")
            #expect(result.errors.contains(message), "\(words): \(result.errors)")
        }
        #expect(try scratch.store.tableNames() == ["t"])
    }

    @Test("the files of a key range are listed with their keys")
    func files() throws {
        let (scratch, address, table) = try table()
        try add(1, 0...9, to: table)
        try add(2, 20...29, to: table)
        let some = try scratch.firn("files", address, "--key", "25..")
        #expect(
            some.output.hasPrefix("-\tdata/20240101T000000Z-0000000000000002.parquet\t1002\t~"), "\(some)")
        #expect(some.output.hasSuffix("\t25..\n") && some.errors.contains("1 file in 1 leaf at version 2"))
        #expect(try scratch.firn("files", address, "--key", "10..20").output.isEmpty)
        let old = try scratch.firn("files", address, "--key", "0..100", "--version", "1", "--json")
        #expect(
            old.output.split(separator: "\n").count == 1
                && old.output.contains("\"rows\":10,\"rowsEstimated\":false"))
    }

    @Test("reports and jobs are printed in three forms; a job that was set aside is retried and cancelled")
    func reports() throws {
        let (scratch, address, table) = try table()
        try add(1, 0...9, to: table)
        try add(2, 0...9, to: table)
        let files = table.state.files(in: PartitionID("")).map(\.id)
        let job = Job(
            id: JobID(0xC0FFEE), partition: PartitionID(""), inputs: files, status: .setAside, session: nil,
            strategy: "requested", reason: "requested: 2 files")
        try table.commit("TEST", actions: [.operation(.putJob(job))])
        let report = try JSONValue.parse(Array(try scratch.firn("report", address, "--json").output.utf8))
        #expect(report["files"]?["rowsKnown"]?.int64Value == 20)
        #expect(report["partitions"]?["leaves"]?.int64Value == 1)
        #expect(report["jobs"]?["setAside"]?.int64Value == 1)
        let text = try scratch.firn("report", address).output
        for title in ["files\n\n", "\npartitions\n\n", "\njobs\n\n"] { #expect(text.contains(title)) }
        #expect(
            try scratch.firn("report", address, "files", "--csv").output.split(separator: "\n").count == 3)
        let jobs = try scratch.firn("jobs", address)
        #expect(jobs.output.contains("0000000000c0ffee  set aside"), "\(jobs)")
        let retried = try scratch.firn("jobs", "retry", address, "0000000000c0ffee")
        #expect(retried.status == 0 && retried.output.contains("waits for its turn again"), "\(retried)")
        #expect(try scratch.firn("jobs", address, "--csv").output.contains("0000000000c0ffee,waiting,"))
        let pause = try scratch.firn("jobs", "pause", address, "0000000000c0ffee")
        #expect(pause.status == 1 && pause.errors.contains("a pause needs a mount"), "\(pause)")
        #expect(try scratch.firn("jobs", "cancel", address, "0000000000c0ffee").status == 0)
        #expect(try scratch.firn("jobs", address).output.hasPrefix("0 jobs"))
        let history = try JSONValue.parse(
            Array(try scratch.firn("jobs", address, "--history", "--json").output.utf8))
        #expect(history["bytesIngested"]?.int64Value == 2_003 && history["jobs"]?.arrayValue?.isEmpty == true)
    }

    @Test("a table is emptied only when that is said, and can be restored")
    func reinitialising() throws {
        let (scratch, address, table) = try table()
        try add(1, 0...9, to: table)
        let dry = try scratch.firn("reinitialise", address, "--dry-run")
        #expect(
            dry.output.contains("dry run: nothing was written") && dry.output.contains("  - data/"), "\(dry)")
        let done = try scratch.firn("reinitialise", address, "--yes")
        #expect(done.status == 0 && done.output.contains("the table is emptied of 1 file"), "\(done)")
        #expect(try table.refresh().fileCount == 0)
    }
}
