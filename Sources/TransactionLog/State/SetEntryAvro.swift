import Avro
import Bytes
import Metadata

/// An entry of one of the sets whose tombstones are (key, version).
protocol SetEntry: Sendable {
    static var kind: ManifestKind { get }
    static var avroSchema: AvroSchema { get }
    func write(to encoder: inout AvroEncoder, writtenAt version: Version)
}

/// Keys of tombstones.
enum SetKey {
    static func file(_ id: FileID) -> ByteString {
        var writer = ByteWriter(capacity: 8)
        writer.bigEndian(id.rawValue)
        return ByteString(writer.bytes)
    }

    static func reference(_ file: FileID, _ partition: PartitionID) -> ByteString {
        Self.file(file) + partition.name
    }

    static func job(_ id: JobID) -> ByteString { file(FileID(id.rawValue)) }

    static func file(_ key: ByteString) -> FileID? {
        guard key.count == 8 else { return nil }
        return FileID(key.bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    static func job(_ key: ByteString) -> JobID? { file(key).map { JobID($0.rawValue) } }

    static func reference(_ key: ByteString) -> ReferenceKey? {
        guard key.count >= 8, let file = file(ByteString(key.bytes[..<8])) else { return nil }
        return ReferenceKey(file: file, partition: PartitionID(ByteString(key.bytes[8...])))
    }
}

extension GarbageEntry: SetEntry {
    static var kind: ManifestKind { .garbage }
    static var avroSchema: AvroSchema { ParsedSchemas.garbageEntry }

    func write(to encoder: inout AvroEncoder, writtenAt version: Version) {
        encoder.long(Int64(bitPattern: file.rawValue))
        encoder.string(path)
        encoder.long(sizeBytes)
        encoder.long(addedAtVersion.rawValue)
        encoder.long(removedAtVersion.rawValue)
        encoder.long(removedAtTimestamp)
        encoder.optional(job.map { Int64(bitPattern: $0.rawValue) })
        encoder.optional(condemnedAtVersion?.rawValue)
        encoder.long(version.rawValue)
    }
}

extension Job: SetEntry {
    static var kind: ManifestKind { .jobs }
    static var avroSchema: AvroSchema { ParsedSchemas.jobEntry }

    func write(to encoder: inout AvroEncoder, writtenAt version: Version) {
        encoder.long(Int64(bitPattern: id.rawValue))
        encoder.string(StateManifest.text(of: self))
        encoder.long(version.rawValue)
    }
}

extension IngestReceipt {
    func write(to encoder: inout AvroEncoder) {
        encoder.string(name)
        encoder.string(contentHash)
        encoder.long(rowCount)
        encoder.long(fileCount)
        encoder.long(version.rawValue)
        encoder.long(timestamp)
    }
}

extension Partition: SetEntry {
    static var kind: ManifestKind { .partitions }
    static var avroSchema: AvroSchema { ParsedSchemas.partitionEntry }

    func write(to encoder: inout AvroEncoder, writtenAt version: Version) {
        encoder.string(id.name)
        encoder.items(root.values) { $0.optional($1) }
        encoder.optional(parent?.name)
        encoder.strings(children.map(\.name))
        encoder.optional(minKey)
        encoder.optional(maxKey)
        encoder.long(version.rawValue)
    }
}
