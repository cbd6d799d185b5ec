import Bytes
import Metadata
import Records
import Testing
import TransactionLog

@Suite("Version files")
struct VersionFileTests {
    static let id = CommitID(high: 0x0123_4567_89ab_cdef, low: 0xfedc_ba98_7654_3210)

    static func transaction(_ ordinal: Int = 0, version: Int64 = 42, actions: [Action])
        -> CommittedTransaction
    {
        CommittedTransaction(
            id: CommitID(high: id.high, low: id.low &+ UInt64(ordinal)), version: Version(version),
            ordinal: ordinal, timestamp: 1_700_000_000_000, operation: "INGEST", session: SessionID(7),
            notes: [(name: "user", value: "ada")], actions: actions)
    }

    static func fullEntry() -> FileEntry {
        var entry = FileEntry(
            path:
                "data/date=2024-01-01/region=__HIVE_DEFAULT_PARTITION__/20240101T000000Z-00000000000000ff.parquet",
            id: FileID(0xff), partitionValues: PartitionTuple(["2024-01-01", nil]), sizeBytes: 1234,
            modificationTime: 1_699_999_999_999)
        entry.rowCount = 10
        entry.minValues = [FileEntry.ColumnText(column: "a", text: "1")]
        entry.maxValues = [FileEntry.ColumnText(column: "a", text: "9\"é")]
        entry.stats = "{\"nullCount\":{\"a\":0}}"
        entry.footerStartOffset = 1000
        entry.footerEndOffset = 1234
        entry.mergeOperationCount = 3
        entry.schemaID = "z7TwwZ-tDWGD-uX5"
        entry.uncompressedSizeBytes = 9999
        entry.tags = ["x", "y"]
        entry.partition = PartitionID("00000000000000aa")
        entry.minKey = ByteString([1, 0, 0xff])
        entry.maxKey = ByteString([2, 0x80])
        entry.ordinal = 5
        entry.minSequence = 1
        entry.maxSequence = 1 << 40
        entry.deletedRowCount = 2
        entry.job = JobID(0xbeef)
        entry.source = "sub/a%20b.csv"
        entry.dataChange = false
        return entry
    }

    static func everyAction() -> [Action] {
        var entry = fullEntry()
        entry.addedAtVersion = Version(42)
        entry.addedAtTimestamp = 1_700_000_000_000
        var job = Job(
            id: JobID(1), partition: PartitionID("date=2024-01-01"), inputs: [FileID(0xff)], status: .running,
            attempt: 2, session: SessionID(9), strategy: "basic", reason: "5 runs")
        job.failureCount = 1
        job.lastError = "disk full"
        job.createdAtVersion = Version(42)
        job.createdAtTimestamp = 1_700_000_000_000
        var receipt = IngestReceipt(name: "a.csv", contentHash: "00ff", rowCount: 4, fileCount: 1)
        receipt.version = Version(42)
        receipt.timestamp = 1_700_000_000_000
        let schema = TableSchema(
            columns: [
                TableSchema.Column(id: 1, name: "date", type: .date),
                TableSchema.Column(id: 2, name: "region", type: .string),
                TableSchema.Column(id: 3, name: "k", type: .int64, isNullable: false),
                TableSchema.Column(id: 4, name: "v", type: .decimal(precision: 10, scale: 2)),
            ], rowKey: ["k"], partitionColumns: ["date", "region"])
        var definition = TableDefinition(
            id: "00112233445566778899aabbccddeeff", name: "flights", kind: .upsert, schema: schema,
            createdTime: 17)
        definition.mode = 0o750
        definition.userID = 1000
        return [
            .tableProtocol(TableProtocol()), .definition(definition), .add(entry),
            .remove(
                FileRemoval(
                    path: "data/x.parquet", id: FileID(3), deletionTimestamp: 5, dataChange: false,
                    sizeBytes: 6,
                    job: JobID(1))),
            .mergeSkip(path: "data/y.parquet", reason: "unreadable"),
            .operation(
                .putReference(
                    FileReference(
                        file: FileID(3), partition: PartitionID("p"), rowCount: 7, isEstimated: true))),
            .operation(
                .splitReference(
                    ReferenceSplit(
                        file: FileID(3), partition: PartitionID("p"),
                        parts: [
                            FileReference(file: FileID(3), partition: PartitionID("l"), rowCount: 3),
                            FileReference(
                                file: FileID(3), partition: PartitionID("r"), rowCount: 4, isEstimated: true),
                        ]))),
            .operation(.removeReference(file: FileID(3), partition: PartitionID("p"), rowCount: 7)),
            .operation(.removePartition(PartitionID("p"))),
            .operation(
                .putPartition(
                    Partition(
                        id: PartitionID("p"), root: PartitionTuple(["2024-01-01", nil]),
                        parent: PartitionID("q"),
                        children: [PartitionID("l"), PartitionID("r")], minKey: nil,
                        maxKey: ByteString([0xfe])))),
            .operation(.putJob(job)), .operation(.removeJob(JobID(1), outcome: .failed)),
            .operation(.setProperty(name: "gc.delayMinutes", value: "1")),
            .operation(.setProperty(name: "gc.delayMinutes", value: nil)),
            .operation(.putTag(name: "release", version: Version(3))),
            .operation(.removeTag(name: "release")),
            .operation(.condemn([FileID(1), FileID(2)])), .operation(.forget([FileID(1)])),
            .operation(.declareDead(SessionID(9))), .operation(.receipt(receipt)),
        ]
    }

