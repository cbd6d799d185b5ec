import Avro
import Bytes
import JSON
import Metadata
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("States on disk")
struct StateFormatTests {
    static let stateFields = """
        formatVersion=1 stateVersion=2 createdAt=3 numFiles=4 totalBytes=5 manifests=6 tombstones=7 \
        schemaRegistry=8 protocolVersion=9 metadata=10 timestamp=260 references=261 garbage=262 \
        partitions=263 properties=264 tags=265 jobs=266 receipts=267 deadSessions=268
        """
    static let fileFields = """
        path=100 partitionValues=101 size=102 modificationTime=103 dataChange=104 stats=110 minValues=111 \
        maxValues=112 numRecords=113 footerStartOffset=120 footerEndOffset=121 hasFooterOffsets=124 \
        splitTags=132 numMergeOps=134 docMappingRef=135 uncompressedSizeBytes=136 addedAtVersion=140 \
        addedAtTimestamp=141 partition=200 minKey=201 maxKey=202 ordinal=203 minSequence=204 maxSequence=205 \
        deletedRows=206 job=207 source=208
        """

    static func fields(_ bytes: [UInt8]) throws -> String {
        let text = try AvroFileReader.reading(bytes) { $0.schemaText }
        let fields = try JSONValue.parse(text.bytes)["fields"]?.arrayValue ?? []
        return fields.map { "\($0["name"]?.stringValue ?? "")=\($0["field-id"]?.int64Value ?? -1)" }
            .joined(separator: " ")
    }

    @Test("the fields of a state and of its manifests stay as they are, in names, ids and order")
    func golden() throws {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.log.writeState()
        let record = try sample.storage.get(SampleLog.path.stateManifest(Version(1)))
        #expect(try Self.fields(record) == Self.stateFields)
        let manifest = try #require(sample.log.baseManifest?.files.manifests.first?.path)
        #expect(try Self.fields(sample.storage.get(SampleLog.path.directory + manifest)) == Self.fileFields)
    }

    @Test("the same table is written as the same bytes")
    func deterministic() throws {
        let samples = try (0..<2).map { _ in
            let sample = try SampleLog(seed: 5)
            try sample.add(1, 2, 3)
            try sample.log.writeState()
            return sample.storage
        }
        #expect(samples[0].allKeys == samples[1].allKeys)
        for key in samples[0].allKeys { #expect(try samples[0].get(key) == samples[1].get(key)) }
    }

    @Test("a commit of a few files adds one small manifest and names the others again")
    func incremental() throws {
        let sample = try SampleLog()
        for number in 1...50 as ClosedRange<UInt64> { try sample.add(number) }
        try sample.log.writeState()
        let before = try sample.log.stateManifest(at: Version(50)).files.manifests
        try sample.add(51, 52)
        _ = try sample.log.commit(sample.transaction([SampleLog.removal(sample.file(7))]))
        try sample.log.writeState()
        let after = try sample.log.stateManifest(at: Version(52))
        #expect(after.files.manifests.map(\.path).prefix(before.count) == before.map(\.path)[...])
        #expect(after.files.manifests.count == before.count + 1)
        #expect(after.files.manifests.last?.entryCount == 2)
        #expect(after.files.tombstones == [sample.file(7).path])
    }
}
