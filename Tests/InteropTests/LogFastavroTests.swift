import Bytes
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

/// fastavro reads the states that are written here, with no more than the files themselves.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct LogFastavroTests {
    private static let script = """
        import sys, json, fastavro
        log = sys.argv[1]
        with open(log + "/" + sys.argv[2] + "/_manifest.avro", "rb") as f:
            states = list(fastavro.reader(f))
        assert len(states) == 1
        state = states[0]
        gone = set(state["tombstones"])
        live = {}
        for info in state["manifests"]:
            with open(log + "/" + info["path"], "rb") as f:
                entries = list(fastavro.reader(f))
            assert len(entries) == info["numEntries"], info
            assert info["liveEntryCount"] == sum(e["path"] not in gone for e in entries), info
            for e in entries:
                assert info["minAddedAtVersion"] <= e["addedAtVersion"] <= info["maxAddedAtVersion"]
                if e["path"] not in gone:
                    live[e["path"]] = e
        garbage = []
        for info in state["garbage"]["manifests"]:
            with open(log + "/" + info["path"], "rb") as f:
                garbage += [e["path"] for e in fastavro.reader(f)]
        assert state["numFiles"] == len(live)
        assert state["totalBytes"] == sum(e["size"] for e in live.values())
        meta = json.loads(state["metadata"])
        assert meta["metaData"]["format"]["provider"] == "firn"
        assert meta["protocol"]["minReaderVersion"] == 5 and state["protocolVersion"] == 5
        print(state["stateVersion"], state["tags"], state["properties"], sorted(garbage))
        for path, e in sorted(live.items()):
            print(path, e["partitionValues"], e["size"], e["numRecords"], e["addedAtVersion"], e["minKey"])
        """

    private static func file(_ number: UInt64, day: ByteString?) -> FileEntry {
        let tuple = PartitionTuple([day])
        let root = RootPath.path(columns: ["day"], tuple: tuple)
        let path = "data/" + root + ByteString("/20240101T000000Z-\(Hex.string(number)).parquet")
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: tuple, sizeBytes: 100 + Int64(number),
            modificationTime: 5)
        entry.rowCount = 3
        entry.minKey = ByteString([1, 0xff])
        return entry
    }

    @Test("a state, its manifests and its tombstones", arguments: ["zstd", "deflate", "snappy", "none"])
    func reading(codec: String) throws {
        let directory = try TemporaryDirectory("log")
        let entropy = SeededEntropy(seed: 3)
        let schema = TableSchema(
            columns: [TableSchema.Column(id: 1, name: "day", type: .string)], rowKey: [],
            partitionColumns: ["day"])
        let log = try TransactionLog.create(
            storage: DirectoryStorage(root: directory.path, entropy: entropy), table: "flights",
            definition: TableDefinition(
                id: "0123456789abcdef0123456789abcdef", name: "flights", kind: .append, schema: schema,
                createdTime: 1),
            actions: [.operation(.setProperty(name: "state.compression", value: ByteString(codec)))],
            clock: ManualClock(), entropy: entropy)
        func commit(_ actions: [Action]) throws {
            _ = try log.commit(
                Transaction(
                    id: CommitID(high: 1, low: entropy.uint64()), operation: "TEST", session: nil,
                    actions: actions))
        }
        let files = [Self.file(1, day: "a b"), Self.file(2, day: nil), Self.file(3, day: "é")]
        try commit(files.map { .add($0) })
        for number in 10...39 as ClosedRange<UInt64> { try commit([.add(Self.file(number, day: "z"))]) }
        try log.writeState()
        try commit([
            .remove(
                FileRemoval(
                    path: files[0].path, id: files[0].id, deletionTimestamp: 0, dataChange: true,
                    sizeBytes: nil)), .operation(.putTag(name: "v1", version: Version(1))),
        ])
        try log.writeState()
        let result = try Peers.python(
            Self.script,
            [directory.path + "/flights/_transaction_log", LogPath.stateName(log.current.version)])
        #expect(result.succeeded, "\(result.errorText)")
        var expected = [
            "32 {'v1': 1} {'state.compression': '\(codec)'} ['\(files[0].path.display)']"
        ]
        var entries: [FileEntry] = []
        log.current.files.forEach { entries.append($0.entry) }
        for entry in entries.sorted(by: { $0.path < $1.path }) {
            let day = entry.partitionValues.values[0].map { "{'day': '\($0.display)'}" } ?? "{}"
            expected.append(
                "\(entry.path.display) \(day) \(entry.sizeBytes) 3 \(entry.addedAtVersion) b'\\x01\\xff'")
        }
        let text = String(decoding: result.standardOutput, as: UTF8.self)
        #expect(text.split(separator: "\n").map(String.init) == expected)
    }
}
