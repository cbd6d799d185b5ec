import Bytes
import Metadata
import TestKit
import Testing
import TransactionLog

@Suite("Receipts and jobs in states")
struct ListedStateTests {
    private static let day: Int64 = 86_400_000

    private static func receipts(_ numbers: Range<Int>) -> [Action] {
        numbers.map {
            .operation(
                .receipt(
                    IngestReceipt(
                        name: ByteString("\($0).csv"), contentHash: ByteString("hash\($0 % 50)"), rowCount: 1,
                        fileCount: 0)))
        }
    }

    @Test("each receipt is written once: what a record repeats stays small, however many there are")
    func receiptsAreListed() throws {
        let table = try TestTable()
        var largest = 0
        for round in 0..<40 {
            _ = try table.log.commit(table.transaction(Self.receipts(round * 100..<(round + 1) * 100)))
            let manifest = try table.write()
            largest = max(largest, manifest.receipts.count)
            let listed = manifest.receiptManifests.reduce(0) { $0 + Int($1.entryCount) }
            #expect(listed + manifest.receipts.count == (round + 1) * 100)
            let reopened = try table.open().current
            StateTests.expectEqual(reopened, table.log.current, "\(round)")
            #expect(reopened.receipts.receipt(name: "7.csv", contentHash: "hash7")?.version == Version(1))
        }
        #expect(largest <= 256)
        let infos = try #require(table.log.baseManifest).receiptManifests
        #expect(infos.allSatisfy { $0.kind == .receipts } && infos.count <= 21)
        #expect(try table.log.surveyManifests().used.isSuperset(of: infos.map(\.path)))
    }

    @Test("many small manifests of receipts become one, in their order")
    func receiptsAreCompacted() throws {
        let table = try TestTable(
            actions: [.operation(.setProperty(name: "state.compaction.maxManifests", value: "3"))])
        for round in 0..<12 {
            _ = try table.log.commit(table.transaction(Self.receipts(round * 300..<(round + 1) * 300)))
            let manifest = try table.write()
            #expect(manifest.receiptManifests.count <= 4, "\(round)")
            StateTests.expectEqual(try table.open().current, table.log.current, "\(round)")
        }
    }

    @Test("receipts that expire leave their manifests without a tombstone, and never come back")
    func receiptsExpire() throws {
        let table = try TestTable()
        for round in 0..<10 {
            _ = try table.log.commit(table.transaction(Self.receipts(round * 300..<(round + 1) * 300)))
            _ = try table.write()
            table.clock.advance(milliseconds: Self.day)
            let state = try table.open().current
            StateTests.expectEqual(state, table.log.current, "\(round)")
        }
        let manifest = try #require(table.log.baseManifest)
        #expect(table.log.current.receipts.count == 8 * 300)
        #expect(manifest.receiptManifests.reduce(0) { $0 + Int($1.liveEntryCount) } == 8 * 300)
        // A longer window does not bring back what has left.
        _ = try table.log.commit(
            table.transaction([.operation(.setProperty(name: "ingest.dedupeDays", value: "30"))]))
        _ = try table.write()
        StateTests.expectEqual(try table.open().current, table.log.current)
        // Half of a manifest's receipts may be gone: the whole compaction leaves the live ones alone.
        _ = try table.log.commit(
            table.transaction([.operation(.setProperty(name: "ingest.dedupeDays", value: "1"))]))
        table.clock.advance(milliseconds: Self.day)
        _ = try table.log.commit(table.transaction(Self.receipts(0..<1)))
        _ = try table.write()
        #expect(table.log.current.receipts.count == 1)
        StateTests.expectEqual(try table.open().current, table.log.current)
        #expect(try #require(table.log.baseManifest).receiptManifests.isEmpty)
    }

    @Test("a few jobs stand in the record; thousands are listed by manifests, and leave by tombstones")
    func jobsAreListed() throws {
        let table = try TestTable()
        let files = try table.commit(1000)
        func job(_ index: Int) -> Job {
            Job(
                id: JobID(UInt64(index + 1)), partition: PartitionID(""), inputs: [files[index].id],
                status: .waiting, session: nil, strategy: "all", reason: "asked for")
        }
        for round in 0..<10 {
            _ = try table.log.commit(
                table.transaction((round * 100..<(round + 1) * 100).map { .operation(.putJob(job($0))) }))
            let manifest = try table.write()
            #expect(manifest.jobs.count <= 256, "\(round)")
            StateTests.expectEqual(try table.open().current, table.log.current, "\(round)")
        }
        #expect(try #require(table.log.baseManifest).listedJobs.entryCount > 700)
        // A job that changes is a newer entry of its key, in the record or in a later manifest.
        var waiting = job(3)
        waiting.attempt = 2
        _ = try table.log.commit(table.transaction([.operation(.putJob(waiting))]))
        _ = try table.write()
        #expect(try table.open().current.jobs[JobID(4)]?.attempt == 2)
        #expect(try #require(table.log.baseManifest).listedJobs.tombstones.count == 1)
        for round in 0..<10 {
            let gone = round * 100..<(round + 1) * 100
            _ = try table.log.commit(
                table.transaction(
                    gone.filter { $0 != 555 }.map {
                        .operation(.removeJob(JobID(UInt64($0 + 1)), outcome: .cancelled))
                    }))
            _ = try table.write()
            StateTests.expectEqual(try table.open().current, table.log.current, "\(round)")
        }
        let manifest = try #require(table.log.baseManifest)
        #expect(manifest.listedJobs.manifests.isEmpty && manifest.jobs.count == 1)
        #expect(table.log.current.jobs.keys == [JobID(556)])
    }
}
