import Bytes
import Compaction
import JSON
import Metadata
import Platform
import Tables
import TestKit
import Testing

@Suite("firn compact")
struct CompactCommandTests {
    /// A store with a table `t` by day of which two files of each of two days are copied in.
    private func table() throws -> (store: ScratchStore, address: ByteString, table: Table) {
        let scratch = try ScratchStore()
        let address = scratch.path + "/t"
        let made = try scratch.firn("create", address, "--key", "id", "--partition-by", "day")
        #expect(made.status == 0, "\(made.errors)")
        for number in 1...2 {
            let name = ByteString("\(number).csv")
            try scratch.directory.write(name, Array("id,day\n\(number),1\n\(number),2\n".utf8))
            let copied = try scratch.firn("ingest", address, scratch.directory.file(name))
            #expect(copied.status == 0, "\(copied.errors)")
        }
        let table = try scratch.store.table("t")
        #expect(try table.refresh().fileCount == 4)
        return (scratch, address, table)
    }

    @Test("a partition that there is not is an error, wherever one is named")
    func unknownPartition() throws {
        let (scratch, address, table) = try table()
        let calls: [[ByteString]] = [
            ["compact", address, "day=9"], ["compact", address, "day=9", "--all"],
            ["files", address, "--partition", "day=9"],
            ["files", address, "--partition", "day=9", "--key", "1.."],
            ["partitions", address, "day=9"], ["partitions", address, "day=9", "--export"],
        ]
        let version = table.state.version
        for words in calls {
            let result = try FirnCommand.run(words)
            #expect(result.status == 1 && result.output == "", "\(words): \(result)")
            #expect(result.errors.contains("there is no partition \"day=9\""), "\(words): \(result)")
        }
        #expect(try table.refresh().version == version)
        #expect(try scratch.firn("files", address, "--partition", "day=1").status == 0)
        #expect(try scratch.firn("partitions", address, "day=1").status == 0)
        let one = try scratch.firn("compact", address, "day=1")
        #expect(one.status == 0 && one.output.contains("4 files before, 3 after"), "\(one)")
        let again = try scratch.firn("compact", address, "day=1")
        #expect(again.status == 0 && again.output.contains("3 files before, 3 after"), "\(again)")
    }

    @Test("what is not done is told with its reason, and makes the exit status 1")
    func setAside() throws {
        let (scratch, address, table) = try table()
        let file = try #require(table.state.files(in: PartitionID("day=1")).first)
        let path = address + "/" + file.path
        try FileSystemCalls.rename(path, to: path + ".away")
        let result = try scratch.firn("compact", address, "--all")
        #expect(result.status == 1 && result.output.contains("day=2: 2 files"), "\(result)")
        #expect(result.errors.contains("of day=1 was set aside after 3 failures: "), "\(result.errors)")
        // Nothing is left to do but that.
        let again = try scratch.firn("compact", address, "--all")
        #expect(again.status == 1 && again.errors.contains("was set aside"), "\(again)")
        #expect(try scratch.firn("compact", address).status == 0)
        let job = try #require(try table.refresh().jobs.keys.first)
        let id = ByteString(job.description)
        let dry = try scratch.firn("jobs", "retry", address, id, "--dry-run")
        #expect(dry.status == 0 && dry.output.contains("dry run: nothing was written"), "\(dry)")
        #expect(try table.refresh().jobs[job]?.status == .setAside)
        #expect(try scratch.firn("jobs", "retry", address, id).status == 0)
        let second = try scratch.firn("jobs", "retry", address, id, "--dry-run")
        #expect(second.status == 1 && second.errors.contains("is not set aside"), "\(second)")
        try FileSystemCalls.rename(path + ".away", to: path)
        let last = try scratch.firn("compact", address, "--all")
        #expect(last.status == 0 && last.output.contains("day=1: 2 files"), "\(last)")
    }

    @Test("the job of a process that has ended is taken up")
    func endedProcess() throws {
        let (scratch, address, table) = try table()
        let session = SessionID(0xDEAD)
        let files = table.state.files(in: PartitionID("day=1")).map(\.id)
        let job = Job(
            id: JobID(7), partition: PartitionID("day=1"), inputs: files, status: .running, session: session,
            strategy: "requested", reason: "requested: 2 files")
        try table.commit("TEST", actions: [.operation(.putJob(job))])
        // The number of a process that is there, and that began at another time.
        let heartbeat = Heartbeat(
            id: session, counter: 1, host: "", boot: Processes.idSpace(), processID: Processes.currentID,
            processStart: 1, command: "mount", startedAtMilliseconds: 0)
        try SessionDirectory(storage: scratch.store.storage).publish(heartbeat)
        let result = try scratch.firn("compact", address, "--all")
        #expect(result.status == 0 && result.output.contains("4 files before, 2 after"), "\(result)")
    }
}
