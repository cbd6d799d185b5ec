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
import TransactionLog

@Suite("Reports as text, JSON and CSV")
struct ReportListingTests {
    /// Two leaves, a file in both of which one half is estimated, one above, garbage, and a job.
    private func table() throws -> TreeTable {
        var table = try TreeTable()
        let gone = try table.add(1...2, rows: 5)
        try table.add(0...9, rows: 7)
        let (left, right) = try table.split(at: table.key("500"))
        let shared = try table.add(0...900, rows: 100, references: [(left, 60), (right, 40)])
        try table.commit([
            .operation(
                .putJob(
                    Job(
                        id: JobID(0xBEEF), partition: left, inputs: [shared],
                        finishes: [ReferenceKey(file: shared, partition: right)], status: .setAside,
                        session: nil,
                        strategy: "requested", reason: "requested: 1 files"))),
            .remove(
                FileRemoval(
                    path: try #require(table.state.files.view(gone)?.path), id: gone, deletionTimestamp: 0,
                    dataChange: true, sizeBytes: 1_000)),
        ])
        return table
    }

    private func lines(_ bytes: [UInt8]) -> [String] {
        String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    private func bytes(_ write: (([UInt8]) -> Void) -> Void) -> [UInt8] {
        var all: [UInt8] = []
        write { all += $0 }
        return all
    }

    @Test("partitions: leaves first, columns even, the same facts in each form")
    func partitions() throws {
        let table = try table()
        let listing = PartitionListing(PartitionReport(table.state), in: table.state)
        let text = lines(listing.bytes(.text))
        #expect(text[0].hasPrefix("2 leaves, 1 inner node, 1 tree at version"))
        #expect(text.count == 5)
        #expect(text[2].hasPrefix("id-to-500") && text[3].hasPrefix("id-from-500") && text[4].hasPrefix("- "))
        #expect(text[2].contains("..500") && text[4].hasSuffix("500"))
        let value = try JSONValue.parse(listing.bytes(.json))
        #expect(value["leaves"]?.int64Value == 2 && value["splitThresholdRows"]?.isNull == true)
        let first = try #require(value["partitions"]?.arrayValue?.first)
        #expect(first["partition"]?.textValue == "id-to-500" && first["rowsKnown"]?.int64Value == 60)
        #expect(first["rowsEstimated"]?.int64Value == 0 && first["filesOnJobs"]?.int64Value == 1)
        #expect(first["treeRows"]?.int64Value == 63 && first["treeRowsEstimated"]?.boolValue == true)
        #expect(first["parent"]?.textValue == "" && first["side"]?.textValue == "left")
        let csv = lines(listing.bytes(.csv))
        #expect(csv.count == 4)
        #expect(
            csv[0].hasPrefix(
                "partition,id,leaf,parent,side,depth,keys,files,filesOnJobs,rowsKnown,rowsEstimated,"))
        #expect(
            csv[1].hasPrefix("id-to-500,")
                && csv[1].split(separator: ",", omittingEmptySubsequences: false).count
                    == csv[0].split(separator: ",").count
        )
        // Below one node only.
        let id = try PartitionPathText(table.state).id("id-to-500")
        #expect(lines(listing.bytes(.csv, below: id)).count == 2)
        #expect(lines(listing.bytes(.csv, below: PartitionID(""))).count == 4)
    }

    @Test("files: sums, each file with its references, and garbage with its reason")
    func files() throws {
        let table = try table()
        let listing = FileListing(FileReport(table.state))
        let text = lines(bytes { listing.write(.text, $0) })
        #expect(text.contains("rows:                107") && text.contains("references:          3"))
        #expect(text.contains("  in inner nodes:    7"))
        #expect(text.contains { $0.hasPrefix("references per leaf: 2 of them, min 1, mean 1.00") })
        #expect(text.contains { $0.hasPrefix("    id-from-500  40  in job 000000000000beef") })
        #expect(text.last?.contains("without references since") == true)
        let value = try JSONValue.parse(bytes { listing.write(.json, $0) })
        #expect(value["rowsKnown"]?.int64Value == 107 && value["rowsEstimated"]?.int64Value == 0)
        #expect(value["list"]?.arrayValue?.count == 2 && value["withoutReferences"]?.arrayValue?.count == 1)
        let shared = value["list"]?.arrayValue?.first { ($0["references"]?.arrayValue?.count ?? 0) == 2 }
        #expect(shared?["references"]?.arrayValue?.first?["job"]?.textValue == "000000000000beef")
        let csv = lines(bytes { listing.write(.csv, $0) })
        #expect(
            csv.count == 1 + 3 + 1 && csv[0].hasPrefix("path,bytes,fileRows,partition,rows,rowsEstimated,job")
        )
    }

    @Test("counted and estimated rows are never one number")
    func rowTexts() {
        #expect(RowCountText.text(known: 5, estimated: 0) == "5")
        #expect(RowCountText.text(known: 0, estimated: 5) == "~5")
        #expect(RowCountText.text(known: 7, estimated: 5) == "7+~5")
        #expect(RowCountText.text(known: 0, estimated: 0) == "0")
    }

    @Test("texts of counts, spans and bars")
    func texts() {
        let spans: [(Int64, String)] = [
            (0, "0s"), (59, "59s"), (187, "3m07s"), (7_500, "2h05m"), (356_400, "4d03h"),
        ]
        for (seconds, text) in spans { #expect(DurationText.text(seconds) == text) }
        let bars: [(Double, String)] = [
            (0, "[....]"), (0.5, "[##..]"), (0.99, "[###.]"), (1, "[####]"), (7, "[####]"), (.nan, "[....]"),
        ]
        for (share, text) in bars { #expect(ProgressBar.text(share, width: 4) == text) }
        #expect(ByteCountText.text(1_536) == "1.5 KiB" && ByteCountText.text(1_023) == "1023 B")
    }

    @Test("jobs: state, progress and reason, with what another session said of its own")
    func jobs() throws {
        let table = try table()
        let job = try #require(table.state.jobs[JobID(0xBEEF)])
        var view = JobView(
            job: job, phase: .setAside, isOwn: false, bytesTotal: 1_000, bytesDone: 0, rowsTotal: 100,
            startedAtMilliseconds: nil, bytesPerSecond: nil, remainingSeconds: nil, reason: "disk on fire")
        let waiting = JobListing([view], in: table.state)
        let text = lines(waiting.bytes(.text))
        #expect(
            text[0].hasPrefix("1 job at version") && text[0].hasSuffix("0 running, 0 waiting, 1 set aside"))
        #expect(
            text[2].hasPrefix("000000000000beef  set aside  id-to-500") && text[2].hasSuffix("disk on fire"))
        view.job.status = .running
        view.phase = .merging
        view.bytesDone = 500
        view.bytesPerSecond = 100
        view.remainingSeconds = 5
        let running = try JSONValue.parse(JobListing([view], in: table.state).bytes(.json))
        let row = try #require(running["jobs"]?.arrayValue?.first)
        #expect(row["percent"]?.doubleValue == 50 && row["remainingSeconds"]?.int64Value == 5)
        #expect(row["partition"]?.textValue == "id-to-500" && row["told"] == nil && row["bar"] == nil)
        #expect(lines(JobListing([view], in: table.state).bytes(.text))[2].contains("[##########..........]"))
        let csv = lines(JobListing([view], in: table.state).bytes(.csv))
        #expect(csv.count == 2 && csv[0].hasPrefix("job,state,partition,inputs,bytes,percent,bytesDone,"))
        // On its way through a heartbeat.
        var beat = Heartbeat(
            id: SessionID(1), counter: 1, host: "h", boot: "b", processID: 1, processStart: 1,
            command: "mount",
            startedAtMilliseconds: 0)
        beat.work["t"] = CompactionWork(jobs: [JobProgress(view)])
        beat.work["u"] = CompactionWork(pauses: JobPauses(jobs: [JobID(2), JobID(1)]))
        beat.work["v"] = CompactionWork(
            jobs: [JobProgress(view)], pauses: JobPauses(isTablePaused: true))
        #expect(try Heartbeat(decoding: beat.encoded) == beat)
        beat.work = [:]
        let bare = String(decoding: beat.encoded, as: UTF8.self)
        #expect(!bare.contains("jobs") && !bare.contains("pauses"))
    }

    @Test("history: the newest first, its figures, and what older programs did not note")
    func history() throws {
        let rows = VerbTable.self
        let verbs = try rows.init()
        let (a, b, c) = (verbs.file(1), verbs.file(2), verbs.file(3))
        try verbs.add(a, b)
        try verbs.add(c)
        var merged = verbs.file(4)
        merged.dataChange = false
        merged.job = JobID(7)
        try verbs.storage.putIfAbsent("t/" + merged.path, [UInt8](repeating: 0, count: Int(merged.sizeBytes)))
        try verbs.table.commit(
            "COMPACT", actions: [a, b].map { VerbTable.removal($0, job: JobID(7)) } + [.add(merged)],
            notes: [
                ("job", "0000000000000007"), ("partition", ""), ("strategy", "basic"),
                ("reason", "two small files"),
                ("rowsIn", "20"), ("rowsOut", "18"), ("rowsDropped", "2"), ("milliseconds", "1500"),
                ("filesIn", "2"), ("filesOut", "1"), ("bytesIn", "203"), ("bytesOut", "104"),
            ])
        var again = verbs.file(5)
        again.dataChange = false
        try verbs.storage.putIfAbsent("t/" + again.path, [UInt8](repeating: 0, count: Int(again.sizeBytes)))
        try verbs.table.commit(
            "COMPACT", actions: [VerbTable.removal(c, job: JobID(8)), .add(again)])
        let history = try verbs.table.jobHistory(limit: 10)
        #expect(history.entries.map(\.version) == [Version(4), Version(3)])
        #expect(history.entries[1].rowsDropped == 2 && history.entries[1].job == JobID(7))
        #expect(
            history.entries[0].rowsIn == nil && history.entries[0].filesIn == 1
                && history.entries[0].bytesOut == 105)
        #expect(history.bytesIngested == 101 + 102 + 103 && history.bytesCompacted == 104 + 105)
        #expect(history.writeAmplification == Double(306 + 209) / 306)
        #expect(history.oldest == Version(0))
        let text = lines(history.bytes(.text))
        #expect(
            text[0].hasPrefix("2 compactions in versions 0 to 4")
                && text[1].hasPrefix("write amplification: 1.68"))
        #expect(text.last?.contains("two small files") == true && text.last?.contains("1.50s") == true)
        let value = try JSONValue.parse(history.bytes(.json))
        #expect(value["jobs"]?.arrayValue?.count == 2 && value["sinceVersion"]?.int64Value == 0)
        let newest = try verbs.table.jobHistory(limit: 1)
        #expect(newest.entries.count == 1 && newest.oldest == Version(4) && newest.writeAmplification == nil)
        #expect(lines(newest.bytes(.csv)).count == 2)
        verbs.store.close()
    }
}

