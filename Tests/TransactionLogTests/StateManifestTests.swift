import Avro
import Bytes
import Metadata
import Records
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("State manifests")
struct StateManifestTests {
    @Test("the record of a state says its version, its sums, its manifests and its table")
    func testReadStateManifest() throws {
        let table = try StateTests.fullTable()
        let live = TestTable.files(table.log.current)
        table.clock.advance(milliseconds: 5)
        _ = try table.log.writeState()
        let manifest = try table.open().stateManifest(at: Version(4))
        #expect(manifest.version == Version(4) && manifest.protocolVersion == 5)
        #expect(manifest.timestamp == table.log.current.timestamp)
        #expect(manifest.createdAt == table.clock.nowMilliseconds())
        manifest.expectSums(live)
        #expect(manifest.files.manifests.map(\.entryCount) == [3])
        #expect(manifest.references.manifests.map(\.entryCount) == [2])
        #expect(manifest.garbage.manifests.map(\.entryCount) == [1])
        #expect(manifest.partitions.manifests.map(\.entryCount) == [3])
        #expect(manifest.tags.map(\.name) == ["release"] && manifest.jobs.count == 1)
        #expect(manifest.properties.map(\.value) == ["3"] && manifest.receipts.count == 1)
        #expect(manifest.deadSessions == [SessionID(0xdead)])
        for path in manifest.manifestPaths {
            #expect(path.hasPrefix("manifests/manifest-") && path.hasSuffix(".avro"))
        }
    }

