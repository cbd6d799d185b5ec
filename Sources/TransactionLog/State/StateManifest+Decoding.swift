import Avro
import Bytes
import Metadata

extension StateManifest {
    /// Reads the one record of `_manifest.avro`, whoever wrote it.
    ///
    /// The seal comes first: of damaged bytes neither the schema nor the codec is believed.
    static func decode(_ bytes: [UInt8]) throws(DecodeError) -> StateManifest {
        try StateSeal.check(bytes)
        let values = try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.values(as: ParsedSchemas.stateManifest)
        }
        guard values.count == 1 else {
            throw DecodeError(.corrupt, at: bytes.count, "a state is one record, \(values.count) are there")
        }
        let fields = RecordFields(values[0])
        guard fields.long(0) == Int64(formatVersion) else {
            throw DecodeError(.unsupported, at: 0, "the state's format version is \(fields.long(0))")
        }
        return StateManifest(fields)
    }

    private init(_ fields: RecordFields) {
        version = Version(fields.long(1))
        createdAt = fields.long(2)
        fileCount = fields.long(3)
        totalBytes = fields.long(4)
        files = StoredSet(
            manifests: fields.items(5).map { ManifestInfo(RecordFields($0), kind: .files) },
            tombstones: fields.items(6).compactMap(\.bytesValue))
        schemaRegistry = (fields.entries(7) ?? []).map { (id: $0.key, text: $0.value.bytesValue ?? "") }
        protocolVersion = Int32(truncatingIfNeeded: fields.long(8))
        metadata = fields.optionalText(9)
        timestamp = fields.long(10)
        references = StoredSet(fields.record(11), kind: .references)
        garbage = StoredSet(fields.record(12), kind: .garbage)
        partitions = StoredSet(fields.record(13), kind: .partitions)
        properties = (fields.entries(14) ?? []).map { (name: $0.key, value: $0.value.bytesValue ?? "") }
        tags = (fields.entries(15) ?? []).map { (name: $0.key, version: Version($0.value.integerValue ?? 0)) }
        jobs = fields.items(16).compactMap(\.bytesValue)
        receipts = fields.items(17).compactMap(\.bytesValue)
        deadSessions = fields.items(18).compactMap(\.bytesValue).compactMap { Hex.parse($0.bytes) }
            .map { SessionID($0) }
        listedJobs = StoredSet(fields.record(19), kind: .jobs)
        receiptManifests = fields.items(20).map { ManifestInfo(RecordFields($0), kind: .receipts) }
    }
}

extension StoredSet where Tombstone == KeyTombstone {
    init(_ fields: RecordFields?, kind: ManifestKind) {
        self.init(
            manifests: (fields?.items(0) ?? []).map { ManifestInfo(RecordFields($0), kind: kind) },
            tombstones: (fields?.items(1) ?? []).map { item in
                let tombstone = RecordFields(item)
                return KeyTombstone(key: tombstone.text(0), version: Version(tombstone.long(1)))
            })
    }
}

extension ManifestInfo {
    init(_ fields: RecordFields, kind: ManifestKind) {
        self.init(
            path: fields.text(0), kind: kind, entryCount: fields.long(1),
            minAddedAtVersion: Version(fields.long(2)), maxAddedAtVersion: Version(fields.long(3)))
        partitionBounds = fields.entries(4)?.map { entry in
            let bounds = RecordFields(entry.value)
            return PartitionBounds(
                column: entry.key, min: bounds.optionalText(0), max: bounds.optionalText(1),
                hasNull: bounds.optionalBoolean(2))
        }
        tombstoneCount = fields.long(5)
        liveEntryCount = fields.long(6)
        lengthBytes = fields.optionalLong(7)
        checksum = fields.optionalLong(8).map { UInt32(truncatingIfNeeded: $0) }
    }
}
