import Bytes
import JSON
import Metadata

/// The text of a JSON checkpoint: of its one file, or of all the parts that its file lists, in order.
struct CheckpointTexts {
    struct Text {
        var name: ByteString
        var bytes: [UInt8]
    }

    var texts: [Text]

    /// Throws `damaged` for a checkpoint that is not there, or not whole.
    init(of version: Version, in store: LogStorage) throws(LogError) {
        let main = try Self.text(LogPath.checkpointName(version), store)
        guard let list = Self.list(main.bytes) else {
            texts = [main]
            return
        }
        texts = []
        for name in try Self.parts(list, of: version) { texts.append(try Self.text(name, store)) }
    }

    private static func text(_ name: ByteString, _ store: LogStorage) throws(LogError) -> Text {
        guard let bytes = try store.read(store.path.directory + name) else {
            throw .damaged(file: name.display, line: nil, "the checkpoint is not whole: this file is missing")
        }
        do throws(DecodeError) {
            return Text(name: name, bytes: try ForeignVersionFile.decompressed(bytes) ?? bytes)
        } catch {
            throw .damaged(file: name.display, line: nil, error)
        }
    }

    /// True for the file of a checkpoint of several parts.
    static func isList(_ bytes: [UInt8]) -> Bool { list(bytes) != nil }

    /// The list of parts, which is one object; nil where the file has the actions themselves, a line each.
    private static func list(_ text: [UInt8]) -> JSONValue? {
        let first = text.prefix { $0 != 0x0A }
        let value = (try? JSONValue.parse(Array(first))) ?? (try? JSONValue.parse(text))
        guard let value, value["parts"]?.arrayValue != nil else { return nil }
        return value
    }

    private static func parts(_ list: JSONValue, of version: Version) throws(LogError) -> [ByteString] {
        let file = LogPath.checkpointName(version).display
        if let format = list["format"]?.stringValue, format != "json" {
            throw .unsupported("\(file): the format of its parts is \"\(format.display)\", not \"json\"")
        }
        if let stated = list["version"]?.int64Value, stated != version.rawValue {
            throw .damaged(file: file, line: 1, "it says that it is version \(stated)")
        }
        var names: [ByteString] = []
        for part in list["parts"]?.arrayValue ?? [] {
            // A part lies beside the list, however it is named there.
            let path = part.stringValue ?? ""
            let name = path.bytes.lastIndex(of: UInt8(ascii: "/")).map { ByteString(path.bytes[($0 + 1)...]) }
            guard let found = CheckpointFile(name: name ?? path), found.part != nil, found.version == version
            else {
                throw .damaged(file: file, line: 1, "\"\(path.display)\" is no part of version \(version)")
            }
            names.append(found.name)
        }
        guard !names.isEmpty else { throw .damaged(file: file, line: 1, "it lists no part") }
        return names
    }
}
