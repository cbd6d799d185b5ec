import Bytes
import Metadata
import Planning
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// A table with the partitions L and R of its one root, whose clock is set before each commit. Functions of tests have
/// the names of Sleeper's.
private final class SplitTable {
    static let left = PartitionID("00000000000000a1")
    static let right = PartitionID("00000000000000a2")
    static let root = PartitionID("")

    let fixture: PurgeFixture
    private var nextJob: UInt64 = 0

    init() throws {
        fixture = try PurgeFixture(properties: [
            ("state.retention.hours", "0"), ("state.retention.versions", "1"), ("log.retention.hours", "0"),
            ("gc.delayMinutes", "1"),
        ])
        let root = Partition(id: Self.root, root: PartitionTuple([]), parent: nil, minKey: nil, maxKey: nil)
        try commit(.splitPartition(root, at: "m", into: (Self.left, Self.right)))
    }

    var table: Table { fixture.table }
    var session: SessionID { fixture.store.session.id }

    /// Commits of the same moment get later times than that.
    func commit(_ body: TransactionBody) throws {
        fixture.clock.advance(milliseconds: 100)
        try table.commit(body.operation, preconditions: body.preconditions, actions: body.actions)
    }

    /// Lets so many seconds pass.
    func wait(seconds: Int64) {
        fixture.clock.advance(milliseconds: seconds * 1000)
        fixture.storage.setTime(milliseconds: fixture.now)
    }

    /// A file with a reference of 50 rows in each of these partitions.
    func add(in partitions: [PartitionID]) throws -> FileEntry {
        var entry = try fixture.write()
        entry.rowCount = Int64(50 * partitions.count)
        try commit(
            .addFiles([
                (entry, partitions.map { FileReference(file: entry.id, partition: $0, rowCount: 50) })
            ]))
        return entry
    }

    /// A file that is garbage from the beginning.
    func addWithoutReferences() throws -> FileEntry {
        let entry = try fixture.write()
        try commit(TransactionBody("ADD FILES", [], [.add(entry), .remove(removal(entry))]))
        return entry
    }

    func removal(_ entry: FileEntry) -> FileRemoval {
        FileRemoval(
            path: entry.path, id: entry.id, deletionTimestamp: fixture.now, dataChange: true,
            sizeBytes: entry.sizeBytes)
    }

    /// A compaction of the files' rows in a partition into one new file.
    @discardableResult
    func compact(_ files: [FileEntry], in partition: PartitionID) throws -> FileEntry {
        nextJob += 1
        let job = Job(
            id: JobID(nextJob), partition: partition, inputs: files.map(\.id), status: .running,
            session: session, strategy: "test", reason: "test")
        try commit(.assignJob(job))
        var output = try fixture.write()
        output.partition = partition == Self.root ? nil : partition
        output.rowCount = Int64(50 * files.count)
        try commit(
            .replaceReferences(
                of: job, with: [output],
                rowsTaken: Dictionary(uniqueKeysWithValues: files.map { ($0.id, 50) }), in: table.state,
                now: fixture.now))
        return output
    }

    /// The files that a collection would take now.
    func found() throws -> [ByteString] {
        try table.checkpoint()
        return try table.garbageReport().files.filter(\.reasons.isEmpty).map(\.entry.path)
    }

    /// The whole of a collection's two commits for these files, whatever holds them.
    func delete(_ files: [FileEntry]) throws {
        try commit(.condemnFiles(files.map(\.id)))
        try commit(.forgetFiles(files.map(\.id)))
    }
}

@Suite("FindFilesForGarbageCollection")
struct FindFilesForGarbageCollectionTests {
    @Test("a file without references is found once its delay is over")
    func shouldFindFileWithNoReferencesWhichWasUpdatedLongEnoughAgo() throws {
        let split = try SplitTable()
        let file = try split.addWithoutReferences()
        split.wait(seconds: 60)
        #expect(try split.found() == [file.path])
    }

    @Test("before that it is not, and the report says until when")
    func shouldNotFindFileWhichWasMarkedReadyForGCTooRecently() throws {
        let split = try SplitTable()
        let file = try split.addWithoutReferences()
        let removed = split.table.state.timestamp
        split.wait(seconds: 59)
        #expect(try split.found() == [])
        let decision = try #require(try split.table.garbageReport().files.first)
        #expect(decision.entry.path == file.path)
        #expect(decision.reasons == [.delay(until: removed + 60_000)])
    }

