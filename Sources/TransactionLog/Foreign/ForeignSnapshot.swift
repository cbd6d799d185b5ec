import Avro
import Bytes
import JSON
import Metadata

/// A table of IndexTables at one version, with everything that its files say: what its state is written anew
/// from.
///
/// It is found and replayed as every state is; the actions are taken as they stand in the files.
struct ForeignSnapshot: Sendable {
    private(set) var version: Version
    private(set) var definition: TableDefinition
    /// The object of `metaData`.
    private(set) var metaData: JSONObject
    /// The object of `protocol`; of a state the one number that it has.
    private(set) var tableProtocol: JSONObject
    /// Schemas as the newest state names them.
    private(set) var registry: [(key: ByteString, text: ByteString)] = []
    /// The objects of `mergeskip` since the newest state, and those of a checkpoint.
    private(set) var skips: [JSONValue] = []
    private let store: LogStorage
    private var entries: [ForeignEntry?] = []
    private var places: [ByteString: Int] = [:]

    /// The live files, in no order.
    var files: [ForeignEntry] { entries.compactMap { $0 } }

    private init(_ version: Version, metaData: JSONObject, _ store: LogStorage) throws(WireError) {
        self.version = version
        self.store = store
        self.metaData = metaData
        definition = try ActionWire.definition(WireObject("metaData", .object(metaData)))
        tableProtocol = ["minReaderVersion": 1, "minWriterVersion": 1]
    }

    private mutating func put(_ entry: ForeignEntry) {
        if let place = places[entry.path] {
            entries[place] = entry
        } else {
            places[entry.path] = entries.count
            entries.append(entry)
        }
    }

    private mutating func remove(_ path: ByteString) {
        if let place = places.removeValue(forKey: path) { entries[place] = nil }
    }

    /// Takes one action as it stands in a version file or checkpoint.
    private mutating func take(
        _ key: ByteString, _ value: JSONValue, version: Int64, timestamp: Int64?
    ) throws(WireError) {
        switch key {
        case "add":
            let modified = value["modificationTime"]?.int64Value ?? 0
            put(try ForeignEntry(value, version: version, timestamp: timestamp ?? modified))
        case "remove": remove(try WireObject("remove", value).string("path"))
        case "metaData":
            let wire = try WireObject("metaData", value)
            definition = try ActionWire.definition(wire)
            metaData = wire.object
        case "protocol": tableProtocol = try WireObject("protocol", value).object
        case "mergeskip", "skip": skips.append(value)
        default: throw WireError(.unsupported, "the action \"\(key)\" is unknown")
        }
    }
}

extension ForeignSnapshot: ReplayTarget {
    init(state version: Version, _ reader: StateReader) throws(LogError) {
        let manifest = try reader.manifest(version)
        let store = reader.store
        let text: JSONObject
        if let own = try manifest.metaData() {
            text = own
        } else {
            text = try ForeignDefinition.text(in: store)
        }
        try self.init(checked: version, metaData: text, store, LogPath.stateName(version))
        let number = JSONValue.integer(Int64(manifest.protocolVersion))
        tableProtocol = ["minReaderVersion": number, "minWriterVersion": number]
        registry = manifest.schemaRegistry.map { (key: $0.id, text: $0.text) }
        for info in manifest.files.manifests {
            let found = try Self.entries(of: info, reader)
            for entry in found { put(entry) }
        }
        for path in manifest.files.tombstones { remove(path) }
    }

    init(checkpoint version: Version, _ reader: StateReader) throws(LogError) {
        let texts = try CheckpointTexts(of: version, in: reader.store).texts
        try self.init(checked: version, texts, reader.store)
        for text in texts {
            try ForeignCheckpoint.forEachLine(of: text) { (key, value) throws(WireError) in
                try take(key, value, version: 0, timestamp: nil)
            }
        }
    }

    init(first transactions: [CommittedTransaction], _ reader: StateReader) throws(LogError) {
        let version = Version(0)
        guard let text = try reader.store.text(of: version) else { throw .expired(version) }
        try self.init(checked: version, [text], reader.store)
        try take(text, version, transactions.last?.timestamp)
    }

    mutating func apply(_ transactions: [CommittedTransaction]) throws(LogError) {
        let next = version.next
        guard let text = try store.text(of: next) else { throw .expired(next) }
        version = next
        try take(text, next, transactions.last?.timestamp)
    }

    private mutating func take(
        _ text: CheckpointTexts.Text, _ version: Version, _ timestamp: Int64?
    ) throws(LogError) {
        try ForeignCheckpoint.forEachLine(of: text) { (key, value) throws(WireError) in
            try take(key, value, version: version.rawValue, timestamp: timestamp)
        }
    }

    /// With the metaData that stands in the texts.
    private init(
        checked version: Version, _ texts: [CheckpointTexts.Text], _ store: LogStorage
    ) throws(LogError) {
        let name = texts.first?.name ?? LogPath.checkpointName(version)
        guard let found = try ForeignDefinition.text(in: texts) else {
            throw .damaged(file: name.display, line: nil, "there is no metaData")
        }
        try self.init(checked: version, metaData: found, store, name)
    }

    private init(
        checked version: Version, metaData: JSONObject, _ store: LogStorage, _ file: ByteString
    ) throws(LogError) {
        do throws(WireError) { try self.init(version, metaData: metaData, store) } catch {
            throw .damaged(file: file.display, line: nil, error)
        }
        guard definition.provider != "firn" else { throw .unsupported("the table is Firn's own") }
    }

    private static func entries(
        of info: ManifestInfo, _ reader: StateReader
    ) throws(LogError) -> [ForeignEntry] {
        guard let bytes = try reader.store.read(reader.store.path.directory + info.path) else {
            throw .damaged(file: info.path.display, line: nil, "the manifest is missing")
        }
        let content: (schema: AvroSchema, values: [AvroValue])
        do throws(DecodeError) {
            content = try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
                (file.schema, try file.values())
            }
        } catch {
            throw .damaged(file: info.path.display, line: nil, error)
        }
        guard content.values.count == Int(info.entryCount) else {
            throw .damaged(
                file: info.path.display, line: nil,
                "\(info.entryCount) entries are announced, \(content.values.count) are there")
        }
        var entries: [ForeignEntry] = []
        for value in content.values {
            do throws(WireError) { entries.append(try ForeignEntry(value, of: content.schema)) } catch {
                throw .damaged(file: info.path.display, line: nil, error)
            }
        }
        return entries
    }
}

extension LogStorage {
    /// The text of a version file; nil where it is not there.
    func text(of version: Version) throws(LogError) -> CheckpointTexts.Text? {
        let name = LogPath.versionFileName(version)
        guard let bytes = try read(path.directory + name) else { return nil }
        do throws(DecodeError) {
            return CheckpointTexts.Text(
                name: name, bytes: try ForeignVersionFile.decompressed(bytes) ?? bytes)
        } catch {
            throw .damaged(file: name.display, line: nil, error)
        }
    }
}