    @Test("every action reads back as it was written")
    func roundTrip() throws {
        var wire = ActionWire(partitionColumns: [])
        let written = [
            Self.transaction(0, actions: Self.everyAction()), Self.transaction(1, actions: []),
        ]
        let bytes = try VersionFile.encode(written, wire: &wire)
        let read = try VersionFile.decode(bytes, version: Version(42))
        #expect(read.count == 2)
        #expect(read[0].actions == Self.everyAction())
        #expect(read[1].actions == [])
        #expect(read[0].id == Self.id)
        #expect(read[1].ordinal == 1)
        #expect(read[0].session == SessionID(7))
        #expect(read[0].notes.map(\.value) == ["ada"])
        #expect(wire.partitionColumns == ["date", "region"])
    }

    @Test("the bytes of a version file stay as they are")
    func golden() throws {
        var wire = ActionWire(partitionColumns: ["date"])
        var entry = FileEntry(
            path: "data/date=2024-01-01/20240101T000000Z-00000000000000ff.parquet", id: FileID(0xff),
            partitionValues: PartitionTuple([nil]), sizeBytes: 12, modificationTime: 34)
        entry.rowCount = 2
        let bytes = try VersionFile.encode(
            [Self.transaction(actions: [.add(entry), .operation(.forget([FileID(1)]))])], wire: &wire)
        let expected = """
            {"commitInfo":{"id":"0123456789abcdeffedcba9876543210","version":42,"ordinal":0,\
            "timestamp":1700000000000,"operation":"INGEST","session":"0000000000000007","notes":{"user":"ada"}}}
            {"add":{"path":"data/date=2024-01-01/20240101T000000Z-00000000000000ff.parquet",\
            "partitionValues":{"date":null},"size":12,"modificationTime":34,"dataChange":true,"numRecords":2,\
            "hasFooterOffsets":false,"fileId":"00000000000000ff","ordinal":0}}
            {"firn":{"op":"forget","files":["0000000000000001"]}}
            {"end":{"lines":3,"crc32":"e2ac9a2d"}}

            """
        #expect(String(decoding: bytes, as: UTF8.self) == expected)
    }

    @Test("a file that is cut anywhere is refused, and so is a changed byte")
    func damage() throws {
        var wire = ActionWire(partitionColumns: [])
        let bytes = try VersionFile.encode([Self.transaction(actions: Self.everyAction())], wire: &wire)
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(throws: LogError.self, "cut at \(length)") {
                try VersionFile.decode(Array(bytes[..<length]), version: Version(42))
            }
        }
        #expect(throws: LogError.self) {
            try VersionFile.decode(Array(bytes.dropLast()), version: Version(42))
        }
        for index in stride(from: 0, to: bytes.count, by: 11) {
            var changed = bytes
            changed[index] ^= 0x04
            #expect(throws: LogError.self, "byte \(index)") {
                try VersionFile.decode(changed, version: Version(42))
            }
        }
    }

    @Test("a file under another version's name is refused")
    func renamed() throws {
        var wire = ActionWire(partitionColumns: [])
        let bytes = try VersionFile.encode([Self.transaction(actions: [])], wire: &wire)
        #expect(throws: LogError.self) { try VersionFile.decode(bytes, version: Version(43)) }
    }

    @Test(
        "what is unknown is refused with its line, never skipped",
        arguments: [
            ("{\"vacuum\":{}}", "vacuum"), ("{\"firn\":{\"op\":\"shuffle\"}}", "shuffle"),
            (
                "{\"metaData\":{\"id\":\"x\",\"format\":{\"provider\":\"parquet\"},\"configuration\":{}}}",
                "parquet"
            ),
        ])
    func unknown(line: String, word: String) throws {
        var wire = ActionWire(partitionColumns: [])
        let bytes = try VersionFile.encode([Self.transaction(actions: [])], wire: &wire)
        let changed = TestLines.inserting(line, atLine: 2, of: bytes)
        do {
            _ = try VersionFile.decode(changed, version: Version(42))
            Issue.record("it was read")
        } catch LogError.unsupported(let message) {
            #expect(message.contains("line 2") && message.contains(word))
        }
    }
}