    @Test("a file of which one of two references went is not found")
    func shouldNotFindFileWhichHasTwoReferencesAndOnlyOneWasMarkedAsReadyForGC() throws {
        let split = try SplitTable()
        let file = try split.add(in: [SplitTable.left, SplitTable.right])
        try split.compact([file], in: SplitTable.left)
        split.wait(seconds: 3600)
        #expect(try split.found() == [])
        #expect(split.table.state.garbage.isEmpty && split.table.state.files.contains(file.id))
    }

    @Test("a file of which both references went is found")
    func shouldFindFileWhichHasTwoReferencesAndBothWereMarkedAsReadyForGC() throws {
        let split = try SplitTable()
        let file = try split.add(in: [SplitTable.left, SplitTable.right])
        try split.compact([file], in: SplitTable.left)
        try split.compact([file], in: SplitTable.right)
        split.wait(seconds: 60)
        #expect(try split.found() == [file.path])
    }

    @Test("the delay counts from the last reference that went, not from the first")
    func shouldNotFindSplitFileWhenOnlyFirstReadyForGCUpdateIsOldEnough() throws {
        let split = try SplitTable()
        let file = try split.add(in: [SplitTable.left, SplitTable.right])
        try split.compact([file], in: SplitTable.left)
        split.wait(seconds: 59)
        try split.compact([file], in: SplitTable.right)
        split.wait(seconds: 59)
        #expect(try split.found() == [])
        split.wait(seconds: 1)
        #expect(try split.found() == [file.path])
    }
}

@Suite("ApplyGarbageCollection")
struct ApplyGarbageCollectionTests {
    @Test("a file that was replaced is forgotten, and its bytes are gone")
    func shouldDeleteGarbageCollectedFile() throws {
        let split = try SplitTable()
        let old = try split.add(in: [SplitTable.left])
        let new = try split.compact([old], in: SplitTable.left)
        split.wait(seconds: 60)
        #expect(try split.found() == [old.path])
        #expect(try split.table.collectGarbage()?.deletedFiles == 1)
        #expect(split.table.state.garbage.isEmpty && split.fixture.dataFiles == [new.path])
        #expect(try split.found() == [])
    }

    @Test("so is one that two compactions replaced, and what they wrote stays")
    func shouldDeleteGarbageCollectedFileSplitAcrossTwoPartitions() throws {
        let split = try SplitTable()
        let file = try split.add(in: [SplitTable.left, SplitTable.right])
        let outputs = try [SplitTable.left, SplitTable.right].map { try split.compact([file], in: $0) }
        split.wait(seconds: 60)
        try split.table.checkpoint()
        #expect(try split.table.collectGarbage()?.deletedFiles == 1)
        #expect(try split.table.garbageReport().fileCount == 0)
        #expect(split.fixture.dataFiles == Set(outputs.map(\.path)))
        #expect(PurgeFixture.paths(split.table.state) == Set(outputs.map(\.path)))
    }

    /// Neither of a collection's commits is made.
    private func expectRefusal(
        _ reason: String, of files: [FileEntry], in split: SplitTable,
        location: SourceLocation = #_sourceLocation
    ) {
        let before = split.table.state.version
        for body in [TransactionBody.condemnFiles(files.map(\.id)), .forgetFiles(files.map(\.id))] {
            do {
                try split.commit(body)
                Issue.record("\(body.operation) was committed", sourceLocation: location)
            } catch {
                #expect("\(error)".contains(reason), "\(error)", sourceLocation: location)
            }
        }
        #expect(split.table.state.version == before, sourceLocation: location)
    }

    @Test("a live file cannot be deleted")
    func shouldFailToDeleteActiveFile() throws {
        let split = try SplitTable()
        expectRefusal("is live", of: [try split.add(in: [SplitTable.left])], in: split)
    }

    @Test("a file that is not known cannot be deleted")
    func shouldFailToDeleteFileWhichWasNotAdded() throws {
        let split = try SplitTable()
        expectRefusal("is not known", of: [try split.fixture.write()], in: split)
    }

    @Test("a file of which one reference is left cannot be deleted")
    func shouldFailToDeleteActiveFileWhenOneOfTwoSplitRecordsIsReadyForGC() throws {
        let split = try SplitTable()
        let file = try split.add(in: [SplitTable.left, SplitTable.right])
        try split.compact([file], in: SplitTable.left)
        expectRefusal("is live", of: [file], in: split)
    }

