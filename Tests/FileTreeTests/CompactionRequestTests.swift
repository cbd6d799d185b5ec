import Bytes
import Compaction
import FileTree
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("moving files into compact")
struct CompactionRequestTests {
    private func table() throws -> TreeClient {
        let client = try TreeClient()
        #expect(client.mkdir("t") == 0)
        for number in 1...3 { #expect(client.copy("k\n\(number)\n", to: "t/ingest/\(number).csv") == 0) }
        return client
    }

    /// The directories of jobs, and what gathers.
    private func jobs(_ client: TreeClient) -> [String] {
        client.list("t/compact").filter { !$0.hasPrefix("history") }
    }

    private func waitForJobs(_ client: TreeClient) -> [String] {
        for _ in 0..<300 {
            let names = jobs(client)
            if !names.isEmpty, names.allSatisfy({ !$0.hasPrefix("gathering-") }) { return names }
            Thread.sleep(nanoseconds: 10_000_000)
        }
        return jobs(client)
    }

    @Test("moves gather and become one durable job; the files stay where they are")
    func gather() throws {
        let client = try table()
        defer { client.end() }
        let files = client.list("t/live")
        for name in files {
            #expect(client.rename("t/live/\(name)", "t/compact/\(name)", .noReplace) == 0)
        }
        #expect(client.rename("t/live/\(files[0])", "t/compact/x") == Errno.ebusy.rawValue)
        let gathering = try #require(self.jobs(client).first)
        #expect(client.read("t/compact/\(gathering)/state") == "gathering\n")
        #expect(client.list("t/compact/\(gathering)/inputs") == files)
        #expect(client.list("t/live") == files)
        let jobs = waitForJobs(client)
        #expect(jobs.count == 1)
        let job = try #require(client.store.table("t").state.jobs.values.first)
        #expect(job.inputs.count == 3)
        #expect(client.read("t/compact/\(jobs[0])/state") == "waiting\n")
        #expect(client.list("t/compact/\(jobs[0])/inputs") == files)
        #expect(
            client.list("t/compact/\(jobs[0])") == [
                "ctl", "inputs", "outputs", "progress", "reason", "state",
            ])
        #expect(client.rename("t/live/\(files[0])", "t/compact/x") == Errno.ebusy.rawValue)
        #expect(client.read("t/errors").contains("is in job \(jobs[0]) already"))
        #expect(client.rmdir("t/compact/\(jobs[0])") == 0)
        #expect(self.jobs(client) == [])
        #expect(client.store.openTables[0].state.jobs.isEmpty)
    }

    @Test("a partition's directory stands for its files; ctl cancels a job")
    func partitions() throws {
        let client = try TreeClient()
        defer { client.end() }
        _ = try client.store.createTable("t", TableCreation(partitionColumns: ["d"]))
        for number in 1...2 {
            #expect(client.copy("d,k\n1,\(number)\n2,\(number)\n", to: "t/ingest/\(number).csv") == 0)
        }
        #expect(client.rename("t/partitions/d=1", "t/compact/d=1") == 0)
        let jobs = waitForJobs(client)
        #expect(jobs.count == 1)
        let job = try #require(client.store.openTables[0].state.jobs.values.first)
        #expect(job.partition == PartitionID("d=1") && job.inputs.count == 2)
        #expect(client.overwrite("t/compact/\(jobs[0])/ctl", "cancel\n") == 0)
        #expect(self.jobs(client) == [])
        #expect(client.list("t/partitions") == ["d=1", "d=2"])
    }

    @Test("a file that was replaced cannot be asked for any more")
    func gone() throws {
        let client = try table()
        defer { client.end() }
        let name = client.list("t/live")[0]
        _ = try client.store.openTables[0].compactor.request(partitions: [PartitionID("")])
        _ = try client.store.openTables[0].compactor.foreground()
        #expect(client.rename("t/live/\(name)", "t/compact/\(name)") == Errno.estale.rawValue)
    }

