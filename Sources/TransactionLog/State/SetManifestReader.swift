import Avro
import Bytes
import Metadata

/// An entry as a manifest lists it, with the version that made it.
struct StoredEntry<Value: Sendable>: Sendable {
    var value: Value
    var version: Version
}

/// Reads the manifests of garbage, jobs and receipts, entry by entry.
enum SetManifestReader {
    static func garbage(_ bytes: [UInt8]) throws(DecodeError) -> [StoredEntry<GarbageEntry>] {
        try records(bytes, ParsedSchemas.garbageEntry) { fields in
            StoredEntry(
                value: GarbageEntry(
                    file: fields.fileID(0), path: fields.text(1), sizeBytes: fields.long(2),
                    addedAtVersion: Version(fields.long(3)), removedAtVersion: Version(fields.long(4)),
                    removedAtTimestamp: fields.long(5),
                    job: fields.optionalLong(6).map { JobID(UInt64(bitPattern: $0)) },
                    condemnedAtVersion: fields.optionalLong(7).map { Version($0) }),
                version: Version(fields.long(8)))
        }
    }

    static func partitions(_ bytes: [UInt8]) throws(DecodeError) -> [StoredEntry<Partition>] {
        try records(bytes, ParsedSchemas.partitionEntry) { fields in
            StoredEntry(
                value: Partition(
                    id: PartitionID(fields.text(0)),
                    root: PartitionTuple(fields.items(1).map(\.bytesValue)),
                    parent: fields.optionalText(2).map { PartitionID($0) },
                    children: fields.items(3).compactMap(\.bytesValue).map { PartitionID($0) },
                    minKey: fields.optionalText(4), maxKey: fields.optionalText(5)),
                version: Version(fields.long(6)))
        }
    }

    static func jobs(_ bytes: [UInt8]) throws(DecodeError) -> [StoredEntry<Job>] {
        let texts = try records(bytes, ParsedSchemas.jobEntry) { fields in
            (
                id: JobID(UInt64(bitPattern: fields.long(0))), text: fields.text(1),
                version: Version(fields.long(2))
            )
        }
        var entries: [StoredEntry<Job>] = []
        for entry in texts {
            do throws(WireError) {
                let job = try StateManifest.job(entry.text)
                guard job.id == entry.id else {
                    throw WireError(.malformed, "the entry of job \(entry.id) holds job \(job.id)")
                }
                entries.append(StoredEntry(value: job, version: entry.version))
            } catch { throw DecodeError(.malformed, at: 0, "\(error)") }
        }
        return entries
    }

    static func receipts(_ bytes: [UInt8]) throws(DecodeError) -> [IngestReceipt] {
        try records(bytes, ParsedSchemas.receiptEntry) { fields in
            var receipt = IngestReceipt(
                name: fields.text(0), contentHash: fields.text(1), rowCount: fields.long(2),
                fileCount: fields.long(3))
            receipt.version = Version(fields.long(4))
            receipt.timestamp = fields.long(5)
            return receipt
        }
    }

    private static func records<R>(
        _ bytes: [UInt8], _ schema: AvroSchema, _ make: (RecordFields) -> R
    ) throws(DecodeError) -> [R] {
        let values = try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.values(as: schema)
        }
        return values.map { make(RecordFields($0)) }
    }
}

/// The fields of one record by their place in our schema. The plan that read them made them fit, so a value
/// of another kind cannot be met.
struct RecordFields {
    private let values: [AvroValue]

    init(_ value: AvroValue) {
        if case .record(let values) = value.unwrapped { self.values = values } else { values = [] }
    }

    func long(_ index: Int) -> Int64 { values[index].integerValue ?? 0 }
    func optionalLong(_ index: Int) -> Int64? { values[index].integerValue }
    func text(_ index: Int) -> ByteString { values[index].bytesValue ?? "" }
    func optionalText(_ index: Int) -> ByteString? { values[index].bytesValue }
    func fileID(_ index: Int) -> FileID { FileID(UInt64(bitPattern: long(index))) }

    func boolean(_ index: Int) -> Bool { optionalBoolean(index) ?? false }

    func optionalBoolean(_ index: Int) -> Bool? {
        if case .boolean(let value) = values[index].unwrapped { value } else { nil }
    }

    func items(_ index: Int) -> [AvroValue] {
        if case .array(let items) = values[index].unwrapped { items } else { [] }
    }

    /// nil where the map is null.
    func entries(_ index: Int) -> [AvroValue.Entry]? {
        if case .map(let entries) = values[index].unwrapped { entries } else { nil }
    }

    /// nil where the record is null.
    func record(_ index: Int) -> RecordFields? {
        if case .record = values[index].unwrapped { RecordFields(values[index]) } else { nil }
    }
}