    @Test("files can be deleted while somebody goes through those that were found")
    func shouldDeleteGarbageCollectedFileWhileIteratingThroughReadyForGCFiles() throws {
        let split = try SplitTable()
        let olds = [try split.add(in: [SplitTable.left]), try split.add(in: [SplitTable.left])]
        try split.compact(olds, in: SplitTable.left)
        split.wait(seconds: 60)
        try split.table.checkpoint()
        var found = try split.table.garbageReport().files.makeIterator()
        let next = found.next()
        let first = try #require(next).entry
        try split.delete(olds.filter { $0.id == first.file })
        let last = found.next()
        let second = try #require(last).entry
        let end = found.next()
        #expect(end == nil)
        #expect(try split.found() == [second.path] && first.file != second.file)
    }

    @Test("where one of several is live none is deleted")
    func shouldFailToDeleteActiveFileWhenAlsoDeletingReadyForGCFile() throws {
        let split = try SplitTable()
        let garbage = try split.addWithoutReferences()
        let live = try split.add(in: [SplitTable.left])
        expectRefusal("is live", of: [live, garbage], in: split)
        expectRefusal("", of: [garbage, live], in: split)
        split.wait(seconds: 60)
        #expect(try split.found() == [garbage.path])
        #expect(split.table.state.files.contains(live.id))
    }
}

@Suite("ReportFileStatus of files without references")
struct ReportUnreferencedFilesTests {
    @Test("a file without references is told with its time and what holds it, to people and to programs")
    func shouldReportOneReadyForGCFile() throws {
        let split = try SplitTable()
        let file = try split.addWithoutReferences()
        let removed = split.table.state.timestamp
        let report = try split.table.garbageReport()
        #expect(report.fileCount == 1 && report.sizeBytes == 1 && report.freeCount == 0 && !report.isPartial)
        let entry = try #require(report.files.first?.entry)
        #expect(entry.path == file.path && entry.removedAtTimestamp == removed)
        let text = String(decoding: report.text, as: UTF8.self)
        let time = TimestampText.iso(milliseconds: removed + 60_000)
        #expect(
            text.contains("its last reference went less than gc.delayMinutes ago, until \(time)"), "\(text)")
        let json = String(decoding: report.json, as: UTF8.self)
        #expect(json.contains(#""removedAt":\#(removed)"#), "\(json)")
        #expect(json.contains(#"{"rule":"delay","until":\#(removed + 60_000)}"#), "\(json)")
    }

    @Test("whoever asks is told the same: what a process knows already of the log does not show")
    func sameForAll() throws {
        let fixture = try VerbTable()
        for number in 1...9 as ClosedRange<UInt64> {
            try fixture.add(fixture.file(number))
            if number % 2 == 0 { try fixture.remove(fixture.file(number - 1)) }
            // This process learns the times of some versions.
            if number % 3 == 0 { _ = try fixture.table.garbageReport() }
        }
        fixture.clock.advance(milliseconds: 20 * 60_000)
        let other = try Store.open(
            storage: fixture.storage, root: fixture.directory.path,
            options: StoreOptions(
                clock: fixture.clock, entropy: SeededEntropy(seed: 4), command: "test",
                scratchPath: fixture.directory.path))
        let reports = [fixture.table, try other.table("t")].map { table in
            (try? table.garbageReport()).map { String(decoding: $0.text, as: UTF8.self) }
        }
        #expect(reports[0]?.contains("until") ?? false)
        #expect(reports[0] == reports[1])
    }

    private func report(ofThree limit: Int) throws -> GarbageReport {
        let split = try SplitTable()
        for _ in 0..<3 { _ = try split.addWithoutReferences() }
        return try split.table.garbageReport(limit: limit)
    }

    @Test("with a limit not all are listed, and that is said; the sums are of all")
    func shouldReportReadyForGCFilesWithLimit() throws {
        let report = try report(ofThree: 2)
        #expect(report.files.count == 2 && report.isPartial && report.fileCount == 3 && report.sizeBytes == 3)
        #expect(String(decoding: report.text, as: UTF8.self).hasSuffix("# and 1 file more\n"))
    }

    @Test("a limit that is just met leaves nothing out")
    func shouldReportReadyForGCFilesMeetingLimit() throws {
        let report = try report(ofThree: 3)
        #expect(report.files.count == 3 && !report.isPartial)
        #expect(!String(decoding: report.text, as: UTF8.self).contains("more"))
    }
}