    @Test("the inputs of a job are links to where its partition lists them")
    func links() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"], partitionColumns: ["d"]))
        client.copy("d,id\n1,1\n1,9\n", to: "t/ingest/a.csv")
        client.copy("d,id\n1,2\n", to: "t/ingest/b.csv")
        try table.split("d=1", at: "5")
        let names = client.list("t/live/d=1")
        let low = "t/partitions/d=1/id-to-5"
        let name = try #require(
            names.first { client.attribute("\(low)/\($0)", "user.firn.references") == "1" })
        let before = Set(jobs(client))
        #expect(client.rename("\(low)/\(name)", "t/compact/\(name)") == 0)
        let gathering = try #require(jobs(client).first { !before.contains($0) })
        let node = try #require(client.node("t/compact/\(gathering)/inputs/\(name)"))
        let target = client.ask(.readlink) { client.tree.readlink(node, client.context, $0) }.bytes
        #expect(String(decoding: target ?? [], as: UTF8.self) == "../../../partitions/d=1/id-to-5/\(name)")
    }

    @Test("a job that was set aside shows its last error, and what it has finished")
    func setAside() throws {
        let client = try table()
        defer { client.end() }
        let table = try client.store.table("t")
        var files: [FileView] = []
        table.state.files.forEach { files.append($0) }
        var job = Job(
            id: JobID(0xA1), partition: PartitionID(""), inputs: [files[0].id], status: .setAside, attempt: 3,
            session: nil, strategy: "requested", reason: "requested: 1 files")
        job.failureCount = 3
        job.lastError = "page 3 does not have its checksum"
        var output = files[1].entry
        output.path = "data/20240101T000000Z-00000000000000aa.parquet"
        job.parts = [JobPart(minKey: nil, maxKey: nil, outputs: [output], rowsIn: 1)]
        try table.commit("FAIL COMPACTION", actions: [.operation(.putJob(job))])
        let directory = "t/compact/\(job.id)"
        #expect(
            client.list(directory) == ["ctl", "error", "inputs", "outputs", "progress", "reason", "state"])
        #expect(client.read("\(directory)/error") == "page 3 does not have its checksum\n")
        #expect(client.read("\(directory)/state") == "set aside\n")
        #expect(client.read("\(directory)/progress").contains("failures 3"))
        #expect(
            client.read("\(directory)/outputs")
                == "data/20240101T000000Z-00000000000000aa.parquet \(output.sizeBytes) 1\n")
        #expect(client.overwrite("\(directory)/ctl", "retry\n") == 0)
        #expect(client.read("\(directory)/state") == "waiting\n")
    }

    @Test("directories of the tree stand for all that is free below them, one job a partition")
    func nodes() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        client.copy("id\n1\n", to: "t/ingest/a.csv")
        client.copy("id\n4\n", to: "t/ingest/b.csv")
        client.copy("id\n9\n", to: "t/ingest/c.csv")
        try table.split("", at: "5")
        let (low, high) = try table.split("id-to-5", at: "3")
        #expect(client.rename("t/partitions/id-to-5", "t/compact/low") == 0)
        for _ in 0..<300 where table.state.jobs.count < 2 { Thread.sleep(nanoseconds: 10_000_000) }
        let jobs = waitForJobs(client)
        #expect(Set(table.state.jobs.values.map(\.partition)) == [low, high])
        #expect(client.rename("t/partitions/id-to-5/id-to-3", "t/compact/x") == Errno.ebusy.rawValue)
        #expect(
            jobs.contains { client.read("t/errors").contains("is in job \($0) already; see t/compact/\($0)") }
        )
        #expect(
            client.read("t/errors").contains("remedy:   wait for its end, or cancel it: rmdir t/compact/"))
        // What has a job is left out, as long as there is more.
        #expect(client.rename("t/partitions", "t/compact/all") == 0)
        #expect(client.rename("t/live", "t/compact/all") == Errno.ebusy.rawValue)
        for _ in 0..<300 where table.state.jobs.count < 3 { Thread.sleep(nanoseconds: 10_000_000) }
        #expect(table.state.jobs.count == 3)
        #expect(client.list("t/partitions") == ["id-from-5", "id-to-5"])
    }

    @Test("an empty directory of the tree is compact already")
    func empty() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        client.copy("id\n1\n", to: "t/ingest/a.csv")
        try table.split("", at: "5")
        #expect(client.rename("t/partitions/id-from-5", "t/compact/x") == 0)
        #expect(self.jobs(client) == [])
    }

    @Test("what cannot be compacted is refused with an errno that mv can say, and with what to do instead")
    func refusals() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        #expect(client.mkdir("other") == 0)
        client.copy("id\n1\n9\n", to: "t/ingest/a.csv")
        let name = try #require(client.list("t/partitions").first)
        try table.split("", at: "5")
        let eperm = Errno.eperm.rawValue
        let refused: [(String, String, Int32, String)] = [
            (
                "t/partitions/\(name)", "t/compact/x", Errno.estale.rawValue,
                "it is in t/partitions/id-to-5, t/partitions/id-from-5"
            ),
            ("t/partitions/id-to-5/\(name)", "other/compact/x", eperm, "into t/compact"),
            ("t/partitions/id-to-5/\(name)", "t/partitions/id-from-5/x", eperm, "into t/compact"),
            ("t/states/2/partitions/id-to-5/\(name)", "t/compact/x", eperm, "into t/compact"),
            ("t/states/2/live/\(name)", "t/compact/x", eperm, "into t/compact"),
            ("t/partitions/id-to-5/none", "t/compact/x", Errno.enoent.rawValue, ""),
            ("t/states", "t/compact/x", eperm, "into t/compact"),
            ("t/partitions", "t/x", eperm, "into t/compact"),
        ]
        for (source, target, code, remedy) in refused {
            #expect(client.rename(source, target) == code, "\(source) to \(target)")
            let last = client.read("t/errors").split(separator: "\n\n").last
            if !remedy.isEmpty { #expect(last?.contains(remedy) ?? false, "\(source): \(last ?? "")") }
        }
        #expect(self.jobs(client) == [])
    }

    /// A file of two partitions: what is asked for by its name in `live/`, and in the directory of one of them.
    @Test(
        "a file of several partitions is meant as a whole, or with partial references as one of them has it",
        arguments: [
            (false, "t/live", 1, 2), (false, "t/partitions/id-to-5", 1, 2), (true, "t/live", 2, 1),
            (true, "t/partitions/id-to-5", 1, 1),
        ])
    func severalPartitions(isPartial: Bool, directory: String, jobCount: Int, referenceCount: Int) throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable(
            "t",
            TableCreation(
                rowKey: ["id"],
                properties: [("compaction.partialReferences", isPartial ? "true" : "false")]))
        client.copy("id\n1\n9\n", to: "t/ingest/a.csv")
        let name = try #require(client.list("t/partitions").first)
        let (low, high) = try table.split("", at: "5")
        let other = "t/partitions/id-from-5/\(name)"
        #expect(client.rename("\(directory)/\(name)", "t/compact/\(name)") == 0)
        let isFree = isPartial && directory != "t/live"
        #expect(client.rename("\(directory)/\(name)", "t/compact/x") == Errno.ebusy.rawValue)
        for _ in 0..<300 where table.state.jobs.count < jobCount { Thread.sleep(nanoseconds: 10_000_000) }
        let jobs = table.state.jobs.values
        #expect(jobs.count == jobCount)
        #expect(jobs.allSatisfy { $0.inputs.count == 1 && $0.references.count == referenceCount })
        #expect(Set(jobs.map(\.partition)).isSubset(of: [low, high]))
        if directory != "t/live" { #expect(jobs.map(\.partition) == [low]) }
        #expect(client.rename(other, "t/compact/y") == (isFree ? 0 : Errno.ebusy.rawValue))
    }

    @Test("the history has what was compacted, newest first, with what it read and wrote")
    func history() throws {
        let client = try table()
        defer { client.end() }
        let table = try client.store.table("t")
        #expect(client.read("t/compact/history.jsonl") == "")
        for round in 1...2 {
            client.copy("k\n\(round)\n", to: "t/ingest/more\(round).csv")
            _ = try table.compactor.request(partitions: [PartitionID("")])
            _ = try table.compactor.foreground()
        }
        let lines = client.read("t/compact/history.jsonl").split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].contains("\"filesIn\":2") && lines[0].contains("\"rowsOut\":5"))
        #expect(lines[1].contains("\"filesIn\":4") && lines[1].contains("\"rowsIn\":4"))
        #expect(lines.allSatisfy { $0.contains("\"strategy\":\"requested\"") })
        let text = client.read("t/compact/history")
        #expect(text.contains("2 compactions") && text.contains("write amplification:"), "\(text)")
        #expect(
            client.attributes("t/compact/history")?.sizeBytes
                == UInt64(client.read("t/compact/history").utf8.count))
    }

    @Test("ctl compacts partitions as a person names them, with what is below")
    func control() throws {
        let client = try TreeClient()
        defer { client.end() }
        let table = try client.store.createTable("t", TableCreation(rowKey: ["id"]))
        client.copy("id\n1\n", to: "t/ingest/a.csv")
        client.copy("id\n9\n", to: "t/ingest/b.csv")
        let (low, high) = try table.split("", at: "5")
        #expect(client.overwrite("t/ctl", "compact id-to-5\n") == 0)
        #expect(table.state.jobs.values.map(\.partition) == [low])
        #expect(client.overwrite("t/ctl", "compact id-to-7\n") == Errno.enoent.rawValue)
        #expect(client.read("t/errors").contains("its parts are id-to-5 and id-from-5"))
        #expect(client.overwrite("t/ctl", "compact\n") == 0)
        #expect(Set(table.state.jobs.values.map(\.partition)) == [low, high])
    }
}
