import Avro
import Bytes
import Metadata
import Platform
import TestKit

@testable import TransactionLog

/// Manifests made and read without a table around them.
enum SampleManifest {
    static let columns: [ByteString] = ["region", "day"]
    static let marker: [UInt8] = Array(1...16)

    /// The schema as the format's document gives it, its descriptions left out: the 18 fields that all know.
    static let documentFields: [(name: String, type: String, id: Int64, defaultValue: String?)] = [
        ("path", #""string""#, 100, nil),
        ("partitionValues", #"{"type":"map","values":"string"}"#, 101, nil),
        ("size", #""long""#, 102, nil),
        ("modificationTime", #""long""#, 103, nil),
        ("dataChange", #""boolean""#, 104, nil),
        ("stats", #"["null","string"]"#, 110, "null"),
        ("minValues", #"["null",{"type":"map","values":"string"}]"#, 111, "null"),
        ("maxValues", #"["null",{"type":"map","values":"string"}]"#, 112, "null"),
        ("numRecords", #"["null","long"]"#, 113, "null"),
        ("footerStartOffset", #"["null","long"]"#, 120, "null"),
        ("footerEndOffset", #"["null","long"]"#, 121, "null"),
        ("hasFooterOffsets", #""boolean""#, 124, "false"),
        ("splitTags", #"["null",{"type":"array","items":"string"}]"#, 132, "null"),
        ("numMergeOps", #"["null","int"]"#, 134, "null"),
        ("docMappingRef", #"["null","string"]"#, 135, "null"),
        ("uncompressedSizeBytes", #"["null","long"]"#, 136, "null"),
        ("addedAtVersion", #""long""#, 140, nil),
        ("addedAtTimestamp", #""long""#, 141, nil),
    ]

    static let documentSchema: String = schema(documentFields)

    static func schema(_ fields: [(name: String, type: String, id: Int64, defaultValue: String?)]) -> String {
        let texts = fields.map { field in
            let value = field.defaultValue.map { #","default":\#($0)"# } ?? ""
            return #"{"name":"\#(field.name)","type":\#(field.type)\#(value),"field-id":\#(field.id)}"#
        }
        return #"{"type":"record","name":"FileEntry","namespace":"io.indextables.state","fields":["#
            + texts.joined(separator: ",") + "]}"
    }

    /// An entry as another program writes it: what may be null is, unless it is given by name.
    static func record(
        _ path: String, partition: [(String, String)] = [], size: Int64 = 10,
        _ given: [String: AvroValue] = [:],
        fields: [(name: String, type: String, id: Int64, defaultValue: String?)] = documentFields
    ) -> AvroValue {
        .record(
            fields.map { field in
                if let value = given[field.name] { return value }
                switch field.name {
                case "path": return .string(ByteString(path))
                case "partitionValues":
                    return .map(
                        partition.map { .init(ByteString($0.0), .string(ByteString($0.1))) })
                case "size": return .long(size)
                case "dataChange", "hasFooterOffsets": return .boolean(true)
                default: return field.defaultValue == "null" ? .union(0, .null) : .long(7)
                }
            })
    }

    /// The bytes of a manifest of such records.
    static func bytes(
        _ records: [AvroValue], schema text: String = documentSchema, codec: AvroCodec = .zstandard()
    ) throws -> [UInt8] {
        let schema = try AvroSchema.parse(text)
        var file = AvroFileWriter(schema: schema, codec: codec, syncMarker: marker)
        for record in records {
            try file.append { (encoder) throws(AvroMismatch) in try encoder.encode(record, schema) }
        }
        return file.finish()
    }

    static func read(_ bytes: [UInt8], count: Int, columns: [ByteString] = columns) throws -> [FileEntry] {
        let segment = try FileManifestReader.read(bytes, partitionColumns: columns, expectedCount: count)
        return (0..<segment.count).map { segment[$0].entry }
    }

    static func written(_ entries: [FileEntry], codec: AvroCodec = .zstandard()) -> [UInt8] {
        var file = FileManifestWriter(partitionColumns: columns, codec: codec, syncMarker: marker)
        for entry in entries { file.append(entry) }
        return file.finish().bytes
    }

    /// With nothing that may be absent.
    static func bareEntry(_ number: UInt64) -> FileEntry {
        var entry = FileEntry(
            path: ByteString("data/20240131T123456Z-" + Hex.string(number) + ".parquet"), id: FileID(number),
            partitionValues: PartitionTuple([nil, nil]), sizeBytes: 0, modificationTime: 0)
        entry.addedAtVersion = Version(1)
        return entry
    }

    /// With everything.
    static func fullEntry(_ number: UInt64) -> FileEntry {
        var entry = VersionFileTests.fullEntry()
        entry.path = ByteString("data/region=e%2Fu/20240131T123456Z-" + Hex.string(number) + ".parquet")
        entry.id = FileID(number)
        entry.partitionValues = PartitionTuple(["e/u", "süd"])
        entry.addedAtVersion = Version(Int64(number) + 1)
        entry.addedAtTimestamp = 1_700_000_000_000 + Int64(number)
        return entry
    }
}