@Suite("Queries of a table")
struct TableQueryTests {
    @Test(
        "of an upsert table a filter on other columns than the key leaves out no file: a newer row may be there"
    )
    func upsertFilter() throws {
        for kind in [TableKind.upsert, .append] {
            let fixture = try VerbTable(kind: kind, partitioned: true)
            for (number, region) in [(1, "eu"), (2, "us")] {
                var file = fixture.file(UInt64(number), day: 1, region: region, span: 30)
                file.minValues = [
                    .init(column: "k", text: "1"), .init(column: "v", text: ByteString("\(number)")),
                ]
                file.maxValues = file.minValues
                try fixture.add(file)
            }
            var definition = fixture.table.state.definition
            definition.schema?.columns.append(TableSchema.Column(id: 4, name: "v", type: .int64))
            _ = try fixture.table.commit("EVOLVE", actions: [.definition(definition)])
            var file = fixture.file(5, day: 1, span: 30)
            file.minValues = [.init(column: "k", text: "5"), .init(column: "v", text: "7")]
            file.maxValues = file.minValues
            file.stats = #"{"nullCount":{"k":0,"v":0}}"#
            try fixture.add(file)
            func count(_ filter: ByteString, keys: ByteString? = nil) throws -> Int {
                try fixture.table.queryPlan(
                    TableQuery(keys: keys, partition: "day=1/region=eu", filter: filter),
                    in: fixture.table.state
                ).fileCount
            }
            #expect(try count("v = 9") == (kind == .upsert ? 2 : 0))
            #expect(try count("v = 9 and k = 1000") == 0)
            #expect(try count("region = 'us'") == 0)
        }
    }

