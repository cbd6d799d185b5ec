import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("The dialects of IndexTables")
struct ForeignDialectTests {
    static let files = [
        ForeignLayout.File(path: "d=1/a.split", values: [("d", "1")], size: 10, version: 1),
        ForeignLayout.File(path: "d=2/b.split", values: [("d", "2")], size: 20, version: 2),
        ForeignLayout.File(path: "c.split", size: 30, version: 2),
    ]

    @Test(
        "entries of 18, 21 and 25 fields, and of fields that nobody knows yet, read alike",
        arguments: ForeignLayout.Dialect.allCases)
    func testReadOldSchemaWithNewReader(dialect: ForeignLayout.Dialect) throws {
        var layout = ForeignLayout()
        layout.dialect = dialect
        try layout.putVersion(0, ForeignLayout.first)
        try layout.put(
            .init(version: 1, createdAt: 50, manifests: [.init(path: "manifests/m.avro", files: Self.files)]))
        let state = try layout.open().current
        #expect(state.filePaths == ["c.split", "d=1/a.split", "d=2/b.split"])
        let file = try #require(state.files.file(path: "d=1/a.split"))
        #expect(file.partitionValues.values == ["1"] && file.rowCount == 11 && file.tags == ["t"])
        #expect(file.minValues == [FileEntry.ColumnText(column: "n", text: "1")])
        #expect(file.schemaID == "hashhashhashhash" && file.addedAtVersion == Version(1))
        #expect(file.stats == nil && file.minKey == nil && file.ordinal == 0)
        #expect(state.files.file(path: "c.split")?.partitionValues.values == [ByteString?.none])
    }

