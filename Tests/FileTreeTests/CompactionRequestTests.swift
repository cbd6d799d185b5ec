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

    private func waitForJobs(_ client: TreeClient) -> [String] {
        for _ in 0..<300 {
            let names = client.list("t/compact")
            if !names.isEmpty, names.allSatisfy({ !$0.hasPrefix("gathering-") }) { return names }
            Thread.sleep(nanoseconds: 10_000_000)
        }
        return client.list("t/compact")
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
        let gathering = try #require(client.list("t/compact").first)
        #expect(client.read("t/compact/\(gathering)/state") == "gathering\n")
        #expect(client.list("t/compact/\(gathering)/inputs") == files)
        #expect(client.list("t/live") == files)
        let jobs = waitForJobs(client)
        #expect(jobs.count == 1)
        let job = try #require(client.store.table("t").state.jobs.values.first)
        #expect(job.inputs.count == 3)
        #expect(client.read("t/compact/\(jobs[0])/state") == "waiting\n")
        #expect(client.list("t/compact/\(jobs[0])/inputs") == files)
        #expect(client.list("t/compact/\(jobs[0])") == ["ctl", "inputs", "progress", "reason", "state"])
        #expect(client.rename("t/live/\(files[0])", "t/compact/x") == Errno.ebusy.rawValue)
        #expect(client.read("t/errors").contains("is in job \(jobs[0]) already"))
        #expect(client.rmdir("t/compact/\(jobs[0])") == 0)
        #expect(client.list("t/compact") == [])
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
        #expect(client.list("t/compact") == [])
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
}
