import Bytes
import JSON
import Metadata

/// Looks for the definition of a table that another program wrote: its newest state may lack it.
enum ForeignDefinition {
    /// That of version 0; where its file is gone, that of the newest state or checkpoint that has one.
    static func find(in store: LogStorage) throws(LogError) -> TableDefinition {
        let text = try text(in: store)
        do throws(WireError) { return try ActionWire.definition(WireObject("metaData", .object(text))) } catch
        {
            throw .damaged(file: store.path.logDirectory.display, line: nil, error)
        }
    }

    /// The object of the `metaData` that ``find(in:)`` reads.
    static func text(in store: LogStorage) throws(LogError) -> JSONObject {
        if let first = try store.text(of: Version(0)), let found = try text(in: [first]) { return found }
        let listing = try store.listing(from: nil)
        let reader = StateReader(store, LogOptions())
        for version in listing.states.reversed() {
            let manifest = try readable { () throws(LogError) in try reader.manifest(version) }
            if let found = try manifest?.metaData() { return found }
        }
        for version in listing.checkpoints.reversed() {
            let texts = try readable { () throws(LogError) in
                try CheckpointTexts(of: version, in: store).texts
            }
            if let texts, let found = try text(in: texts) { return found }
        }
        throw .unsupported(
            "the table's metaData is neither in its first version file nor in any state or checkpoint")
    }

    /// The last `metaData` of some files of actions; nil where there is none.
    static func text(in texts: [CheckpointTexts.Text]) throws(LogError) -> JSONObject? {
        var found: JSONObject?
        for text in texts {
            try ForeignCheckpoint.forEachLine(of: text, like: "\"metaData\"") {
                (key, value) throws(WireError) in
                if key == "metaData" { found = try WireObject("metaData", value).object }
            }
        }
        return found
    }

    /// nil for what is damaged: another place may have what is looked for.
    private static func readable<T>(_ read: () throws(LogError) -> T) throws(LogError) -> T? {
        do throws(LogError) { return try read() } catch {
            guard error.isDamage else { throw error }
            return nil
        }
    }
}

extension StateManifest {
    /// What `metadata` says: `{"metaData":{…}}`, or the object alone; nil where it is absent.
    func metaData() throws(LogError) -> JSONObject? {
        guard let metadata else { return nil }
        let value = try? JSONValue.parse(metadata.bytes)
        guard let object = (value?["metaData"] ?? value)?.objectValue else {
            throw .damaged(file: LogPath.stateName(version).display, line: nil, "metadata is no JSON object")
        }
        return object
    }
}

/// Where IndexTables keeps the texts of schemas that files refer to by their hash.
enum ForeignRegistry {
    /// Of a table's configuration, and of the newer states.
    static let prefix: ByteString = "docMappingSchema."
    /// Of the format's document.
    private static let documented: ByteString = "_schema_"

    /// The hash alone, as files refer to it: older states have it so, newer ones behind a word.
    static func id(_ key: ByteString) -> ByteString {
        for prefix in [prefix, documented] where key.hasPrefix(prefix) && key.count > prefix.count {
            return ByteString(key.bytes[prefix.count...])
        }
        return key
    }
}

/// How a state of IndexTables names its manifests.
enum ForeignManifestPath {
    private static let logDirectory: ByteString = "/_transaction_log/"

    /// The manifest's path below the log's directory.
    ///
    /// `manifests/x.avro` and `state-v…/x.avro` are that already, `x.avro` lies in the state's own directory,
    /// and an absolute URI counts from the log's directory on: a table may have been moved since.
    static func relative(_ path: ByteString, state version: Version) -> ByteString {
        let bytes = path.bytes
        if !bytes.contains(UInt8(ascii: "/")) { return LogPath.stateName(version) + "/" + path }
        let marker = logDirectory.bytes
        guard bytes.count > marker.count else { return path }
        for start in stride(from: bytes.count - marker.count, through: 0, by: -1)
        where bytes[start] == marker[0] && bytes[start...].starts(with: marker) {
            return ByteString(bytes[(start + marker.count)...])
        }
        return path
    }
}
