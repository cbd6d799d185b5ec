import Bytes
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

/// What the log writes, read by fastavro and by Apache's own package.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct LogPeerTests {
    private static let script = """
        import sys, json, os, fastavro
        from avro.datafile import DataFileReader
        from avro.io import DatumReader
        log, package = sys.argv[1], sys.argv[3]
        def records(name):
            with open(os.path.join(log, name), "rb") as file:
                if package == "avro":
                    reader = DataFileReader(file, DatumReader())
                    return reader.codec, fullname(json.loads(reader.schema)), list(reader)
                reader = fastavro.reader(file)
                return reader.codec, fullname(json.loads(reader.metadata["avro.schema"])), list(reader)
        def fullname(schema):
            return dict(schema, name=schema["namespace"] + "." + schema["name"])
        # The fields of the format's document: name, type, id, default.
        text, longs = ["null", "string"], ["null", "long"]
        words, none = {"type": "map", "values": "string"}, None
        document = [
            ("path", "string", 100), ("partitionValues", words, 101), ("size", "long", 102),
            ("modificationTime", "long", 103), ("dataChange", "boolean", 104), ("stats", text, 110, none),
            ("minValues", ["null", words], 111, none), ("maxValues", ["null", words], 112, none),
            ("numRecords", longs, 113, none), ("footerStartOffset", longs, 120, none),
            ("footerEndOffset", longs, 121, none), ("hasFooterOffsets", "boolean", 124, False),
            ("splitTags", ["null", {"type": "array", "items": "string"}], 132, none),
            ("numMergeOps", ["null", "int"], 134, none), ("docMappingRef", text, 135, none),
            ("uncompressedSizeBytes", longs, 136, none), ("addedAtVersion", "long", 140),
            ("addedAtTimestamp", "long", 141)]
        def declared(field):
            default = (field["default"],) if "default" in field else ()
            return (field["name"], field["type"], field["field-id"]) + default
        hint = json.load(open(os.path.join(log, "_last_checkpoint")))
        assert hint["format"] == "avro-state" and hint["size"] == hint["numFiles"] == 4, hint
        codec, schema, states = records(hint["stateDir"] + "/_manifest.avro")
        assert codec == sys.argv[2], codec
        assert schema["name"] == "io.indextables.state.StateManifest", schema["name"]
        (state,) = states
        assert state["formatVersion"] == 1 and state["stateVersion"] == hint["version"] == 3
        assert state["numFiles"] == 4 and state["totalBytes"] == hint["sizeInBytes"] == 4000
        assert state["protocolVersion"] == 5 and state["properties"]["state.compression"]
        assert json.loads(state["metadata"])["metaData"]["format"]["provider"] == "firn"
        assert [json.loads(text)["status"] for text in state["jobs"]] == ["waiting"]
        live, dead = {}, set(state["tombstones"])
        assert len(dead) == 1
        for info in state["manifests"]:
            codec, schema, entries = records(info["path"])
            assert codec == sys.argv[2], codec
            assert len(entries) == info["numEntries"]
            assert os.path.getsize(os.path.join(log, info["path"])) == info["length"]
            fields = [declared(field) for field in schema["fields"]]
            assert fields[:18] == document, fields
            assert [field[2] for field in fields[18:]] == list(range(200, 209)), fields
            assert all(len(field) == 4 for field in fields[18:]), fields
            bare = next(entry for entry in entries if not entry["stats"])
            assert all(bare[field[0]] is None for field in document if field[3:] == (None,)), bare
            assert bare["hasFooterOffsets"] is False and bare["partition"] is None and bare["ordinal"] >= 0
            bounds = info["partitionBounds"]["region"]
            values = [entry["partitionValues"].get("region") for entry in entries]
            known = [value for value in values if value is not None]
            assert bounds["min"] == min(known) and bounds["max"] == max(known)
            assert bounds["hasNull"] == (None in values)
            for entry in entries:
                if entry["path"] not in dead: live[entry["path"]] = entry
        assert len(live) == 4
        full = next(entry for entry in live.values() if entry["stats"])
        assert full["partitionValues"] == {"region": "s\\u00fcd"}, full
        assert full["minValues"] == {"k": "1"} and full["maxValues"] == {"k": "9"}
        assert full["minKey"] == b"\\x00\\xff" and full["splitTags"] == ["x", "y"]
        assert full["hasFooterOffsets"] and full["footerStartOffset"] == 7 and full["ordinal"] == 1
        assert full["docMappingRef"] in state["schemaRegistry"], full["docMappingRef"]
        schema = json.loads(state["schemaRegistry"][full["docMappingRef"]])
        assert [column["name"] for column in schema["columns"]] == ["k", "region"], schema
        assert full["numMergeOps"] == 2 and full["uncompressedSizeBytes"] == 2**40
        assert full["addedAtVersion"] == 1 and full["job"] is None and full["source"] == "a%20b.csv"
        ((_, _, garbage),) = [records(info["path"]) for info in state["garbage"]["manifests"]]
        assert [entry["path"] for entry in garbage] == sorted(dead), garbage
        assert state["references"]["manifests"] == []
        print("equal")
        """

    private static let schema = TableSchema(
        columns: [
            TableSchema.Column(id: 1, name: "k", type: .int64),
            TableSchema.Column(id: 2, name: "region", type: .string),
        ], rowKey: ["k"], partitionColumns: ["region"])

    private static func file(_ number: UInt64, _ region: ByteString?) -> FileEntry {
        var entry = FileEntry(
            path: ByteString("data/20240131T123456Z-" + Hex.string(number) + ".parquet"), id: FileID(number),
            partitionValues: PartitionTuple([region]), sizeBytes: 1000, modificationTime: 17)
        guard number == 2 else { return entry }
        entry.stats = "{}"
        entry.minValues = [FileEntry.ColumnText(column: "k", text: "1")]
        entry.maxValues = [FileEntry.ColumnText(column: "k", text: "9")]
        entry.minKey = ByteString([0, 255])
        entry.tags = ["x", "y"]
        entry.footerStartOffset = 7
        entry.footerEndOffset = 9
        entry.source = "a%20b.csv"
        entry.schemaID = SchemaRegistry.id(of: schema)
        entry.mergeOperationCount = 2
        entry.uncompressedSizeBytes = 1 << 40
        return entry
    }

    @Test(
        "states and manifests are read with their fields, ids and defaults",
        arguments: ["zstd", "deflate", "snappy", "none"] as [ByteString],
        ["fastavro", "avro"] as [ByteString])
    func states(compression: ByteString, package: ByteString) throws {
        let directory = try TemporaryDirectory()
        let entropy = SeededEntropy(seed: 7)
        let storage = try DirectoryStorage(root: directory.path, create: true, entropy: entropy)
        let log = try TransactionLog.create(
            storage: storage, table: "t",
            definition: TableDefinition(
                id: "ab", name: "t", kind: .append, schema: Self.schema, createdTime: 1),
            actions: [
                .operation(.setProperty(name: "state.compression", value: compression)),
                .operation(.setProperty(name: "state.compaction.tombstoneThreshold", value: "1.0")),
            ],
            clock: ManualClock(), entropy: entropy)
        func commit(_ low: UInt64, _ actions: [Action]) throws {
            _ = try log.commit(
                Transaction(id: CommitID(high: 0, low: low), operation: "T", session: nil, actions: actions))
        }
        try commit(1, [.add(Self.file(1, "nord")), .add(Self.file(2, "s\u{FC}d")), .add(Self.file(3, nil))])
        _ = try log.writeState()
        try commit(
            2, [.add(Self.file(4, "ost")), .add(Self.file(5, "west"))])
        let gone = Self.file(1, "nord")
        let job = Job(
            id: JobID(9), partition: PartitionID("region=ost"), inputs: [FileID(4)], status: .waiting,
            session: nil, strategy: "basic", reason: "test")
        try commit(
            3,
            [
                .remove(
                    FileRemoval(
                        path: gone.path, id: gone.id, deletionTimestamp: 0, dataChange: true, sizeBytes: 1000)
                ),
                .operation(.putJob(job)),
            ])
        _ = try log.writeState()
        let codec: ByteString =
            switch compression {
            case "zstd": "zstandard"
            case "none": "null"
            default: compression
            }
        let result = try Peers.python(Self.script, [directory.path + "/t/_transaction_log", codec, package])
        #expect(result.outputText == "equal\n", "\(result.errorText)")
    }
}
