import Avro
import Bytes
import Metadata

/// A manifest's bytes before they have a name.
struct ManifestFile: Sendable {
    var kind: ManifestKind
    var entryCount: Int
    var bytes: [UInt8]
    /// Where the blocks of a manifest of files stand in `bytes`.
    var blocks: [AvroFileWriter.Block] = []
}

/// The parsed schemas: parsing one takes longer than reading a small manifest.
enum ParsedSchemas {
    static let stateManifest = parse(AvroSchemas.stateManifest)
    static let fileEntry = parse(AvroSchemas.fileEntry)
    /// As it stands in the headers of our manifests.
    static let fileEntryText = ByteString(fileEntry.jsonText)
    static let referenceEntry = parse(AvroSchemas.referenceEntry)
    /// As it stands in the headers of our manifests.
    static let referenceEntryText = ByteString(referenceEntry.jsonText)
    static let garbageEntry = parse(AvroSchemas.garbageEntry)
    static let partitionEntry = parse(AvroSchemas.partitionEntry)
    static let partitionEntryText = ByteString(partitionEntry.jsonText)
    static let jobEntry = parse(AvroSchemas.jobEntry)
    static let receiptEntry = parse(AvroSchemas.receiptEntry)

    private static func parse(_ text: String) -> AvroSchema {
        do { return try AvroSchema.parse(text) } catch { preconditionFailure("a schema of ours: \(error)") }
    }
}

extension TableProperties {
    /// How the blocks of states and manifests are compressed.
    var stateCodec: AvroCodec {
        switch stateCompression {
        case .zstd: .zstandard(level: stateCompressionLevel)
        case .deflate: .deflate(level: min(9, stateCompressionLevel))
        case .snappy: .snappy
        case .none: .null
        }
    }
}
