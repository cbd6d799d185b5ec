import Avro
import Bytes
import Metadata

extension StateManifest {
    /// The bytes of `_manifest.avro`, with their own checksum in the header.
    func encoded(_ codec: AvroCodec, syncMarker: [UInt8]) -> [UInt8] {
        var file = AvroFileWriter(
            schema: ParsedSchemas.stateManifest, codec: codec, metadata: [(StateSeal.key, StateSeal.blank)],
            syncMarker: syncMarker)
        file.append { write(to: &$0) }
        var bytes = file.finish()
        StateSeal.seal(&bytes)
        return bytes
    }

    /// The one record of `_manifest.avro`.
    func write(to encoder: inout AvroEncoder) {
        encoder.int(Self.formatVersion)
        encoder.long(version.rawValue)
        encoder.long(createdAt)
        encoder.long(fileCount)
        encoder.long(totalBytes)
        encoder.items(files.manifests) { Self.write($1, to: &$0) }
        encoder.strings(files.tombstones)
        encoder.map(schemaRegistry.map { (key: $0.id, value: $0.text) })
        encoder.int(protocolVersion)
        encoder.optional(metadata)
        encoder.long(timestamp)
        for set in [references, garbage, partitions] { Self.write(set, to: &encoder) }
        encoder.map(properties.map { (key: $0.name, value: $0.value) })
        encoder.items(tags) { encoder, tag in
            encoder.string(tag.name)
            encoder.long(tag.version.rawValue)
        }
        encoder.strings(jobs)
        encoder.strings(receipts)
        encoder.strings(deadSessions.map { ByteString($0.description) })
        Self.write(listedJobs, to: &encoder)
        encoder.items(receiptManifests) { Self.write($1, to: &$0) }
    }

    private static func write(_ set: StoredSet<KeyTombstone>, to encoder: inout AvroEncoder) {
        encoder.index(1)
        encoder.items(set.manifests) { Self.write($1, to: &$0) }
        encoder.items(set.tombstones) { encoder, tombstone in
            encoder.string(tombstone.key)
            encoder.long(tombstone.version.rawValue)
        }
    }

    private static func write(_ info: ManifestInfo, to encoder: inout AvroEncoder) {
        encoder.string(info.path)
        encoder.long(info.entryCount)
        encoder.long(info.minAddedAtVersion.rawValue)
        encoder.long(info.maxAddedAtVersion.rawValue)
        if let bounds = info.partitionBounds {
            encoder.index(1)
            encoder.items(bounds) { encoder, bound in
                encoder.string(bound.column)
                encoder.optional(bound.min)
                encoder.optional(bound.max)
                encoder.optional(bound.hasNull)
            }
        } else {
            encoder.null()
        }
        encoder.long(info.tombstoneCount)
        encoder.long(info.liveEntryCount)
        encoder.optional(info.lengthBytes)
        encoder.optional(info.checksum.map { Int64($0) })
    }
}
