import Bytes
import Compaction
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("A compactor")
struct CompactionTests {
    @Test("keeps the rows of a table and leaves one run", arguments: [TableKind.append, .upsert])
    func rowsStay(kind: TableKind) throws {
        let table = try CompactionTable(kind)
        try table.fill(files: 7)
        try table.fill(files: 6, day: "2")
        try table.fill(files: 2, day: "3")
        let before = try ["1", "2", "3"].map { try table.rows(day: $0) }
        let events = EventBox()
        let compactor = table.compactor(events: events)
        #expect(compactor.runOnce() > 0)
        #expect(try ["1", "2", "3"].map { try table.rows(day: $0) } == before)
        let state = table.log.current
        for day in ["1", "2"] as [ByteString] {
            #expect(state.runs(in: CompactionTable.partition(day)).runs.count == 1)
        }
        #expect(table.fileCount(day: "3") == 2, "two runs are left alone")
        #expect(state.jobs.isEmpty)
        #expect(state.garbage.count == 13)
        for summary in events.summaries {
            #expect(summary.rowsIn == summary.rowsOut + summary.rowsDropped)
            #expect(summary.outputs.allSatisfy { !$0.dataChange && $0.job == summary.job.id })
        }
        #expect(try table.strayFiles() == [])
        #expect(compactor.runOnce() == 0)
    }

    @Test("counts how many merges the rows of a file have been through")
    func mergeOperations() throws {
        let table = try CompactionTable(.append)
        func counts() -> [Int32?] {
            var counts: [Int32?] = []
            table.log.current.files.forEach { counts.append($0.entry.mergeOperationCount) }
            return counts
        }
        try table.fill(files: 5)
        #expect(counts() == [nil, nil, nil, nil, nil])
        let compactor = table.compactor()
        for expected in [1, 2, 3] as [Int32] {
            _ = try compactor.request(partitions: [CompactionTable.partition("1")])
            compactor.runOnce()
            #expect(counts() == [expected])
            try table.fill(files: 1, from: Int(expected) * 10)
        }
    }

    @Test("drops delete markers only where nothing older is left beside them")
    func deleteMarkers() throws {
        let table = try CompactionTable(.upsert)
        try table.ingest([SampleRow(key: 1, serial: 1), SampleRow(key: 2, serial: 1)])
        let marker = try table.ingest([SampleRow(key: 1, serial: 2, isDeleted: true)])
        let newer = try table.ingest([SampleRow(key: 3, serial: 3)])
        let compactor = table.compactor()
        _ = try compactor.request(files: [marker[0].id, newer[0].id])
        compactor.runOnce()
        #expect(try table.rows().map(\.key) == [2, 3])
        #expect(try table.rows(keepsDeletes: true).count == 3, "the marker still hides the first file's row")
        _ = try compactor.request(partitions: [CompactionTable.partition("1")])
        compactor.runOnce()
        #expect(try table.rows(keepsDeletes: true) == table.rows())
        #expect(try table.rows().map(\.key) == [2, 3])
    }

    @Test("keeps what is committed during the merge", arguments: [TableKind.append, .upsert])
    func commitsMeanwhile(kind: TableKind) throws {
        let table = try CompactionTable(kind)
        try table.fill(files: 5)
        let expected = try CompactionTable(kind)
        try expected.fill(files: 5)
        let late = [SampleRow(key: 7, serial: 900), SampleRow(key: 8, serial: 901)]
        try expected.ingest(late)
        let events = EventBox { event in
            if case .assigned = event { #expect(throws: Never.self) { try table.ingest(late) } }
        }
        #expect(table.compactor(events: events).runOnce() == 1)
        #expect(events.summaries.count == 1)
        #expect(try table.rows() == expected.rows())
        #expect(table.fileCount() == 2)
    }

    @Test("does nothing where it is switched off, and what is asked for with the strategy off")
    func switchedOff() throws {
        let table = try CompactionTable(.append)
        try table.fill(files: 6)
        try table.set("compaction.enabled", "false")
        let compactor = table.compactor()
        #expect(compactor.runOnce() == 0)
        let job = try compactor.request(partitions: [CompactionTable.partition("1")])
        #expect(job.count == 1)
        #expect(compactor.runOnce() == 0)
        #expect(compactor.jobs.map(\.phase) == [.waiting])
        #expect(compactor.jobs.map(\.reason) == ["compaction.enabled is false"])
        try table.set("compaction.enabled", "true")
        try table.set("compaction.strategy", "off")
        #expect(compactor.runOnce() == 1)
        #expect(table.fileCount() == 1)
    }

    @Test("waits for room and says so")
    func waitsForRoom() throws {
        let storage = MemoryStorage()
        let table = try CompactionTable(.append, on: storage)
        try table.fill(files: 5)
        storage.setLimit(bytes: 16 << 20)
        let compactor = table.compactor()
        #expect(compactor.runOnce() == 0)
        #expect(compactor.obstacles.values.contains { $0.contains("must be free") })
        let id = try compactor.request(partitions: [CompactionTable.partition("1")])
        #expect(compactor.runOnce() == 0)
        #expect(compactor.jobs.first?.job.id == id.first)
        #expect(compactor.jobs.first?.reason.display.contains("must be free") ?? false)
        storage.setLimit(bytes: 64 << 20)
        #expect(compactor.runOnce() == 1)
        #expect(compactor.obstacles.isEmpty)
    }

    @Test("works in the background as files come, until it is stopped")
    func background() throws {
        let table = try CompactionTable(.append)
        let done = Monitor(0)
        let events = EventBox { event in
            if case .committed = event { done.update { $0 += 1 } }
        }
        let compactor = table.compactor(events: events)
        compactor.start()
        try table.fill(files: 5)
        #expect(done.wait(atMostNanoseconds: 20_000_000_000) { $0 > 0 ? true : nil } == true)
        compactor.stop()
        #expect(try table.rows().count == 50)
        #expect(try table.strayFiles() == [])
        #expect(!table.log.current.jobs.values.contains { $0.status == .running })
    }

    @Test("merges everything in the foreground, in a real directory")
    func foreground() throws {
        let directory = try TemporaryDirectory("compaction")
        let storage = try DirectoryStorage(root: directory.path, entropy: SeededEntropy())
        let table = try CompactionTable(.upsert, on: storage)
        try table.fill(files: 3)
        try table.fill(files: 2, day: "2")
        let before = try (table.rows(), table.rows(day: "2"))
        let views = Mutex<[JobView]>([])
        let compactor = table.compactor()
        let result = try compactor.foreground(progress: { view in views.withLock { $0.append(view) } })
        #expect(result.committed.count == 2)
        #expect(result.failed.isEmpty && result.left.isEmpty)
        #expect(table.fileCount() == 1 && table.fileCount(day: "2") == 1)
        #expect(try table.rows() == before.0)
        #expect(try table.rows(day: "2") == before.1)
        #expect(views.withLock { $0.last.map { $0.bytesDone == $0.bytesTotal } } == true)
        let again = try compactor.foreground()
        #expect(again.committed.isEmpty, "what is one job's output is compact")
    }
}
