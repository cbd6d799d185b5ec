import Avro
import Bytes
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("The bytes of states")
struct GoldenStateTests {
    /// The records of a file of one uncompressed block, in hexadecimal.
    static func records(_ bytes: [UInt8]) throws -> String {
        var result = ""
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.forEachBlock { (_, decoder) throws(DecodeError) in
                result += Hex.string(Array(try decoder.fixed(decoder.remaining)))
            }
        }
        return result
    }

    static func log() throws -> (TestTable, StateManifest) {
        let table = try TestTable(
            partitioned: true,
            actions: [.operation(.setProperty(name: "state.compression", value: "none"))])
        let entry = VersionFileTests.fullEntry()
        var file = table.file(month: 7)
        file.stats = entry.stats
        file.maxValues = [FileEntry.ColumnText(column: "k", text: "9")]
        file.tags = ["x"]
        file.source = "a.csv"
        file.job = JobID(3)
        file.minSequence = 5
        file.maxSequence = 1 << 33
        file.partition = PartitionID("p")
        file.footerStartOffset = 10
        file.footerEndOffset = 20
        file.uncompressedSizeBytes = 300
        file.mergeOperationCount = 2
        file.dataChange = false
        _ = try table.log.commit(table.transaction([.add(file)]))
        _ = try table.log.writeState()
        return (table, try table.log.stateManifest(at: Version(1)))
    }

    @Test("a file's entry is these bytes")
    func fileEntry() throws {
        let (table, manifest) = try Self.log()
        let bytes = try table.storage.get(table.log.path.directory + manifest.files.manifests[0].path)
        let records = try Self.records(bytes)
        #expect(
            records == """
                6c646174612f6d6f6e74683d372f3230323430313331543132333435365a2d303030303030303030\
                303030303030312e70617271756574020a6d6f6e7468023700ca012200022a7b226e756c6c436f75\
                6e74223a7b2261223a307d7d0202026b0231000202026b0239000202021402280102020278000204\
                02206664626461363735663465643538366602d80402f8979ff8ab6302027002040001020401ff00\
                020a028080808040000206020a612e637376
                """)
    }

    @Test("a state's record is these bytes")
    func state() throws {
        let (table, _) = try Self.log()
        let bytes = try table.storage.get(table.log.path.stateManifest(Version(1)))
        let records = try Self.records(bytes)
        let begin = """
            0202f6979ff8ab6302ca0102506d616e6966657374732f6d616e69666573742d3731626235346438\
            64313031623562392e6176726f02020202020a6d6f6e7468020237020237020000000202d22402f2\
            d3a9e21f0000022066646264613637356634656435383666c802
            """
        // Numbers and manifests, the registry's and the table's texts, and the small sets.
        #expect(records.hasPrefix(begin))
        #expect(
            records.hasSuffix(
                "f8979ff8ab63020000020000020000022273746174652e636f6d7072657373696f6e086e6f6e650000000000"
                    + "02000000"))
        #expect(records.utf8.count == 1886)
    }

    @Test("the hint is this text")
    func hint() {
        let hint = LastCheckpoint(version: Version(1), fileCount: 2, totalBytes: 11276, createdTime: 17)
        #expect(
            String(decoding: hint.bytes, as: UTF8.self)
                == """
                {"version":1,"size":2,"sizeInBytes":11276,"numFiles":2,"createdTime":17,"format":"avro-state",\
                "stateDir":"state-v00000000000000000001"}
                """)
    }
}
