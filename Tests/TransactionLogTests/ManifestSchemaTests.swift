import Avro
import Bytes
import JSON
import Metadata
import Testing

@testable import TransactionLog

@Suite("Manifests of other writers")
struct ManifestSchemaTests {
    @Test("a manifest without entries reads as none", arguments: [AvroCodec.null, .zstandard()])
    func testReadEmptyManifest(codec: AvroCodec) throws {
        #expect(try SampleManifest.read(SampleManifest.bytes([], codec: codec), count: 0).isEmpty)
    }

    @Test("one entry of the document's schema is read with its values")
    func testReadSingleEntry() throws {
        let record = SampleManifest.record(
            "region=eu/part-1.split", partition: [("region", "eu"), ("day", "1")], size: 5671,
            ["numRecords": .union(1, .long(2)), "minValues": .union(1, .map([.init("id", .string("-1"))]))])
        let entries = try SampleManifest.read(SampleManifest.bytes([record]), count: 1)
        let entry = try #require(entries.first)
        #expect(entries.count == 1)
        #expect(entry.path == "region=eu/part-1.split" && entry.sizeBytes == 5671 && entry.rowCount == 2)
        #expect(entry.partitionValues.values == ["eu", "1"])
        #expect(entry.minValues == [FileEntry.ColumnText(column: "id", text: "-1")])
        #expect(entry.maxValues == nil && entry.stats == nil && entry.schemaID == nil && entry.dataChange)
        #expect(entry.modificationTime == 7 && entry.addedAtVersion == Version(7))
    }

