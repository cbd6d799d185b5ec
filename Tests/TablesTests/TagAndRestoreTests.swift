import Bytes
import Metadata
import Platform
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

@Suite("Tags and restored versions")
struct TagAndRestoreTests {
    @Test("a tagged version gets a state where it has none, and outlives its version files")
    func tag() throws {
        let fixture = try VerbTable()
        for number in 1...4 as ClosedRange<UInt64> { try fixture.add(fixture.file(number)) }
        let expected = try fixture.paths(at: Version(2))
        let planned = try fixture.table.perform(
            .tag(version: "2", name: "good", moving: false), user: 0, dryRun: true)
        #expect(
            String(decoding: planned.text, as: UTF8.self).contains("the state of version 2 would be written"))
        #expect(try fixture.table.log.stateVersions().isEmpty)
        _ = try fixture.perform(.tag(version: "2", name: "good", moving: false))
        #expect(fixture.table.state.tags == ["good": Version(2)])
        #expect(try fixture.table.log.stateVersions() == [Version(2)])
        for version in 0...4 as ClosedRange<Int64> {
            try fixture.storage.delete(LogPath(table: "t").versionFile(Version(version)))
        }
        #expect(try fixture.table.log.state(at: Version(2)).filePaths == expected)
        // A state that is there is not written again; the current version has one written as usual.
        #expect(
            try fixture.perform(.tag(version: "good", name: "also", moving: false)).plan.stateToWrite == nil)
        let current = fixture.table.state.version
        _ = try fixture.perform(.tag(version: ByteString(current.description), name: "now", moving: false))
        #expect(try fixture.table.log.stateVersions() == [Version(2), current])
        _ = try fixture.perform(.deleteTag(name: "also"))
        #expect(Set(fixture.table.state.tags.keys) == ["good", "now"])
    }

    @Test("a tag that would mislead is refused with the reason")
    func badTags() throws {
        let fixture = try VerbTable()
        try fixture.add(fixture.file(1))
        try fixture.add(fixture.file(2))
        _ = try fixture.perform(.tag(version: "1", name: "good", moving: false))
        let cases: [(VerbRequest, Errno, String)] = [
            (.tag(version: "2", name: "good", moving: false), .eexist, "names version 1 already"),
            (.tag(version: "9", name: "later", moving: false), .enoent, "no version 9 yet"),
            (.tag(version: "1", name: "17", moving: false), .einval, "neither a number nor a time"),
            (.tag(version: "1", name: "2024-01-31", moving: false), .einval, "neither a number nor a time"),
            (.tag(version: "1", name: "a/b", moving: false), .einval, "cannot be a tag"),
            (.tag(version: "best", name: "x", moving: false), .enoent, "its tags are good"),
            (.deleteTag(name: "bad"), .enoent, "its tags are good"),
        ]
        for (request, errno, words) in cases {
            let error = try fixture.refusal(request)
            #expect(error.errno == errno && error.message.contains(words), "\(request): \(error)")
        }
        #expect(try fixture.perform(.tag(version: "1", name: "good", moving: false)).hasNothingToDo)
        _ = try fixture.perform(.tag(version: "2", name: "good", moving: true))
        #expect(fixture.table.state.tags == ["good": Version(2)])
    }

    @Test("a restored version has exactly its files, those that were garbage too, and can itself be undone")
    func restore() throws {
        let fixture = try VerbTable()
        try fixture.add(fixture.file(1), fixture.file(2))
        let good = try fixture.add(fixture.file(3))
        _ = try fixture.perform(.tag(version: ByteString(good.description), name: "good", moving: false))
        let expected = try fixture.paths()
        try fixture.remove(fixture.file(1), fixture.file(3))
        let bad = try fixture.add(fixture.file(4))
        let later = try fixture.paths()
        let outcome = try fixture.perform(.restore(version: "good"))
        #expect(outcome.plan.added.count == 2 && outcome.plan.removed.count == 1)
        #expect(try fixture.paths() == expected)
        #expect(fixture.table.state.totalRows == 30)
        #expect(try fixture.perform(.restore(version: "good")).hasNothingToDo)
        _ = try fixture.perform(.restore(version: ByteString(bad.description)))
        #expect(try fixture.paths() == later)
        // Also once a state was written in between, and by the time of the version.
        try fixture.table.checkpoint()
        let time = try fixture.table.log.state(at: good).timestamp
        _ = try fixture.perform(.restore(version: ByteString(TimestampText.iso(milliseconds: time))))
        #expect(try fixture.paths() == expected)
        #expect(try fixture.table.log.state(at: bad).filePaths == later)
        // Nothing was written for it.
        let history = try fixture.table.jobHistory(limit: 10)
        #expect(history.bytesIngested == 101 + 102 + 103 + 104 && history.writeAmplification == 1)
        let metrics = String(decoding: fixture.table.metricsText(), as: UTF8.self)
        #expect(metrics.contains("firn_table_ingested_bytes_total{table=\"t\"} 410\n"), "\(metrics)")
        // A tag that is on its way out frees what it held; what is live now stays live.
        #expect(fixture.table.state.files.view(path: fixture.file(3).path)?.dataChange == true)
    }

    @Test(
        "a version is refused of which a file is being deleted, is gone, or is not in the store, and it is named"
    )
    func lostFiles() throws {
        let fixture = try VerbTable()
        let version = try fixture.add(fixture.file(1), fixture.file(2), fixture.file(3))
        try fixture.remove(fixture.file(1), fixture.file(2), fixture.file(3))
        let request = VerbRequest.restore(version: ByteString(version.description))
        try fixture.storage.delete("t/" + fixture.file(2).path)
        var error = try fixture.refusal(request)
        #expect(error.errno == .estale && error.message.contains(fixture.file(2).path.display), "\(error)")
        try fixture.storage.putIfAbsent("t/" + fixture.file(2).path, [1, 2, 3])
        error = try fixture.refusal(request)
        #expect(error.message.contains("3 bytes") && error.message.contains("102"), "\(error)")
        try fixture.table.commit("CONDEMN", actions: [.operation(.condemn([fixture.file(3).id]))])
        error = try fixture.refusal(request)
        #expect(
            error.errno == .estale && error.message.contains("\(fixture.file(3).path) is being deleted"),
            "\(error)")
        #expect(try fixture.refusal(.tag(version: "1", name: "x", moving: false)).errno == .estale)
        try fixture.table.commit("FORGET", actions: [.operation(.forget([fixture.file(3).id]))])
        error = try fixture.refusal(request)
        #expect(error.message.contains("\(fixture.file(3).path) was deleted"), "\(error)")
    }

    @Test("while a job holds a file that would go, restore and remove are refused with the job's name")
    func jobs() throws {
        let fixture = try VerbTable()
        let version = try fixture.add(fixture.file(1))
        try fixture.add(fixture.file(2))
        let job = Job(
            id: JobID(9), partition: PartitionID(ByteString()), inputs: [fixture.file(2).id],
            status: .waiting,
            session: nil, strategy: "requested", reason: "a test")
        try fixture.table.commit("ASSIGN", actions: [.operation(.putJob(job))])
        for request in [
            VerbRequest.restore(version: ByteString(version.description)),
            .remove(paths: [fixture.file(2).path]),
            .removeMatching(filter: "k >= 2", keepingPartial: false),
        ] {
            let error = try fixture.refusal(request)
            #expect(error.errno == .ebusy && error.message.contains("0000000000000009"), "\(error)")
        }
        try fixture.table.commit("CANCEL", actions: [.operation(.removeJob(JobID(9), outcome: .cancelled))])
        _ = try fixture.perform(.restore(version: ByteString(version.description)))
    }

    @Test("where a file was referenced is restored with it")
    func references() throws {
        let fixture = try VerbTable()
        let root = PartitionID(ByteString())
        let children = [PartitionID("00000000000000a1"), PartitionID("00000000000000a2")]
        let whole = try fixture.add(fixture.file(1, span: 200), fixture.file(2, span: 200))
        let tuple = PartitionTuple([])
        let middle = ByteString([100])
        try fixture.table.commit(
            "SPLIT",
            actions: [
                .operation(
                    .putPartition(
                        Partition(
                            id: root, root: tuple, parent: nil, children: children, minKey: nil, maxKey: nil))
                ),
                .operation(
                    .putPartition(
                        Partition(id: children[0], root: tuple, parent: root, minKey: nil, maxKey: middle))),
                .operation(
                    .putPartition(
                        Partition(id: children[1], root: tuple, parent: root, minKey: middle, maxKey: nil))),
            ]
                + [
                    .operation(
                        .splitReference(
                            ReferenceSplit(
                                file: fixture.file(1).id, partition: root,
                                parts: children.map {
                                    FileReference(file: fixture.file(1).id, partition: $0, rowCount: 5)
                                })))
                ])
        let split = fixture.table.state
        try fixture.remove(fixture.file(1))
        _ = try fixture.perform(.restore(version: ByteString(split.version.description)))
        let restored = try #require(fixture.table.state.files.view(path: fixture.file(1).path))
        #expect(Set(fixture.table.state.partitions(of: restored)) == Set(children))
        #expect(fixture.table.state.references(of: restored).map(\.rowCount) == [5, 5])
        // Before the split it was referenced as a whole: it is so again, in the root that has children now.
        let outcome = try fixture.table.perform(.restore(version: ByteString(whole.description)), user: 0)
        #expect(outcome.version != nil && outcome.plan.added.isEmpty && outcome.plan.removed.isEmpty)
        let again = try #require(fixture.table.state.files.view(path: fixture.file(1).path))
        #expect(fixture.table.state.partitions(of: again) == [root])
    }

    @Test("restored files of an upsert table keep the order in which their rows replace each other")
    func upsertOrder() throws {
        let fixture = try VerbTable(kind: .upsert)
        try fixture.add(fixture.file(1, span: 50))
        try fixture.add(fixture.file(2, span: 50))
        let version = try fixture.add(fixture.file(3, span: 50))
        try fixture.remove(fixture.file(1, span: 50), fixture.file(2, span: 50))
        _ = try fixture.perform(.restore(version: ByteString(version.description)))
        func order() -> [UInt64] {
            var files: [FileView] = []
            fixture.table.state.files.forEach { files.append($0) }
            return files.sorted { $0.sequence < $1.sequence }.map(\.id.rawValue)
        }
        #expect(order() == [1, 2, 3])
        // Restored once more it is the same, though all files have other sequences than at that version.
        try fixture.remove(fixture.file(2, span: 50))
        _ = try fixture.perform(.restore(version: ByteString(version.description)))
        #expect(order() == [1, 2, 3])
    }

    @Test("an upsert table's version is refused where files that come back would overtake merged rows")
    func upsertRefusal() throws {
        let fixture = try VerbTable(kind: .upsert)
        try fixture.add(fixture.file(1, span: 50))
        var merged = fixture.file(2, span: 50)
        merged.minSequence = 1 << 20
        merged.maxSequence = 5 << 20
        let version = try fixture.add(merged)
        try fixture.remove(fixture.file(1, span: 50))
        let error = try fixture.refusal(.restore(version: ByteString(version.description)))
        #expect(error.errno == .eopnotsupp && error.message.contains("would become newer"), "\(error)")
        // With merged files alone the rows carry their own sequences.
        try fixture.remove(merged)
        let before = Version(version.rawValue + 1)
        _ = try fixture.perform(.restore(version: ByteString(before.description)))
        #expect(try fixture.paths() == [merged.path])
    }

    @Test("beside writers that never stop, a restored version has its files and no other")
    func concurrency() throws {
        let fixture = try VerbTable()
        let version = try fixture.add(fixture.file(1), fixture.file(2))
        let expected = try fixture.paths()
        let other = try Store.open(
            storage: fixture.storage, root: fixture.directory.path,
            options: StoreOptions(
                clock: fixture.clock, entropy: SeededEntropy(seed: 5), command: "other",
                scratchPath: fixture.directory.path))
        defer { other.close() }
        let writer = try other.table("t")
        let schema = fixture.table.state.schemaID
        let isDone = Cancellation()
        let thread = Thread.spawn(name: "writer") {
            var number: UInt64 = 1_000
            while !isDone.isCancelled, number < 100_000 {
                let path = ByteString("data/20240101T000000Z-\(Hex.string(number)).parquet")
                var entry = FileEntry(
                    path: path, id: FileID(path: path), partitionValues: PartitionTuple([]), sizeBytes: 1,
                    modificationTime: 5)
                entry.schemaID = schema
                _ = try? writer.commit("INGEST", actions: [.add(entry)])
                number += 1
                Thread.sleep(nanoseconds: 2_000_000)
            }
        }
        var versions: [Version] = []
        for round in 0..<4 {
            // Until the other has added something.
            while try fixture.table.refresh().fileCount <= expected.count, !isDone.isCancelled {
                Thread.sleep(nanoseconds: 1_000_000)
            }
            if round == 2 {
                try fixture.table.commit("REMOVE", actions: [VerbTable.removal(fixture.file(1))])
            }
            let outcome = try fixture.table.perform(
                .restore(version: ByteString(version.description)), user: 0)
            if let version = outcome.version { versions.append(version) }
        }
        isDone.cancel()
        thread.join()
        #expect(versions.count == 4)
        for version in versions { #expect(try fixture.table.log.state(at: version).filePaths == expected) }
    }
}

extension TableState {
    var filePaths: Set<ByteString> {
        var paths: Set<ByteString> = []
        files.forEach { paths.insert($0.path) }
        return paths
    }
}
