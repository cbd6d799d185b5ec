import Bytes
import JSON
import Metadata

/// A JSON checkpoint of IndexTables: the actions that make the state of a version, in the form of its version
/// files.
enum ForeignCheckpoint {
    /// The lines do not say when a file was added: its version is 0, unknown.
    static func decode(
        _ texts: [CheckpointTexts.Text], version: Version
    ) throws(LogError) -> TableState {
        var wire = ForeignWire()
        var content = Content()
        for text in texts {
            try forEachLine(of: text) { (key, value) throws(WireError) in
                // The definition stands before the files that it describes; where it does not, there is none.
                if key == "add", wire.partitionColumns == nil {
                    throw WireError(.malformed, "a file stands before the metaData")
                }
                content.take(try wire.action(key, value))
            }
        }
        let name = LogPath.checkpointName(version).display
        guard let definition = content.definition else {
            throw .damaged(file: name, line: nil, "there is no metaData")
        }
        // A table without a protocol is of the first one.
        let tableProtocol =
            content.tableProtocol ?? TableProtocol(minReaderVersion: 1, minWriterVersion: 1)
        var facts = TableState.Facts(
            version: version, timestamp: wire.timestamp, tableProtocol: tableProtocol, definition: definition)
        facts.files.add(content.files.compactMap { $0 })
        return TableState(facts)
    }

    /// Calls `body` with the one member of each line; where `key` is given, of those that begin with it.
    static func forEachLine(
        of text: CheckpointTexts.Text, like key: ByteString? = nil,
        _ body: (ByteString, JSONValue) throws(WireError) -> Void
    ) throws(LogError) {
        for (index, line) in VersionFile.lineRanges(text.bytes).enumerated() where !line.isEmpty {
            if let key, !begins(text.bytes[line], with: key) { continue }
            do throws(WireError) {
                let (key, value) = try VersionFile.member(text.bytes, line)
                try body(key, value)
            } catch {
                throw .damaged(file: text.name.display, line: index + 1, error)
            }
        }
    }

    /// Whether the key stands behind the brace and white space.
    private static func begins(_ line: ArraySlice<UInt8>, with key: ByteString) -> Bool {
        line.drop { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") }.starts(with: key.bytes)
    }

    /// What the actions so far leave.
    private struct Content {
        var tableProtocol: TableProtocol?
        var definition: TableDefinition?
        var files: [FileEntry?] = []
        private var places: [ByteString: Int] = [:]

        mutating func take(_ action: Action) {
            switch action {
            case .tableProtocol(let found): tableProtocol = found
            case .definition(let found): definition = found
            case .add(let entry):
                if let place = places[entry.path] {
                    files[place] = entry
                } else {
                    places[entry.path] = files.count
                    files.append(entry)
                }
            case .remove(let removal):
                if let place = places.removeValue(forKey: removal.path) { files[place] = nil }
            case .mergeSkip, .operation: break
            }
        }
    }
}