    @Test("the record is one Avro record with the format's fields, which any reader finds by name")
    func testWriteStateManifest() throws {
        let table = try TestTable(partitioned: true)
        let files = try table.commit(months: [1, 2])
        try table.write()
        let bytes = try table.storage.get(table.log.path.stateManifest(Version(1)))
        let fields = try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            let values = try file.values()
            var fields: [ByteString: AvroValue] = [:]
            if case .record(let record) = values.first, values.count == 1 {
                for (field, value) in zip(file.schema.recordFields ?? [], record) {
                    fields[field.name] = value
                }
            }
            return fields
        }
        #expect(fields["formatVersion"] == .int(1) && fields["stateVersion"] == .long(1))
        #expect(fields["numFiles"] == .long(2) && fields["protocolVersion"] == .int(5))
        #expect(fields["totalBytes"] == .long(files.reduce(0) { $0 + $1.sizeBytes }))
        #expect(fields["tombstones"] == .array([]))
        for name in ["manifests", "schemaRegistry", "createdAt"] as [ByteString] {
            #expect(fields[name] != nil, "\(name)")
        }
    }

    @Test("tombstones are the paths of removed files, sorted, and survive the reading")
    func testStateManifestWithTombstones() throws {
        let table = try TestTable()
        let files = try table.commit(50)
        try table.write()
        _ = try table.log.commit(table.removing([files[9], files[2], files[4]]))
        let manifest = try table.write()
        #expect(manifest.files.tombstones == [files[2], files[4], files[9]].map(\.path).sorted())
        #expect(manifest.files.manifests.map(\.tombstoneCount) == [3])
        #expect(try table.open().stateManifest(at: Version(2)).files.tombstones == manifest.files.tombstones)
    }

    @Test("every schema that the table had is in the registry, by the hash of its text")
    func testStateManifestWithSchemaRegistry() throws {
        let table = try TestTable()
        let first = try #require(table.log.current.schemaID)
        var definition = TestTable.definition()
        definition.schema?.columns.append(TableSchema.Column(id: 3, name: "more", type: .string))
        _ = try table.log.commit(table.transaction([.definition(definition)]))
        let second = try #require(table.log.current.schemaID)
        let manifest = try table.write()
        #expect(first != second)
        #expect(Set(manifest.schemaRegistry.map(\.id)) == [first, second])
        for (id, text) in manifest.schemaRegistry {
            #expect(table.log.current.schemaRegistry[id] == text)
            #expect(text.display.contains("\"more\"") == (id == second))
        }
        for version in 0...1 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        let opened = try table.open().current
        #expect(opened.schemaRegistry == table.log.current.schemaRegistry && opened.schemaID == second)
    }

    @Test("each manifest says the least and the greatest version of its entries")
    func testStateManifestVersionBounds() throws {
        let table = try TestTable()
        try table.commit(3)
        try table.commit(2)
        try table.write()
        try table.commit(4)
        try table.write()
        try table.commit(1)
        let manifest = try table.write()
        #expect(manifest.files.manifests.map(\.minAddedAtVersion) == [Version(1), Version(3), Version(4)])
        #expect(manifest.files.manifests.map(\.maxAddedAtVersion) == [Version(2), Version(3), Version(4)])
        let whole = try table.compact()
        #expect(whole.files.manifests.map(\.minAddedAtVersion) == [Version(1)])
        #expect(whole.files.manifests.map(\.maxAddedAtVersion) == [Version(4)])
    }

    @Test("the number of files is that of the live ones, over additions, removals and additions again")
    func testStateManifestNumFiles() throws {
        let table = try TestTable()
        let files = try table.commit(60)
        #expect(try table.write().fileCount == 60)
        _ = try table.log.commit(table.removing(Array(files[..<5])))
        #expect(try table.write().fileCount == 55)
        _ = try table.log.commit(table.transaction(files[..<2].map { .add($0) }))
        #expect(try table.write().fileCount == 57)
        #expect(try table.compact().fileCount == 57)
        #expect(try table.open().current.fileCount == 57)
    }

    @Test("the bytes are those of the live files, over additions, removals and additions again")
    func testStateManifestTotalBytes() throws {
        let table = try TestTable()
        let files = try table.commit(60)
        var bytes = files.reduce(0) { $0 + $1.sizeBytes }
        #expect(try table.write().totalBytes == bytes)
        _ = try table.log.commit(table.removing(Array(files[..<5])))
        bytes -= files[..<5].reduce(0) { $0 + $1.sizeBytes }
        #expect(try table.write().totalBytes == bytes)
        _ = try table.log.commit(table.transaction([.add(files[3])]))
        bytes += files[3].sizeBytes
        #expect(try table.write().totalBytes == bytes)
        #expect(try table.open().current.totalBytes == bytes)
    }

    @Test("reading a state leaves out what its tombstones name, and nothing else")
    func testApplyTombstones() throws {
        let table = try TestTable(partitioned: true)
        let files = try table.commit(months: (0..<80).map { 1 + $0 % 12 })
        try table.write()
        let gone = Array(files[10..<16])
        _ = try table.log.commit(table.removing(gone))
        let manifest = try table.write()
        #expect(manifest.files.manifests.map(\.entryCount) == [80])
        for version in 0...2 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        let opened = try table.open().current
        #expect(opened.filePaths == Set(files.map(\.path)).subtracting(gone.map(\.path)))
        for file in gone { #expect(opened.files.view(path: file.path) == nil) }
    }

    @Test("a state without tombstones lists none and hides nothing")
    func testEmptyTombstones() throws {
        let table = try TestTable()
        let files = try table.commit(30)
        let manifest = try table.write()
        #expect(manifest.files.tombstones.isEmpty)
        #expect(manifest.files.manifests.allSatisfy { $0.tombstoneCount == 0 })
        #expect(try table.open().current.filePaths == Set(files.map(\.path)))
    }

    @Test("twelve thousand tombstones hide twelve thousand files")
    func testLargeTombstoneList() throws {
        let table = try TestTable(actions: [
            TestTable.property("state.compaction.tombstoneThreshold", "1"),
            TestTable.property("state.entriesPerManifest", "10000"),
        ])
        let files = try table.commit(30_000)
        try table.write()
        let gone = stride(from: 0, to: files.count, by: 5).flatMap { [files[$0], files[$0 + 1]] }
        _ = try table.log.commit(table.removing(gone))
        let manifest = try table.write()
        #expect(manifest.files.tombstones.count == 12_000)
        manifest.expectSums(Array(TestTable.files(table.log.current)))
        let opened = try table.open().current
        #expect(opened.fileCount == 18_000)
        #expect(opened.filePaths == Set(files.map(\.path)).subtracting(gone.map(\.path)))
    }
}
