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
        #expect(try Self.records(bytes) == "")
    }

    @Test("a state's record is these bytes")
    func state() throws {
        let (table, _) = try Self.log()
        let bytes = try table.storage.get(table.log.path.stateManifest(Version(1)))
        #expect(try Self.records(bytes) == "")
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