    @Test("partition values are taken by name, whatever their order; one without a key is null")
    func testReadWithPartitionValues() throws {
        let records = [
            SampleManifest.record("a", partition: [("region", "eu"), ("day", "2024-01-01")]),
            SampleManifest.record("b", partition: [("day", "2024-01-01"), ("region", "eu")]),
            SampleManifest.record("c", partition: [("day", "")]),
            SampleManifest.record("d", partition: [("region", "e\u{301}"), ("other", "x")]),
            SampleManifest.record("e", partition: [("region", "\u{E9}")]),
        ]
        let entries = try SampleManifest.read(SampleManifest.bytes(records), count: 5)
        #expect(
            entries.map(\.partitionValues.values) == [
                ["eu", "2024-01-01"], ["eu", "2024-01-01"], [nil, ""], ["e\u{301}", nil], ["\u{E9}", nil],
            ])
        // Composed and decomposed letters are two values.
        #expect(entries[3].partitionValues != entries[4].partitionValues)
    }

    @Test("files of a table without partition columns have no values")
    func testReadWithEmptyPartitionValues() throws {
        let bytes = try SampleManifest.bytes([SampleManifest.record("a"), SampleManifest.record("b")])
        let entries = try SampleManifest.read(bytes, count: 2, columns: [])
        #expect(entries.map(\.path) == ["a", "b"])
        #expect(entries.allSatisfy { $0.partitionValues.values.isEmpty })
    }

    @Test(
        "fields that this program does not know are passed over, and those that are not there have defaults")
    func testAddNewField() throws {
        // A later writer's field in the middle, of a type that has to be walked through.
        var later = SampleManifest.documentFields
        later.insert(
            (
                "clusters", #"["null",{"type":"array","items":{"type":"map","values":"long"}}]"#, 300, "null"
            ), at: 3)
        let record = SampleManifest.record(
            "a", size: 12,
            ["clusters": .union(1, .array([.map([.init("x", .long(1)), .init("y", .long(2))]), .map([])]))],
            fields: later)
        let bytes = try SampleManifest.bytes([record, record], schema: SampleManifest.schema(later))
        let entries = try SampleManifest.read(bytes, count: 2)
        #expect(entries.map(\.sizeBytes) == [12, 12] && entries.map(\.modificationTime) == [7, 7])
        // Our own fields from 200 on are new to the document's schema: they have their defaults.
        #expect(entries[0].partition == nil && entries[0].ordinal == 0 && entries[0].deletedRowCount == 0)
    }

    @Test(
        "the document's fields stand first, in its order, with its names, types, ids and defaults; ours follow"
    )
    func testFieldIdPreservation() throws {
        let document = try AvroSchema.parse(SampleManifest.documentSchema)
        let own = try #require(ParsedSchemas.fileEntry.recordFields)
        let theirs = try #require(document.recordFields)
        #expect(
            ParsedSchemas.fileEntry.describe(ParsedSchemas.fileEntry.root) == document.describe(document.root)
        )
        #expect(own.count == 27 && theirs.count == 18)
        for (mine, other) in zip(own, theirs) {
            #expect(mine.name == other.name && mine.defaultValue == other.defaultValue)
            #expect(mine.attributes["field-id"] == other.attributes["field-id"])
        }
        // Types, as JSON.
        let types = try zip(
            Self.types(ByteString(ParsedSchemas.fileEntry.jsonText)),
            Self.types(ByteString(SampleManifest.documentSchema)))
        for (mine, other) in types { #expect(mine == other) }
        let added = own[18...].compactMap { $0.attributes["field-id"]?.int64Value }
        #expect(added == Array(200...208))
        #expect(
            own[18...].allSatisfy { $0.defaultValue != nil }, "a reader of the document's schema needs none")
        // And so it stands in a file.
        try AvroFileReader.reading(SampleManifest.written([])) { (file) throws(DecodeError) in
            let ids = file.schema.recordFields?.compactMap { $0.attributes["field-id"]?.int64Value }
            #expect(ids == SampleManifest.documentFields.map(\.id) + Array(200...208))
        }
    }

    private static func types(_ schema: ByteString) throws -> [JSONValue?] {
        let fields = try JSONValue.parse(schema.bytes)["fields"]?.arrayValue ?? []
        return fields.map { $0["type"] }
    }

    @Test("a field under another name is known by its id")
    func testRenameField() throws {
        var renamed = SampleManifest.documentFields
        renamed[8].name = "rowCount"
        renamed[16].name = "sinceVersion"
        let record = SampleManifest.record(
            "a", ["rowCount": .union(1, .long(42)), "sinceVersion": .long(9)], fields: renamed)
        let bytes = try SampleManifest.bytes([record], schema: SampleManifest.schema(renamed))
        let entry = try #require(try SampleManifest.read(bytes, count: 1).first)
        #expect(entry.rowCount == 42 && entry.addedAtVersion == Version(9))
        // A name goes before an id: two fields that changed places are what they are called.
        var swapped = SampleManifest.documentFields
        (swapped[2].id, swapped[3].id) = (swapped[3].id, swapped[2].id)
        let other = SampleManifest.record("a", size: 99, fields: swapped)
        let same = try SampleManifest.read(
            SampleManifest.bytes([other], schema: SampleManifest.schema(swapped)), count: 1)
        #expect(same.first?.sizeBytes == 99 && same.first?.modificationTime == 7)
        // Without the id it is another field, and one without a default is missed.
        let stranger = SampleManifest.schema(renamed).split(separator: #","field-id":140"#).joined()
        #expect(throws: DecodeError.self) {
            try SampleManifest.read(SampleManifest.bytes([record], schema: stranger), count: 1)
        }
    }

    @Test("narrower integers are read as the wider ones")
    func testPromoteFieldType() throws {
        var narrow = SampleManifest.documentFields
        narrow[2].type = #""int""#
        narrow[8].type = #"["null","int"]"#
        narrow[9].type = #""int""#
        narrow[9].defaultValue = nil
        let record = SampleManifest.record(
            "a",
            ["size": .int(-2), "numRecords": .union(1, .int(.max)), "footerStartOffset": .int(5)],
            fields: narrow)
        let bytes = try SampleManifest.bytes([record], schema: SampleManifest.schema(narrow))
        let entry = try #require(try SampleManifest.read(bytes, count: 1).first)
        #expect(entry.sizeBytes == -2 && entry.rowCount == Int64(Int32.max) && entry.footerStartOffset == 5)
        // The other way there is none.
        var text = SampleManifest.documentFields
        text[2].type = #""string""#
        let wrong = SampleManifest.record("a", ["size": .string("1")], fields: text)
        #expect(throws: DecodeError.self) {
            try SampleManifest.read(
                SampleManifest.bytes([wrong], schema: SampleManifest.schema(text)), count: 1)
        }
    }
}
