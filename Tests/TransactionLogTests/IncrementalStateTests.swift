import Bytes
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Incremental states")
struct IncrementalStateTests {
    @Test("a commit of 100 files writes 100 entries: older manifests are named again, not written")
    func testIncrementalAddFiles() throws {
        let table = try TestTable(partitioned: true)
        try table.commit(months: Array(repeating: 1, count: 300))
        let first = try table.write()
        let bytes = try table.storage.get(table.log.path.directory + first.files.manifests[0].path)
        let added = try table.commit(months: Array(repeating: 2, count: 100))
        let second = try table.write()
        #expect(first.files.manifests.map(\.entryCount) == [300])
        #expect(second.files.manifests.map(\.entryCount) == [300, 100])
        #expect(second.files.manifests[0].path == first.files.manifests[0].path)
        #expect(
            try table.storage.get(table.log.path.directory + second.files.manifests[0].path) == bytes)
        #expect(try table.listed()[1].map(\.path) == added.map(\.path).sorted())
        #expect(second.fileCount == 400)
    }

    @Test("a removal writes tombstones and no manifest of files")
    func testIncrementalRemoveFiles() throws {
        let table = try TestTable()
        let files = try table.commit(40)
        let first = try table.write()
        _ = try table.log.commit(table.removing(Array(files[..<3])))
        let second = try table.write()
        #expect(second.files.manifests.map(\.path) == first.files.manifests.map(\.path))
        #expect(second.files.tombstones == files[..<3].map(\.path).sorted())
        #expect(second.files.manifests[0].tombstoneCount == 3)
        #expect(second.files.manifests[0].liveEntryCount == 37)
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("one commit that adds and removes writes what is new and tombstones for what is gone")
    func testIncrementalMixedAddRemove() throws {
        let table = try TestTable()
        let files = try table.commit(100)
        let first = try table.write()
        let new = (0..<7).map { _ in table.file() }
        _ = try table.log.commit(
            table.transaction(files[..<4].map { TestTable.removal($0) } + new.map { .add($0) }))
        let second = try table.write()
        #expect(second.files.manifests[0].path == first.files.manifests[0].path)
        #expect(second.files.manifests.map(\.entryCount) == [100, 7])
        #expect(second.files.tombstones == files[..<4].map(\.path).sorted())
        second.expectSums(Array(files[4...]) + new)
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("states of many versions name the manifests of the first")
    func testManifestReuse() throws {
        let table = try TestTable()
        try table.commit(200)
        var known = try table.write().files.manifests.map(\.path)
        for _ in 0..<5 {
            try table.commit(1)
            let paths = try table.write().files.manifests.map(\.path)
            #expect(Array(paths.prefix(known.count)) == known)
            #expect(paths.count == known.count + 1)
            known = paths
        }
    }

    @Test("where one manifest is written anew, the others are named again")
    func testManifestReuseWithPartialOverlap() throws {
        let table = try TestTable(actions: [TestTable.property("state.entriesPerManifest", "100")])
        var batches: [[FileEntry]] = []
        var paths: [ByteString] = []
        for _ in 0..<4 {
            batches.append(try table.commit(100))
            paths = try table.write().files.manifests.map(\.path)
        }
        _ = try table.log.commit(table.removing(Array(batches[1][..<60])))
        try table.commit(5)
        let manifest = try table.write()
        let kept = Set(manifest.files.manifests.map(\.path)).intersection(paths)
        #expect(kept == [paths[0], paths[2], paths[3]])
        #expect(manifest.files.manifests.map(\.entryCount).sorted() == [45, 100, 100, 100])
        #expect(manifest.files.tombstones.isEmpty)
        StateTests.expectEqual(try table.open().current, table.log.current)
    }

    @Test("a state has the number of the version that was replayed, and the next one's is higher")
    func testStateVersionIncrement() throws {
        let table = try TestTable()
        for number in 1...4 {
            try table.commit(1)
            #expect(try table.write().version == Version(Int64(number)))
        }
        try table.commit(1)
        try table.commit(1)
        #expect(try table.write().version == Version(6))
        #expect(
            try table.log.stateVersions() == [1, 2, 3, 4, 6].map { Version($0) })
        #expect(try table.log.writeState() == .alreadyThere(Version(6)))
    }

    @Test("fifteen incremental states after each other say what replay says")
    func testMultipleIncrementalWrites() throws {
        let table = try TestTable(partitioned: true)
        var live: [FileEntry] = []
        for round in 0..<15 {
            live += try table.commit(months: (0..<8).map { 1 + ($0 + round) % 12 })
            if round % 3 == 2 {
                _ = try table.log.commit(table.removing([live.removeFirst()]))
            }
            let manifest = try table.write()
            manifest.expectSums(live, "round \(round)")
            StateTests.expectEqual(try table.open().current, table.log.current, "round \(round)")
        }
        #expect(table.log.current.filePaths == Set(live.map(\.path)))
        let states = try table.log.stateVersions()
        #expect(states.count == 15)
    }

    @Test("a state is written from a complete read only: damage is an error, not a shorter list")
    func completeRead() throws {
        let table = try TestTable()
        let files = try table.commit(20)
        let manifest = try table.write()
        try table.commit(2)
        let other = try table.open()
        // What this log stands on goes; the one that was opened before still knows all files.
        try table.storage.delete(table.log.path.directory + manifest.files.manifests[0].path)
        #expect(try table.open().baseManifest == nil)
        _ = try other.writeState()
        let written = try other.stateManifest(at: Version(2))
        #expect(written.version == Version(2) && written.fileCount == 22)
        #expect(written.files.manifests.map(\.entryCount) == [22])
        let opened = try table.open()
        #expect(opened.baseManifest?.version == Version(2))
        #expect(opened.current.filePaths.isSuperset(of: files.map(\.path)))
        // And without the version files there is nothing to complete the list with.
        try table.commit(1)
        for version in 0...3 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        try table.storage.delete(table.log.path.directory + written.files.manifests[0].path)
        #expect(throws: LogError.self) { try table.open() }
    }
}
