import Bytes
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Removed files stay removed, added ones stay added")
struct StateZombieTests {
    @Test("a selective compaction keeps the tombstones of the manifests that it keeps: nothing comes back")
    func selectiveCompactionRevivesNothing() throws {
        // Manifest A with 5 of 100 dead, B with 30 of 100: 35 of 165 is above a tenth, A alone is not.
        let table = try TestTable(actions: [TestTable.property("state.entriesPerManifest", "100")])
        let clean = try table.commit(100)
        try table.write()
        let dirty = try table.commit(100)
        let before = try table.write()
        let gone = Array(clean[..<5]) + dirty[..<30]
        _ = try table.log.commit(table.removing(gone))
        let manifest = try table.write()
        let paths = manifest.files.manifests.map(\.path)
        #expect(paths.contains(before.files.manifests[0].path), "A is kept")
        #expect(!paths.contains(before.files.manifests[1].path), "B is written anew")
        #expect(manifest.files.tombstones == clean[..<5].map(\.path).sorted())
        manifest.expectSums(Array(clean[5...]) + dirty[30...])
        for version in 0...3 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        let opened = try table.open()
        #expect(opened.current.fileCount == 165)
        for file in gone { #expect(opened.current.files.view(path: file.path) == nil) }
        // Nor at the next states, nor when all is written anew.
        _ = try opened.commit(table.adding(3))
        _ = try opened.writeState()
        #expect(try table.open().current.fileCount == 168)
        _ = try opened.compactState()
        let last = try table.open()
        #expect(last.current.fileCount == 168)
        for file in gone { #expect(last.current.files.view(path: file.path) == nil) }
    }

    @Test("a selective compaction of the garbage keeps the tombstones of what it keeps")
    func selectiveCompactionOfGarbage() throws {
        let table = try TestTable(actions: [TestTable.property("state.entriesPerManifest", "100")])
        let files = try table.commit(250)
        _ = try table.log.commit(table.removing(Array(files[..<100])))
        try table.write()
        _ = try table.log.commit(table.removing(Array(files[100..<200])))
        let before = try table.write()
        #expect(before.garbage.manifests.map(\.entryCount) == [100, 100])
        // 4 of the first manifest and 40 of the second are deleted.
        let gone = (files[..<4] + files[100..<140]).map(\.id)
        _ = try table.log.commit(table.transaction([.operation(.condemn(gone))]))
        _ = try table.log.commit(table.transaction([.operation(.forget(gone))]))
        let manifest = try table.write()
        #expect(manifest.garbage.manifests.map(\.entryCount) == [100, 60])
        #expect(manifest.garbage.manifests[0].path == before.garbage.manifests[0].path)
        #expect(manifest.garbage.manifests.map(\.tombstoneCount) == [4, 0])
        #expect(manifest.garbage.tombstones.count == 4)
        for version in 0...5 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        let opened = try table.open().current
        #expect(
            Set(opened.garbage.sorted().map(\.file))
                == Set(files[4..<100].map(\.id) + files[140..<200].map(\.id)))
        StateTests.expectEqual(opened, table.log.current)
    }

    @Test(
        "a path that is added again lives: in one transaction, in the next version, across states",
        arguments: [0, 1, 2, 3])
    func addedAgain(statesBetween: Int) throws {
        let table = try TestTable()
        let files = try table.commit(30)
        var again = files[7]
        again.sizeBytes = 99_999
        again.rowCount = 5
        try table.write()
        if statesBetween == 0 {
            _ = try table.log.commit(table.transaction([TestTable.removal(files[7]), .add(again)]))
        } else {
            _ = try table.log.commit(table.removing([files[7]]))
            for _ in 1..<statesBetween {
                #expect(try table.write().files.tombstones == [files[7].path])
                try table.commit(1)
            }
            _ = try table.log.commit(table.transaction([.add(again)]))
        }
        let manifest = try table.write()
        // A tombstone is a path and would hide both: the manifest of the older entry was written anew.
        #expect(manifest.files.tombstones.isEmpty)
        manifest.expectSums(TestTable.files(table.log.current))
        let opened = try table.open().current
        #expect(opened.files.file(path: again.path)?.sizeBytes == 99_999)
        #expect(opened.fileCount == 30 + max(0, statesBetween - 1))
        StateTests.expectEqual(opened, table.log.current)
        // And removed for good it is gone, from every manifest that lists it.
        _ = try table.log.commit(table.removing([try #require(opened.files.file(path: again.path))]))
        #expect(try table.write().files.tombstones == [again.path])
        #expect(try table.open().current.files.view(path: again.path) == nil)
        try table.compact()
        #expect(try table.open().current.files.view(path: again.path) == nil)
    }

    @Test("a path that is removed, added and removed before any state sees it is gone")
    func backAndForth() throws {
        let table = try TestTable()
        let files = try table.commit(40)
        try table.write()
        _ = try table.log.commit(
            table.transaction([
                TestTable.removal(files[0]), .add(files[0]), TestTable.removal(files[0]),
                TestTable.removal(files[1]), .add(files[1]),
            ]))
        try table.write()
        let opened = try table.open().current
        #expect(opened.files.view(path: files[0].path) == nil)
        #expect(opened.files.view(path: files[1].path) != nil)
        #expect(opened.fileCount == 39)
        StateTests.expectEqual(opened, table.log.current)
    }
}
