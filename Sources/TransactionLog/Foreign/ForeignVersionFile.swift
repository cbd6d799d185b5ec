import Bytes
import Compression
import JSON
import Metadata
import Records

/// A version file of IndexTables: actions alone, without `commitInfo` and `end`; plain, gzip, or gzip behind
/// the two bytes `01 01`.
enum ForeignVersionFile {
    private static let maxBytes = 512 << 20

    /// The file's text; nil where the bytes are not compressed.
    static func decompressed(_ bytes: [UInt8]) throws(DecodeError) -> [UInt8]? {
        var start = 0
        if bytes.first == 0x01 {
            guard bytes.count > 1, bytes[1] == 0x01 else {
                throw DecodeError(.unsupported, at: 1, "the compression of the version file is unknown")
            }
            start = 2
        } else if bytes.prefix(2) != [0x1F, 0x8B] {
            return nil
        }
        var output: [UInt8] = []
        let result = bytes.withUnsafeBytes { buffer -> Result<Void, DecodeError> in
            do throws(DecodeError) {
                try Decompressor(.gzip()).decompress(
                    UnsafeRawBufferPointer(rebasing: buffer[start...]), limit: maxBytes, into: &output)
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
        return output
    }

    /// True where the first line is not the `commitInfo` that our own files begin with, but an action.
    static func isForeign(_ text: [UInt8]) -> Bool {
        let line = text.prefix { $0 != 0x0A }
        guard let key = (try? JSONValue.parse(Array(line)))?.objectValue?.members.first?.key else {
            return false
        }
        return ["protocol", "metaData", "add", "remove", "mergeskip", "skip"].contains(key)
    }

    /// The file as one transaction. `columns` gives the partition columns where the file has files and does
    /// not name them itself.
    static func decode(
        _ text: [UInt8], version: Version, columns: () throws(LogError) -> [ByteString]
    ) throws(LogError) -> [CommittedTransaction] {
        let name = LogPath.versionFileName(version).display
        var wire = ForeignWire()
        var actions: [Action] = []
        let lines = text.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !line.isEmpty {
            let members: [JSONObject.Member]
            do throws(DecodeError) {
                members = try JSONValue.parse(Array(line)).objectValue?.members ?? []
            } catch {
                throw .damaged(
                    file: name, line: index + 1, error.shifted(by: line.startIndex).description)
            }
            guard let member = members.first, members.count == 1 else {
                throw .damaged(file: name, line: index + 1, "the line is not an object of one key")
            }
            if member.key == "add", wire.partitionColumns == nil { wire.partitionColumns = try columns() }
            do throws(WireError) {
                actions.append(try wire.action(member.key, member.value))
            } catch {
                throw .damaged(file: name, line: index + 1, error)
            }
        }
        guard !actions.isEmpty else { throw .damaged(file: name, line: 1, "there is no action") }
        // A file that creates a table and has no protocol is of the first one.
        if wire.partitionColumns != nil, wire.hasDefinition, !wire.hasProtocol {
            actions.insert(.tableProtocol(TableProtocol(minReaderVersion: 1, minWriterVersion: 1)), at: 0)
        }
        let transaction = CommittedTransaction(
            id: CommitID(high: 0, low: UInt64(version.rawValue)), version: version, ordinal: 0,
            timestamp: wire.timestamp, operation: "WRITE", session: nil, notes: [], actions: actions)
        return [transaction]
    }
}

/// The actions of IndexTables, in all dialects that there are. An action that is not known is refused.
struct ForeignWire {
    var partitionColumns: [ByteString]?
    /// The latest time that any action names, epoch milliseconds: the file itself has none.
    private(set) var timestamp: Int64 = 0
    private(set) var hasDefinition = false
    private(set) var hasProtocol = false
    private let own = ActionWire(partitionColumns: [])

    mutating func action(_ key: ByteString, _ value: JSONValue) throws(WireError) -> Action {
        let wire = try WireObject(key.display, value)
        switch key {
        case "protocol":
            hasProtocol = true
            return .tableProtocol(try Self.tableProtocol(wire))
        case "metaData":
            let definition = try ActionWire.foreignDefinition(wire)
            hasDefinition = true
            partitionColumns = definition.partitionColumns
            timestamp = max(timestamp, definition.createdTime)
            return .definition(definition)
        case "add":
            let entry = try entry(wire)
            timestamp = max(timestamp, entry.modificationTime)
            return .add(entry)
        case "remove":
            let path = try wire.string("path")
            let removal = FileRemoval(
                path: path, id: FileID(path: path),
                deletionTimestamp: try wire.optionalInteger("deletionTimestamp") ?? 0,
                dataChange: try wire.boolean("dataChange", default: true),
                sizeBytes: try wire.optionalInteger("size"))
            timestamp = max(timestamp, removal.deletionTimestamp)
            return .remove(removal)
        case "mergeskip", "skip":
            return .mergeSkip(
                path: try wire.string("path"), reason: try wire.optionalString("reason") ?? "")
        default: throw WireError(.unsupported, "the action \"\(key)\" is unknown")
        }
    }

    private func entry(_ wire: WireObject) throws(WireError) -> FileEntry {
        let path = try wire.string("path")
        var values: [ByteString: ByteString] = [:]
        for member in try wire.optionalMembers("partitionValues") ?? [] {
            guard let value = member.value.stringValue, value != PartitionPath.null else { continue }
            values[member.key] = value
        }
        return try own.fields(
            of: wire, path: path, id: FileID(path: path),
            partitionValues: PartitionTuple((partitionColumns ?? []).map { values[$0] }))
    }

    /// The features that IndexTables knows change nothing of what is read here.
    private static let knownFeatures: Set<ByteString> = [
        "skippedFiles", "extendedMetadata", "footerOffsets", "multiPartCheckpoint", "schemaDeduplication",
        "avroState",
    ]

    static func tableProtocol(_ wire: WireObject) throws(WireError) -> TableProtocol {
        let found = try ActionWire.tableProtocol(wire)
        guard found.minReaderVersion <= 4 else {
            throw WireError(
                .unsupported,
                "the table asks for protocol \(found.minReaderVersion) of IndexTables, this program reads up to 4"
            )
        }
        if let feature = (found.readerFeatures ?? []).first(where: { !knownFeatures.contains($0) }) {
            throw WireError(.unsupported, "the table asks for the feature \"\(feature.display)\"")
        }
        return found
    }
}
