import Avro
import Bytes
import Metadata
import Storage
import TestKit
import Testing

@testable import TransactionLog

@Suite("Writing manifests")
struct ManifestWritingTests {
    @Test("a manifest without entries is a header alone, and reads as none")
    func testWriteEmptyManifest() throws {
        let bytes = SampleManifest.written([])
        #expect(try SampleManifest.read(bytes, count: 0).isEmpty)
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            #expect(try file.totalCount() == 0)
            #expect(file.schemaText == ByteString(ParsedSchemas.fileEntry.jsonText))
        }
        #expect(throws: DecodeError.self) { try SampleManifest.read(bytes, count: 1) }
    }

    @Test("one entry reads back as it was written")
    func testWriteSingleEntry() throws {
        for entry in [SampleManifest.bareEntry(5), SampleManifest.fullEntry(6)] {
            #expect(try SampleManifest.read(SampleManifest.written([entry]), count: 1) == [entry])
        }
    }

    @Test("thousands of entries read back in their order")
    func testWriteMultipleEntries() throws {
        let entries = (1...2500 as ClosedRange<UInt64>).map { number in
            number % 3 == 0 ? SampleManifest.bareEntry(number) : SampleManifest.fullEntry(number)
        }
        #expect(try SampleManifest.read(SampleManifest.written(entries), count: 2500) == entries)
    }

    /// The fields of the one record of a manifest by name, as any reader of Avro sees them.
    private static func fields(_ entry: FileEntry) throws -> [String: AvroValue] {
        let bytes = SampleManifest.written([entry])
        var result: [String: AvroValue] = [:]
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            guard case .record(let values)? = try file.values().first, let names = file.schema.recordFields
            else { return }
            for (name, value) in zip(names, values) { result[name.name.display] = value.unwrapped }
        }
        return result
    }

    private static func map(_ pairs: [(ByteString, ByteString)]) -> AvroValue {
        .map(pairs.map { .init($0.0, .string($0.1)) })
    }

    @Test("every field stands under its name with its value")
    func testWriteAllFields() throws {
        let entry = SampleManifest.fullEntry(0xff)
        let expected: [String: AvroValue] = [
            "path": .string(entry.path), "partitionValues": Self.map([("region", "e/u"), ("day", "süd")]),
            "size": .long(1234), "modificationTime": .long(1_699_999_999_999), "dataChange": .boolean(false),
            "stats": .string("{\"nullCount\":{\"a\":0}}"), "minValues": Self.map([("a", "1")]),
            "maxValues": Self.map([("a", "9\"é")]), "numRecords": .long(10),
            "footerStartOffset": .long(1000), "footerEndOffset": .long(1234),
            "hasFooterOffsets": .boolean(true), "splitTags": .array([.string("x"), .string("y")]),
            "numMergeOps": .int(3), "docMappingRef": .string("z7TwwZ-tDWGD-uX5"),
            "uncompressedSizeBytes": .long(9999), "addedAtVersion": .long(256),
            "addedAtTimestamp": .long(1_700_000_000_255), "partition": .string("00000000000000aa"),
            "minKey": .bytes(ByteString([1, 0, 0xff])), "maxKey": .bytes(ByteString([2, 0x80])),
            "ordinal": .int(5), "minSequence": .long(1), "maxSequence": .long(1 << 40),
            "deletedRows": .long(2), "job": .long(0xbeef), "source": .string("sub/a%20b.csv"),
        ]
        let found = try Self.fields(entry)
        #expect(found.count == 27)
        for (name, value) in expected { #expect(found[name] == value, "\(name)") }
        #expect(Set(found.keys) == Set(expected.keys))
    }

    @Test("what is not known is null, and comes back as nil")
    func testWriteNullableFields() throws {
        let found = try Self.fields(SampleManifest.bareEntry(1))
        let nullable = [
            "stats", "minValues", "maxValues", "numRecords", "footerStartOffset", "footerEndOffset",
            "splitTags", "numMergeOps", "docMappingRef", "uncompressedSizeBytes", "partition", "minKey",
            "maxKey", "minSequence", "maxSequence", "job", "source",
        ]
        for name in nullable { #expect(found[name] == .null, "\(name)") }
        #expect(found["hasFooterOffsets"] == .boolean(false) && found["partitionValues"] == .map([]))
        // Empty is not absent.
        var entry = SampleManifest.bareEntry(2)
        entry.minValues = []
        entry.tags = []
        entry.stats = ""
        let back = try #require(try SampleManifest.read(SampleManifest.written([entry]), count: 1).first)
        #expect(back.minValues == [] && back.tags == [] && back.stats == "" && back.maxValues == nil)
    }

    private static let many = (1...1200).map { SampleManifest.fullEntry(UInt64($0)) }

    /// The codec's name in the header, and the stored bytes of the first block.
    private static func stored(_ bytes: [UInt8]) throws -> (codec: ByteString, block: ArraySlice<UInt8>) {
        try bytes.withByteReader { (reader) throws(DecodeError) in
            let header = try AvroFileHeader(try reader.slice(reader.count))
            var decoder = AvroDecoder(
                UnsafeRawBufferPointer(start: reader.base, count: reader.count))
            try decoder.reader.seek(to: header.sizeBytes)
            _ = try decoder.long()
            let content = try decoder.bytes()
            return (
                header.entry("avro.codec")?.value ?? "",
                bytes[(decoder.offset - content.count)..<decoder.offset]
            )
        }
    }

    @Test("zstd of every level compresses, has its own checksum, and reads back")
    func testWriteWithZstdCompression() throws {
        let plain = SampleManifest.written(Self.many, codec: .null).count
        for level in [1, 3, 19, 22] {
            let entries = level > 3 ? Array(Self.many[..<200]) : Self.many
            let bytes = SampleManifest.written(entries, codec: .zstandard(level: level))
            #expect(try SampleManifest.read(bytes, count: entries.count) == entries)
            let (codec, block) = try Self.stored(bytes)
            #expect(codec == "zstandard")
            #expect(block.starts(with: [0x28, 0xB5, 0x2F, 0xFD]))
            // Bit 2 of the frame's descriptor: a checksum follows.
            #expect(block[block.startIndex + 4] & 4 != 0)
            #expect(bytes.count < plain / 4)
        }
    }

    @Test("snappy compresses, is followed by the CRC-32 of the content, and reads back")
    func testWriteWithSnappyCompression() throws {
        let bytes = SampleManifest.written(Self.many, codec: .snappy)
        #expect(try SampleManifest.read(bytes, count: Self.many.count) == Self.many)
        #expect(try Self.stored(bytes).codec == "snappy")
        #expect(bytes.count < SampleManifest.written(Self.many, codec: .null).count / 2)
    }

    @Test("deflate compresses and reads back")
    func deflate() throws {
        let bytes = SampleManifest.written(Self.many, codec: .deflate(level: 9))
        #expect(try SampleManifest.read(bytes, count: Self.many.count) == Self.many)
        #expect(try Self.stored(bytes).codec == "deflate")
        #expect(bytes.count < SampleManifest.written(Self.many, codec: .null).count / 4)
    }

    @Test("without compression the entries lie there to be seen")
    func testWriteWithNoCompression() throws {
        let bytes = SampleManifest.written(Self.many, codec: .null)
        #expect(try SampleManifest.read(bytes, count: Self.many.count) == Self.many)
        let (codec, block) = try Self.stored(bytes)
        #expect(codec == "null")
        // The first record: the length of its path, then the path.
        let path = Self.many[0].path
        #expect(block.dropFirst(block[block.startIndex] < 0x80 ? 1 : 2).starts(with: path.bytes))
    }

    @Test("a manifest of 100,000 entries is written in the memory of its blocks")
    func testWriteLargeManifest() throws {
        var file = FileManifestWriter(
            partitionColumns: SampleManifest.columns, codec: .zstandard(level: 1),
            syncMarker: SampleManifest.marker)
        var bytes: [UInt8] = []
        var mostPending = 0
        var entry = SampleManifest.bareEntry(0)
        for number in 1...100_000 as ClosedRange<UInt64> {
            entry.path = ByteString("data/20240131T123456Z-" + Hex.string(number) + ".parquet")
            entry.sizeBytes = Int64(number)
            file.append(entry)
            mostPending = max(mostPending, file.pendingBytes)
            file.drain { bytes += $0 }
        }
        #expect(file.count == 100_000)
        bytes += file.finish().bytes
        // A block is 128 KiB before compression.
        #expect(mostPending < 160 << 10)
        #expect(bytes.count > 100_000)
        let segment = try FileManifestReader.read(
            bytes, partitionColumns: SampleManifest.columns, expectedCount: 100_000)
        #expect(segment.count == 100_000)
        for row in [0, 1, 49_999, 99_999] {
            #expect(segment[row].sizeBytes == Int64(row + 1) && segment[row].id == FileID(UInt64(row + 1)))
        }
    }

    @Test("entries go out block by block, and the pieces are the file")
    func testWriteStreamingAppend() throws {
        let whole = SampleManifest.written(Self.many, codec: .null)
        var file = FileManifestWriter(
            partitionColumns: SampleManifest.columns, codec: .null, syncMarker: SampleManifest.marker)
        var pieces: [[UInt8]] = []
        for entry in Self.many {
            file.append(entry)
            file.drain { pieces.append($0) }
            #expect(file.pendingBytes == 0)
        }
        #expect(pieces.count > 2)
        #expect(pieces.dropFirst().allSatisfy { $0.count < 160 << 10 })
        #expect(pieces.reduce([], +) + file.finish().bytes == whole)
    }

    @Test(
        "the size so far is that of the file but for the open block, and manifests cut by entries are alike")
    func testManifestFileSizeEstimation() throws {
        var file = FileManifestWriter(
            partitionColumns: SampleManifest.columns, codec: .null, syncMarker: SampleManifest.marker)
        for entry in Self.many { file.append(entry) }
        let seen = file.writtenBytes
        let size = file.finish().bytes.count
        #expect(seen <= size && size - seen <= 129 << 10)

        let table = try TestTable(actions: [
            .operation(.setProperty(name: "state.entriesPerManifest", value: "400"))
        ])
        _ = try table.log.commit(table.adding(3000))
        _ = try table.log.writeState()
        let manifests = try #require(table.log.baseManifest).files.manifests
        // The fewest manifests of at most 400, all of one size.
        #expect(manifests.map(\.entryCount) == Array(repeating: 375, count: 8))
        let lengths = try manifests.map { info in
            let bytes = try table.storage.get(table.log.path.directory + info.path)
            #expect(info.lengthBytes == Int64(bytes.count))
            return bytes.count
        }
        let mean = lengths.reduce(0, +) / lengths.count
        #expect(lengths.allSatisfy { abs($0 - mean) * 10 < mean }, "\(lengths)")
    }

    @Test("manifests of several codecs are one table")
    func mixedCodecs() throws {
        let table = try TestTable()
        for compression in everyCompression + ["zstd"] {
            _ = try table.log.commit(
                table.transaction([.operation(.setProperty(name: "state.compression", value: compression))]))
            _ = try table.log.commit(table.adding(20))
            _ = try table.log.writeState()
        }
        let manifests = try #require(table.log.baseManifest).files.manifests
        let codecs = try manifests.map { info in
            try Self.stored(table.storage.get(table.log.path.directory + info.path)).codec
        }
        #expect(codecs == ["zstandard", "snappy", "deflate", "null", "zstandard"])
        let opened = try table.open()
        #expect(opened.baseManifest?.version == Version(10))
        StateTests.expectEqual(opened.current, table.log.current)
    }
}
