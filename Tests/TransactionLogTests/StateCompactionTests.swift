import Avro
import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("When states are compacted")
struct StateCompactionTriggerTests {
    @Test("tombstones above a tenth of what is live are written away; exactly a tenth is not above it")
    func testCompactionTriggerByTombstoneRatio() throws {
        let table = try TestTable()
        let files = try table.commit(110)
        let first = try table.write()
        _ = try table.log.commit(table.removing(Array(files[..<10])))
        let second = try table.write()
        #expect(second.files.tombstones.count == 10 && second.fileCount == 100)
        #expect(second.files.manifests.map(\.path) == first.files.manifests.map(\.path))
        _ = try table.log.commit(table.removing([files[10]]))
        let third = try table.write()
        #expect(third.files.tombstones.isEmpty && third.fileCount == 99)
        #expect(third.files.manifests.map(\.entryCount) == [99])
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("twenty small manifests stand; the twenty-first writes all of them together")
    func testCompactionTriggerByManifestCount() throws {
        let table = try TestTable()
        for number in 1...20 {
            try table.commit(2)
            #expect(try table.write().files.manifests.count == number)
        }
        try table.commit(2)
        let manifest = try table.write()
        #expect(manifest.files.manifests.map(\.entryCount) == [42])
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    /// A job that merges some files into one, and its commit.
    private static func merge(_ files: [FileEntry], _ table: TestTable) throws {
        let job = Job(
            id: JobID(9), partition: PartitionID(""), inputs: files.map(\.id), status: .running,
            session: SessionID(1), strategy: "basic", reason: "a test")
        _ = try table.log.commit(table.transaction([.operation(.putJob(job))]))
        _ = try table.log.commit(
            table.transaction(
                files.map { TestTable.removal($0) } + [
                    .add(table.file()), .operation(.removeJob(job.id, outcome: .committed)),
                ]))
    }

    @Test(
        "the state after a merge that removed many files is compacted at half the thresholds",
        arguments: [(true, 6, 0), (false, 6, 6), (true, 4, 4), (false, 12, 0)])
    func testCompactionTriggerAfterMerge(afterMerge: Bool, removed: Int, left: Int) throws {
        let table = try TestTable(actions: [
            TestTable.property("state.compaction.afterMerge", afterMerge ? "true" : "false")
        ])
        let files = try table.commit(100)
        try table.write()
        try Self.merge(Array(files[..<removed]), table)
        let manifest = try table.write()
        #expect(manifest.files.tombstones.count == left)
        #expect(manifest.fileCount == Int64(101 - removed))
        // The next state has had no merge before it.
        _ = try table.log.commit(table.removing([files[99]]))
        #expect(try table.write().files.tombstones.count == left + 1)
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("a commit that removes more than the threshold leaves no tombstone; one that removes as many does")
    func largeRemoves() throws {
        let table = try TestTable(actions: [
            TestTable.property("state.compaction.largeRemoveThreshold", "8"),
            TestTable.property("state.entriesPerManifest", "300"),
        ])
        let files = try table.commit(600)
        let first = try table.write()
        _ = try table.log.commit(table.removing(Array(files[..<8])))
        #expect(try table.write().files.tombstones.count == 8)
        // Both commits lie between two states: each is looked at by itself.
        _ = try table.log.commit(table.removing(Array(files[300..<306])))
        _ = try table.log.commit(table.removing(Array(files[306..<312])))
        #expect(try table.write().files.tombstones.count == 20)
        _ = try table.log.commit(table.removing(Array(files[8..<17])))
        let manifest = try table.write()
        #expect(manifest.files.tombstones.isEmpty)
        #expect(Set(manifest.files.manifests.map(\.path)).isDisjoint(with: first.files.manifests.map(\.path)))
        manifest.expectSums(TestTable.files(table.log.current))
        #expect(manifest.fileCount == 571)
    }

    @Test("a large removal leaves the full manifests alone that it does not hit")
    func largeRemoveKeepsClean() throws {
        let table = try TestTable(actions: [
            TestTable.property("state.compaction.largeRemoveThreshold", "3"),
            TestTable.property("state.entriesPerManifest", "100"),
        ])
        try table.commit(100)
        let kept = try table.write().files.manifests[0].path
        let files = try table.commit(100)
        try table.write()
        _ = try table.log.commit(table.removing(Array(files[..<4])))
        let manifest = try table.write()
        #expect(manifest.files.tombstones.isEmpty)
        #expect(manifest.files.manifests.map(\.entryCount) == [100, 96])
        #expect(manifest.files.manifests[0].path == kept)
    }

    @Test("thirty full manifests that are clean are kept, commit after commit")
    func fullManifestsStay() throws {
        let table = try TestTable(actions: [TestTable.property("state.entriesPerManifest", "100")])
        try table.commit(3_000)
        let full = try table.write().files.manifests.map(\.path)
        #expect(full.count == 30)
        for _ in 0..<45 {
            try table.commit(1)
            let manifest = try table.write()
            #expect(Set(manifest.files.manifests.map(\.path)).isSuperset(of: full))
            #expect(manifest.files.manifests.count <= 50)
        }
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("the worst manifests are chosen, by numbers alone")
    func policy() {
        typealias Count = ManifestPolicy.Count
        let policy = ManifestPolicy()
        let full = Count(entries: 50_000, tombstones: 0)
        // 1,000,000 files and more: full and clean manifests never ask for anything.
        #expect(policy.manifestsToRewrite(Array(repeating: full, count: 500)).isEmpty)
        // 20,000 tombstones are not above the limit, whatever the share; 20,001 are.
        var many = Array(repeating: Count(entries: 50_000, tombstones: 500), count: 40)
        #expect(policy.manifestsToRewrite(many).isEmpty)
        many[7].tombstones = 501
        let chosen = policy.manifestsToRewrite(many)
        #expect(chosen.contains(7) && chosen.count == 20)
        // What is left is half of what is allowed.
        let left = many.indices.filter { !chosen.contains($0) }.reduce(0) { $0 + many[$1].tombstones }
        #expect(left <= 10_000)
        // Shares whose product with the live count is not exact in binary.
        var odd = ManifestPolicy()
        odd.tombstoneThreshold = 0.29
        #expect(odd.manifestsToRewrite([Count(entries: 129, tombstones: 29)]).isEmpty)
        #expect(odd.manifestsToRewrite([Count(entries: 129, tombstones: 30)]) == [0])
        // Nothing is left alive.
        #expect(policy.manifestsToRewrite([Count(entries: 5, tombstones: 5)]) == [0])
        #expect(policy.manifestsToRewrite([]).isEmpty)
    }
}

@Suite("What compacting a state gives")
struct StateCompactionTests {
    /// A table of small manifests with tombstones in each.
    private static func dirtyTable(
        storage: any ObjectStorage = MemoryStorage(), perManifest: Int = 100
    ) throws -> (TestTable, live: [FileEntry]) {
        let table = try TestTable(
            storage: storage, partitioned: true,
            actions: [
                TestTable.property("state.entriesPerManifest", ByteString("\(perManifest)")),
                TestTable.property("state.compaction.tombstoneThreshold", "1"),
            ])
        var live: [FileEntry] = []
        for round in 0..<10 {
            live += try table.commit(months: (0..<40).map { $0 % 13 == 12 ? nil : 1 + ($0 + round) % 12 })
            if round > 0 {
                _ = try table.log.commit(table.removing([live[0], live[20], live[live.count - 1]]))
                live.remove(at: 20)
                live.removeFirst()
                live.removeLast()
            }
            try table.write()
        }
        return (table, live)
    }

    @Test("a compacted state has no tombstones, in no set")
    func testCompactionProducesCleanState() throws {
        let table = try StateTests.fullTable()
        try table.write()
        let file = try #require(TestTable.files(table.log.current).last)
        _ = try table.log.commit(
            table.transaction([
                .operation(.removeJob(JobID(5), outcome: .cancelled)), TestTable.removal(file),
                .operation(.condemn(table.log.current.garbage.sorted().map(\.file))),
                TestTable.property("state.compaction.tombstoneThreshold", "1"),
            ]))
        let dirty = try table.write()
        #expect(dirty.files.tombstones.count == 1 && dirty.garbage.tombstones.count == 1)
        let manifest = try table.compact()
        #expect(manifest.files.tombstones.isEmpty && manifest.references.tombstones.isEmpty)
        #expect(manifest.garbage.tombstones.isEmpty && manifest.partitions.tombstones.isEmpty)
        let infos = [manifest.files.manifests, manifest.garbage.manifests, manifest.partitions.manifests]
        for info in infos.joined() { #expect(info.tombstoneCount == 0) }
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("every live file is in the compacted state, with everything that was known of it")
    func testCompactionPreservesAllFiles() throws {
        let (table, live) = try Self.dirtyTable()
        let before = TestTable.files(table.log.current)
        try table.compact()
        #expect(before.map(\.path) == live.map(\.path).sorted())
        #expect(TestTable.files(table.log.current) == before)
        #expect(TestTable.files(try table.open().current) == before)
        #expect(try table.listed().joined().sorted { $0.path < $1.path } == before)
    }

    @Test("no manifest holds more entries than it may, and all are of about one size")
    func testCompactionSplitsLargeManifests() throws {
        let table = try TestTable(partitioned: true)
        try table.commit(months: (0..<1_050).map { 1 + $0 % 12 })
        #expect(try table.write().files.manifests.map(\.entryCount) == [1_050])
        _ = try table.log.commit(
            table.transaction([TestTable.property("state.entriesPerManifest", "100")]))
        let manifest = try table.compact()
        #expect(manifest.files.manifests.count == 11)
        #expect(manifest.files.manifests.allSatisfy { $0.entryCount <= 100 && $0.entryCount >= 50 })
        #expect(try table.listed().map(\.count) == manifest.files.manifests.map { Int($0.entryCount) })
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("fragments become as few manifests as hold them")
    func testCompactionMergesSmallManifests() throws {
        let (table, live) = try Self.dirtyTable(perManifest: 1_000)
        #expect(try #require(table.log.baseManifest).files.manifests.count == 10)
        let manifest = try table.compact()
        #expect(manifest.files.manifests.map(\.entryCount) == [Int64(live.count)])
        manifest.expectSums(live)
    }

    @Test("manifests follow each other in the order of the partitions, null first")
    func testCompactionWithPartitionedData() throws {
        let (table, _) = try Self.dirtyTable()
        let manifest = try table.compact()
        let months = try table.listed().joined().map {
            $0.partitionValues.values[0].map { Int($0.display) ?? -1 }
        }
        #expect(months.contains(nil) && months.contains(12))
        #expect(months.map { $0 ?? 0 } == months.map { $0 ?? 0 }.sorted())
        let bounds = try manifest.files.manifests.map { try #require($0.partitionBounds?.first) }
        for (left, right) in zip(bounds, bounds.dropFirst()) {
            let (end, start) = (try #require(left.max), try #require(right.min))
            #expect(try #require(Int(end.display)) <= (try #require(Int(start.display))))
        }
    }

    @Test("a clean state's compaction writes nothing, and says so")
    func testCompactionSkipsCleanState() throws {
        let memory = MemoryStorage()
        let (table, _) = try Self.dirtyTable(storage: memory)
        try table.compact()
        let version = table.log.current.version
        let keys = memory.allKeys
        #expect(try table.log.compactState() == .clean(version))
        #expect(try table.open().compactState() == .clean(version))
        #expect(memory.allKeys == keys)
        // A version that leaves the files alone gets its state from the manifests that are there.
        let paths = try table.log.stateManifest(at: version).files.manifests.map(\.path)
        _ = try table.log.commit(table.transaction([TestTable.property("gc.delayMinutes", "3")]))
        #expect(try table.compact().files.manifests.map(\.path) == paths)
        #expect(table.log.current.version == version.next)
    }

    @Test("a state that is there and not clean is compacted at a version of its own, which changes nothing")
    func ownVersion() throws {
        let (table, live) = try Self.dirtyTable()
        let dirty = table.log.current.version
        let old = try table.storage.get(table.log.path.stateManifest(dirty))
        guard case .written(let summary) = try table.log.compactState() else {
            Issue.record("nothing was written")
            return
        }
        #expect(summary.version == dirty.next && summary.tombstoneCount == 0)
        #expect(table.log.current.version == dirty.next)
        let transactions = try #require(try table.log.transactions(of: dirty.next))
        #expect(transactions.map(\.operation) == ["CHECKPOINT"] && transactions[0].actions.isEmpty)
        let changes = try table.log.changes(from: dirty, to: dirty.next)
        #expect(changes.allSatisfy { $0.added.isEmpty && $0.removed.isEmpty })
        #expect(try table.storage.get(table.log.path.stateManifest(dirty)) == old)
        #expect(Set(live.map(\.path)) == table.log.current.filePaths)
        StateTests.expectEqual(try table.open().current, table.log.current)
        #expect(TestTable.files(try table.log.state(at: dirty)) == TestTable.files(table.log.current))
    }

    @Test("two processes that compact at once leave one clean state, and neither loses a file")
    func testConcurrentCompaction() throws {
        let (table, live) = try Self.dirtyTable()
        let logs = try (0..<4).map { _ in try table.open() }
        let outcomes = Box<[StateOutcome]>([])
        let threads = logs.map { log in
            Thread.spawn(name: "compact") {
                do {
                    let outcome = try log.compactState()
                    outcomes.update { $0.append(outcome) }
                } catch {
                    Issue.record("\(error)")
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(outcomes.value.count == 4)
        #expect(outcomes.value.contains { if case .written = $0 { true } else { false } })
        let opened = try table.open()
        #expect(opened.current.filePaths == Set(live.map(\.path)))
        #expect(try opened.compactState() == .clean(opened.current.version))
        for log in logs {
            try log.refresh()
            StateTests.expectEqual(log.current, opened.current)
        }
        for log in logs { _ = try log.commit(table.adding(months: [1])) }
        StateTests.expectEqual(try table.open().current, try logs[0].refresh())
    }

    @Test("a process takes over what another has compacted")
    func adoption() throws {
        let (table, _) = try Self.dirtyTable()
        let other = try table.open()
        try table.compact()
        #expect(try other.compactState() == .clean(table.log.current.version))
        #expect(other.baseManifest?.files.manifests == table.log.baseManifest?.files.manifests)
    }

    @Test("commits during a compaction stay, and are in the next state")
    func commitsMeanwhile() throws {
        let (table, live) = try Self.dirtyTable()
        let other = try table.open()
        let added = Box<[FileEntry]>([])
        let thread = Thread.spawn(name: "commit") {
            do {
                for _ in 0..<20 {
                    let files = (0..<3).map { _ in table.file(month: 5) }
                    _ = try other.commit(table.transaction(files.map { .add($0) }))
                    added.update { $0 += files }
                }
            } catch {
                Issue.record("\(error)")
            }
        }
        for _ in 0..<5 { _ = try table.log.compactState() }
        thread.join()
        let all = Set((live + added.value).map(\.path))
        #expect(try table.log.refresh().filePaths == all)
        try table.compact()
        #expect(try table.open().current.filePaths == all)
    }

    @Test("70,000 files in many manifests become two: all of them, sorted, without tombstones")
    func testCompactionPerformance70K() throws {
        let table = try TestTable(
            partitioned: true, actions: [TestTable.property("state.compaction.maxManifests", "10000")])
        for batch in 0..<7 {
            try table.commit(months: (0..<10_001).map { 1 + ($0 &* 31 + batch) % 97 })
            try table.write()
        }
        let gone = Array(TestTable.files(table.log.current).prefix(7))
        _ = try table.log.commit(table.removing(gone))
        let dirty = try table.write()
        #expect(dirty.files.manifests.count == 7 && dirty.files.tombstones.count == 7)
        let before = TestTable.files(table.log.current)
        let manifest = try table.compact()
        #expect(manifest.files.manifests.map(\.entryCount) == [35_000, 35_000])
        #expect(manifest.files.tombstones.isEmpty)
        let opened = try table.open().current
        #expect(TestTable.files(opened) == before && before.count == 70_000)
        #expect(try table.log.compactState() == .clean(table.log.current.version))
    }

    @Test("what a compacted state holds in memory does not depend on how many manifests it was before")
    func testCompactionMemoryEfficiency() throws {
        var sizes: [Int] = []
        for manifestCount in [2, 50] {
            let table = try TestTable(
                partitioned: true,
                actions: [
                    TestTable.property("state.compaction.maxManifests", "10000"),
                    TestTable.property("state.entriesPerManifest", "2000"),
                ])
            let files = (0..<10_000).map { table.file(month: 1 + $0 % 12) }
            for start in stride(from: 0, to: files.count, by: files.count / manifestCount) {
                let part = files[start..<(start + files.count / manifestCount)]
                _ = try table.log.commit(table.transaction(part.map { .add($0) }))
                try table.write()
            }
            try table.compact()
            let slots = table.log.current.files.slots
            #expect(slots.map { $0.segment.count } == Array(repeating: 2_000, count: 5))
            #expect(slots.allSatisfy { $0.manifest != nil && $0.removedCount == 0 })
            sizes.append(slots.reduce(0) { $0 + $1.segment.byteCount })
        }
        #expect(abs(sizes[0] - sizes[1]) * 20 < sizes[0], "\(sizes)")
        #expect(sizes[0] < 10_000 * 200, "\(sizes)")
    }

    /// The compressed contents of a manifest's blocks.
    private static func blocks(_ bytes: [UInt8]) throws -> Set<[UInt8]> {
        var blocks: Set<[UInt8]> = []
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.forEachBlock { (block, decoder) throws(DecodeError) in
                blocks.insert(Array(bytes[block.stored]))
                _ = try decoder.fixed(decoder.remaining)
            }
        }
        return blocks
    }

    @Test(
        "blocks whose files stay as they are are taken over compressed, the others are written anew",
        arguments: ["zstd", "none", "snappy", "deflate"] as [ByteString])
    func wholeBlocks(compression: ByteString) throws {
        let table = try TestTable(
            partitioned: true, actions: [TestTable.property("state.compression", compression)])
        let files = try table.commit(months: (0..<5_000).map { 1 + $0 % 12 }).sorted {
            let (a, b) = (
                Int($0.partitionValues.values[0]?.display ?? ""),
                Int($1.partitionValues.values[0]?.display ?? "")
            )
            return (a ?? 0, $0.path) < (b ?? 0, $1.path)
        }
        let first = try table.write()
        let old = try Self.blocks(
            table.storage.get(table.log.path.directory + first.files.manifests[0].path))
        try #require(old.count >= 5)
        // One goes in the first block, one comes behind the last.
        _ = try table.log.commit(
            table.transaction([TestTable.removal(files[3]), .add(table.file(month: 12))]))
        let second = try table.compact()
        #expect(second.files.manifests.map(\.entryCount) == [5_000])
        let new = try Self.blocks(
            table.storage.get(table.log.path.directory + second.files.manifests[0].path))
        // The first and the last block are others, and the first of the taken over ones may be the one before.
        #expect(new.intersection(old).count >= old.count - 3, "\(new.count) and \(old.count) blocks")
        #expect(new.count <= old.count + 1)
        let opened = try table.open().current
        #expect(TestTable.files(opened) == TestTable.files(table.log.current))
        #expect(opened.fileCount == 5_000 && opened.files.view(path: files[3].path) == nil)
    }

    @Test("files of one partition stand together after a compaction: each lies in as few manifests as can be")
    func testCompactionPreservesPartitionLocality() throws {
        let table = try TestTable(
            partitioned: true, actions: [TestTable.property("state.entriesPerManifest", "100")])
        for _ in 0..<5 { try table.commit(months: (0..<120).map { 1 + $0 % 30 }) }
        let manifest = try table.compact()
        let listed = try table.listed()
        #expect(listed.count == 6 && manifest.files.manifests.count == 6)
        var places: [ByteString?: Set<Int>] = [:]
        for (number, files) in listed.enumerated() {
            for file in files { places[file.partitionValues.values[0], default: []].insert(number) }
        }
        #expect(places.count == 30)
        // 20 files a partition and 100 a manifest: none has to be cut.
        #expect(places.values.allSatisfy { $0.count == 1 })
    }

    @Test("new manifests say the bounds of what is in them, and the infos of old ones stay")
    func testCompactionComputesPartitionBounds() throws {
        let (table, _) = try Self.dirtyTable()
        let manifest = try table.compact()
        for (info, files) in zip(manifest.files.manifests, try table.listed()) {
            let values = files.map { $0.partitionValues.values[0] }
            let numbers = values.compactMap { $0.flatMap { Int($0.display) } }
            let bounds = try #require(info.partitionBounds)
            #expect(bounds.map(\.column) == ["month"])
            #expect(bounds[0].min == numbers.min().map { ByteString("\($0)") })
            #expect(bounds[0].max == numbers.max().map { ByteString("\($0)") })
            #expect(bounds[0].hasNull == values.contains(nil))
        }
        #expect(manifest.files.manifests.contains { $0.partitionBounds?[0].hasNull == true })
        try table.commit(months: [3])
        let next = try table.write()
        #expect(
            Array(next.files.manifests.prefix(manifest.files.manifests.count)) == manifest.files.manifests)
    }
}