    @Test(
        "a manifest is found however a state names it",
        arguments: [
            ("manifests/m.avro", "manifests/m.avro"), ("m.avro", "state-v00000000000000000003/m.avro"),
            ("state-v00000000000000000002/m.avro", "state-v00000000000000000002/m.avro"),
            ("s3://bucket/elsewhere/flights/_transaction_log/manifests/m.avro", "manifests/m.avro"),
            (
                "file:/data/_transaction_log/x/_transaction_log/state-v00000000000000000003/m.avro",
                "state-v00000000000000000003/m.avro"
            ),
        ])
    func manifestPaths(named: ByteString, place: ByteString) throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        try layout.put(
            .init(
                version: 3, createdAt: 50,
                manifests: [.init(path: named, files: Self.files, place: place)], tombstones: ["c.split"]))
        let log = try layout.open()
        #expect(log.current.filePaths == ["d=1/a.split", "d=2/b.split"])
        #expect(try log.stateManifest(at: Version(3)).files.manifests.map(\.path) == [place])
    }

    enum Metadata: String, CaseIterable, Sendable { case wrapped, bare, firstVersion, olderState, checkpoint }

    @Test(
        "the metadata of a table is found wrapped, bare, in version 0, in an older state, in a checkpoint",
        arguments: Metadata.allCases)
    func metadata(place: Metadata) throws {
        let layout = ForeignLayout()
        let wrapped = ByteString("{\"metaData\":" + ForeignLayout.metaData + "}")
        var state = ForeignLayout.State(
            version: 5, createdAt: 50, manifests: [.init(path: "manifests/m.avro", files: Self.files)])
        switch place {
        case .wrapped: state.metadata = wrapped
        case .bare: state.metadata = ByteString(ForeignLayout.metaData)
        case .firstVersion: try layout.putVersion(0, ForeignLayout.first)
        case .olderState:
            try layout.put(.init(version: 2, createdAt: 20, manifests: [], metadata: wrapped))
            try layout.put(.init(version: 4, createdAt: 40, manifests: []))
        case .checkpoint: try layout.put(LogPath.checkpointName(Version(3)), ForeignLayout.first)
        }
        try layout.put(state)
        let found = try layout.open().current
        #expect(found.definition.id == "a-b" && found.definition.partitionColumns == ["d"])
        #expect(found.fileCount == 3 && found.version == Version(5))
        #expect(found.schemaRegistry["hashhashhashhash"] == "[1]")
    }

    @Test("a table whose metadata is nowhere is refused, and says where it was looked for")
    func noMetadata() throws {
        let layout = ForeignLayout()
        try layout.put(.init(version: 5, createdAt: 50, manifests: []))
        #expect { try layout.open() } throws: { "\($0)".contains("any state or checkpoint") }
    }

    @Test(
        "the key of a schema is its hash, in each of its three spellings",
        arguments: ["z7TwwZ-tDWGD-uX5", "docMappingSchema.z7TwwZ-tDWGD-uX5", "_schema_z7TwwZ-tDWGD-uX5"])
    func registry(key: ByteString) throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        let text: ByteString = "[2]"
        try layout.put(.init(version: 1, createdAt: 5, manifests: [], registry: [(key, text)]))
        #expect(try layout.open().current.schemaRegistry["z7TwwZ-tDWGD-uX5"] == "[2]")
    }

    @Test("a state of a low version that was written after one of a higher is listed and never built on")
    func lateStates() throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        let all = ForeignLayout.Manifest(path: "manifests/all.avro", files: Self.files)
        let one = ForeignLayout.Manifest(path: "manifests/one.avro", files: Array(Self.files.prefix(1)))
        try layout.put(.init(version: 0, createdAt: 90, manifests: [all]))
        try layout.put(.init(version: 1, createdAt: 10, manifests: [one]))
        try layout.put(
            .init(
                version: 2, createdAt: 80, manifests: [.init(path: all.path, files: Self.files, place: "x")]))
        try layout.put(
            .init(
                version: 4, createdAt: 40, manifests: [.init(path: all.path, files: Self.files, place: "y")]))
        let log = try layout.open()
        #expect(log.current.version == Version(4) && log.current.fileCount == 3)
        #expect(try log.stateVersions() == [0, 1, 2, 4].map { Version($0) })
        #expect(try log.state(at: Version(0)).fileCount == 0)
        #expect(try log.state(at: Version(1)).fileCount == 1)
        for version in [2, 3] as [Int64] {
            #expect { try log.state(at: Version(version)) } throws: { error in
                guard case LogError.expired(Version(version)) = error else { return false }
                return true
            }
        }
        // The change to version 4 is told since the last version that is known.
        let changes = try log.changes(from: Version(0), to: Version(4))
        #expect(changes.map(\.version) == [1, 4].map { Version($0) })
        #expect(changes.map { $0.isDifference ? $0.after : nil } == [0, 1].map { Version($0) })
        #expect(changes.map(\.added.count) == [1, 2])
    }

    @Test("version files and states may follow each other, and changes tell which they come from")
    func mixedHistory() throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        try layout.putVersion(
            1, #"{"add":{"path":"d=1/a.split","partitionValues":{"d":"1"},"size":10,"modificationTime":17}}"#)
        try layout.put(
            .init(version: 2, createdAt: 50, manifests: [.init(path: "manifests/m.avro", files: Self.files)]))
        try layout.putVersion(3, #"{"remove":{"path":"c.split","deletionTimestamp":60,"dataChange":true}}"#)
        let log = try layout.open()
        #expect(log.current.filePaths == ["d=1/a.split", "d=2/b.split"])
        let changes = try log.changes(from: Version(0), to: Version(3))
        #expect(changes.map { $0.isDifference ? $0.after : nil } == [nil, Version(1), nil])
        #expect(changes.map { $0.added.map(\.path) } == [["d=1/a.split"], ["c.split", "d=2/b.split"], []])
        #expect(changes.map { $0.removed.map(\.path) } == [[], [], ["c.split"]])
    }

    @Test("side files with checksums, and whatever begins with a dot, are not looked at")
    func sideFiles() throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        try layout.put(
            .init(version: 1, createdAt: 5, manifests: [.init(path: "manifests/m.avro", files: Self.files)]))
        let directory = try TemporaryDirectory("sidefiles")
        for key in layout.storage.allKeys { try directory.write(key, layout.storage.get(key)) }
        for name: ByteString in [
            ".00000000000000000000.json.crc", "._last_checkpoint.crc", "manifests/.m.avro.crc",
            "state-v00000000000000000001/._manifest.avro.crc", ".00000000000000000009.checkpoint.json.crc",
            ".00000000000000000007.json",
        ] {
            try directory.write(SampleLog.path.directory + name, Array("garbage".utf8))
        }
        let log = try TransactionLog.open(
            storage: DirectoryStorage(root: directory.path, entropy: SeededEntropy()), table: SampleLog.table,
            clock: ManualClock(), entropy: SeededEntropy(), options: SampleLog.options)
        #expect(log.current.version == Version(1) && log.current.fileCount == 3)
        #expect(try log.versions().map(\.version) == [0, 1].map { Version($0) })
        #expect(try log.storedHistory().checkpointFiles.isEmpty)
    }

    @Test(
        "a null partition value is null, absent, or the word that Hive has for it",
        arguments: [#"{"d":null}"#, "{}", #"{"d":"__HIVE_DEFAULT_PARTITION__"}"#])
    func nullValues(values: String) throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        try layout.putVersion(
            1, #"{"add":{"path":"a.split","partitionValues":\#(values),"size":1,"modificationTime":1}}"#)
        let file = try #require(layout.open().current.files.file(path: "a.split"))
        #expect(file.partitionValues.values == [ByteString?.none])
    }

    @Test("in a manifest too, the word that Hive has for null is null, and other texts are themselves")
    func nullValuesInManifests() throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        let texts: [ByteString] = ["__HIVE_DEFAULT_PARTITION__", "", "1"]
        let files = texts.enumerated().map { index, text in
            ForeignLayout.File(
                path: ByteString("f\(index).split"), values: [("d", text)], size: Int64(index + 1), version: 1
            )
        }
        try layout.put(
            .init(version: 1, createdAt: 50, manifests: [.init(path: "manifests/m.avro", files: files)]))
        let state = try layout.open().current
        let found = TestTable.files(state)
        #expect(found.map(\.partitionValues.values) == [[nil], [""], ["1"]])
        #expect(found.map(\.sizeBytes) == [1, 2, 3] && found.map(\.rowCount) == [2, 3, 4])
        #expect(found.allSatisfy { $0.tags == ["t"] && $0.schemaID == "hashhashhashhash" })
        #expect(
            state.files.rootPartitions().map(\.path) == ["d=", "d=1", "d=__HIVE_DEFAULT_PARTITION__"])
    }
}