    @Test("an estimate of no rows is told as one")
    func estimatedNothing() {
        #expect(RowCountText.text(known: 3, estimated: 0) == "3")
        #expect(RowCountText.text(known: 0, estimated: 0, isExact: false) == "~0")
        #expect(RowCountText.text(known: 3, estimated: 0, isExact: false) == "3+~0")
    }

    @Test("ranges of keys are written and read", arguments: ["5..10", "5..", "..10", "..", "5", "-3..-1"])
    func spans(_ text: String) throws {
        let keys = try KeyText(TreeTable().state.definition)
        #expect(keys.text(try keys.span(ByteString(text))) == ByteString(text))
    }

    @Test("dots inside of values do not part a range")
    func dots() throws {
        let keys = try KeyText(TreeTable(key: [("name", .string)]).state.definition)
        for (min, max) in [("a..b", "c."), (".", ".."), ("x", "y")] {
            let interval = KeyInterval(min: try keys.key(ByteString(min)), max: try keys.key(ByteString(max)))
            guard !interval.isEmpty else { continue }
            #expect(try keys.span(keys.text(interval)) == interval)
        }
        let error = #expect(throws: StoreError.self) { try keys.span("b..a") }
        #expect(error?.message.contains("b is not below a") == true)
    }

    @Test("keys, partitions and filters go together, and each row is read once")
    func plans() throws {
        let rows = try RowTable(partitioned: true)
        for day in ["2024-01-01", "2024-01-02"] { try rows.ingest(0..<100, day: day) }
        try rows.perform(.split(partition: "day=2024-01-01", at: "50"))
        let state = rows.table.state
        func plan(_ query: TableQuery) throws -> [String] {
            let listing = QueryListing(try rows.table.queryPlan(query, in: state), in: state)
            var all: [UInt8] = []
            listing.write(asJSON: false) { all += $0 }
            return String(decoding: all, as: UTF8.self).split(separator: "\n").map { line in
                let words = line.split(separator: "\t")
                return "\(words[0]) \(words[3]) \(words[4])"
            }
        }
        #expect(
            try plan(TableQuery(keys: "40..60")) == [
                "day=2024-01-01/id-to-50 ~10 40..50", "day=2024-01-01/id-from-50 ~10 50..60",
                "day=2024-01-02 ~20 40..60",
            ])
        #expect(
            try plan(TableQuery(partition: "day=2024-01-01")) == [
                "day=2024-01-01/id-to-50 50 ..50", "day=2024-01-01/id-from-50 50 50..",
            ])
        #expect(
            try plan(TableQuery(keys: "70", partition: "day=2024-01-01/id-from-50")).map {
                String($0.prefix(24))
            } == ["day=2024-01-01/id-from-5"])
        #expect(try plan(TableQuery(keys: "10", partition: "day=2024-01-01/id-from-50")).isEmpty)
        #expect(
            try plan(TableQuery(keys: "..", filter: "day = '2024-01-02'")) == ["day=2024-01-02 100 .."])
        for query in [
            TableQuery(keys: "x"), TableQuery(partition: "month=1"), TableQuery(filter: "nothing = 1"),
        ] {
            let error = #expect(throws: StoreError.self) { try rows.table.queryPlan(query, in: state) }
            #expect(error?.errno == .einval)
        }
        var json: [UInt8] = []
        let whole = QueryListing(try rows.table.queryPlan(TableQuery(keys: "60.."), in: state), in: state)
        whole.write(asJSON: true) { json += $0 }
        let first = try JSONValue.parse(Array(json.split(separator: 0x0A)[0]))
        #expect(first["from"]?.textValue == "60" && first["to"]?.isNull == true)
        #expect(first["referencedIn"]?.textValue == "day=2024-01-01/id-from-50")
        #expect(whole.summary == "2 files in 2 leaves at version \(state.version): ~80 rows")
    }
}
