import Avro
import Bytes
import Compression
import JSON
import Metadata
import Platform
import Storage
import TestKit
import TransactionLog

/// Writes tables as IndexTables lays them out, in each of its dialects, into a storage in memory.
struct ForeignLayout {
    /// Which fields an entry has.
    enum Dialect: Int, CaseIterable, Sendable { case document = 18, scala = 21, rust = 25, later = 27 }

    struct File {
        var path: ByteString
        var values: [(ByteString, ByteString)] = []
        var size: Int64
        var version: Int64 = 0
    }

    struct Manifest {
        /// As the state names it.
        var path: ByteString
        var files: [File]
        /// Where it lies, where that is not `path`.
        var place: ByteString?
    }

    struct State {
        var version: Int64
        var createdAt: Int64
        var manifests: [Manifest]
        var tombstones: [ByteString] = []
        var registry: [(ByteString, ByteString)] = []
        var metadata: ByteString?
        var protocolVersion: Int32 = 4
    }

    let storage = MemoryStorage()
    var dialect = Dialect.rust
    var codec = AvroCodec.zstandard()

    static let metaData = """
        {"id":"a-b","name":null,"format":{"provider":"indextables","options":{}},\
        "schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"d\\",\\"type\\":\\"string\\"},\
        {\\"name\\":\\"n\\",\\"type\\":\\"integer\\"}]}","partitionColumns":["d"],\
        "configuration":{"docMappingSchema.hashhashhashhash":"[1]","other":"x"},"createdTime":17}
        """
    static let first = """
        {"protocol":{"minReaderVersion":4,"minWriterVersion":4}}
        {"metaData":\(metaData)}

        """

    func put(_ name: ByteString, _ text: String) throws {
        try storage.putIfAbsent(SampleLog.path.directory + name, Array(text.utf8))
    }

    func putVersion(_ version: Int64, _ text: String) throws {
        try put(LogPath.versionFileName(Version(version)), text)
    }

    func put(_ state: State) throws {
        for manifest in state.manifests {
            let place = manifest.place ?? manifest.path
            try storage.putIfAbsent(SampleLog.path.directory + place, encode(manifest.files))
        }
        let schema = try AvroSchema.parse(Self.stateSchema)
        var file = AvroFileWriter(schema: schema, codec: codec, syncMarker: SeededEntropy().bytes(16))
        try file.append { encoder throws(AvroMismatch) in try encoder.encode(Self.value(state), schema) }
        try storage.putIfAbsent(SampleLog.path.stateManifest(Version(state.version)), file.finish())
    }

    func open(_ options: LogOptions = SampleLog.options) throws -> TransactionLog {
        try TransactionLog.open(
            storage: storage, table: SampleLog.table, clock: ManualClock(), entropy: SeededEntropy(),
            options: options)
    }

    // MARK: Avro

    private func encode(_ files: [File]) throws -> [UInt8] {
        let schema = try AvroSchema.parse(Self.entrySchema(dialect))
        var writer = AvroFileWriter(schema: schema, codec: codec, syncMarker: SeededEntropy().bytes(16))
        for file in files {
            let value = AvroValue.record(Self.fields(dialect).map { Self.value(of: $0.name, file) })
            try writer.append { encoder throws(AvroMismatch) in try encoder.encode(value, schema) }
        }
        return writer.finish()
    }

    private static func value(of field: String, _ file: File) -> AvroValue {
        func some(_ value: AvroValue) -> AvroValue { .union(1, value) }
        let bounds = AvroValue.map([AvroValue.Entry("n", .string("1"))])
        switch field {
        case "path": return .string(file.path)
        case "partitionValues": return .map(file.values.map { AvroValue.Entry($0.0, .string($0.1)) })
        case "size": return .long(file.size)
        case "modificationTime": return .long(17)
        case "dataChange": return .boolean(true)
        case "minValues", "maxValues": return some(bounds)
        case "numRecords": return some(.long(file.size + 1))
        case "hasFooterOffsets": return .boolean(false)
        case "splitTags": return some(.array([.string("t")]))
        case "docMappingRef": return some(.string("hashhashhashhash"))
        case "deleteOpstamp": return some(.long(5))
        case "timeRangeStart": return some(.string("2024-01-01T00:00:00Z"))
        case "companionSourceFiles": return some(.array([.string("a.parquet"), .string("b.parquet")]))
        case "companionDeltaVersion": return some(.long(12))
        case "companionFastFieldMode": return some(.string("HYBRID"))
        case "addedAtVersion": return .long(file.version)
        case "addedAtTimestamp": return .long(file.version * 1000)
        case "laterText": return .string("later")
        case "laterMap": return .map([AvroValue.Entry("a", .array([.double(1.5)]))])
        default: return .union(0, .null)
        }
    }

    private static func value(_ state: State) -> AvroValue {
        let manifests = state.manifests.map { manifest in
            AvroValue.record([
                .string(manifest.path), .long(Int64(manifest.files.count)), .long(0), .long(0),
                .union(0, .null), .long(0), .long(-1),
            ])
        }
        return .record([
            .int(1), .long(state.version), .long(state.createdAt),
            .long(Int64(state.manifests.reduce(0) { $0 + $1.files.count } - state.tombstones.count)),
            .long(0), .array(manifests), .array(state.tombstones.map { .string($0) }),
            .map(state.registry.map { AvroValue.Entry($0.0, .string($0.1)) }), .int(state.protocolVersion),
            state.metadata.map { .union(1, .string($0)) } ?? .union(0, .null),
        ])
    }
}
