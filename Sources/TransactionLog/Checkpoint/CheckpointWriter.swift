import Bytes
import Compression
import JSON
import Metadata
import Platform

/// Writes the JSON checkpoint of one version: its parts, durable, and then the one file that makes them one.
struct CheckpointWriter: Sendable {
    let store: LogStorage
    let clock: any Clock
    let entropy: any Entropy
    /// Most lines of a file, without its first and last.
    let linesPerFile: Int
    let packing: Packing

    /// How a file is packed; a list of parts never is.
    enum Packing: Hashable, Sendable { case plain, gzip, gzipBehindMagic }

    /// What was written, for the hint.
    struct Written: Sendable {
        var lineCount: Int
        /// nil for a checkpoint of one file.
        var parts: Int?
        var id: ByteString?
        var createdTime: Int64
    }

    /// nil where the version has a checkpoint already: its content is the same, or it is not whole.
    func write(_ state: TableState) throws(LogError) -> Written? {
        if try store.exists(main(state.version)) { return nil }
        let lineCount = CheckpointLines.count(state)
        let parts = max(1, (lineCount + linesPerFile - 1) / linesPerFile)
        let header = CheckpointHeader(
            version: state.version, timestamp: state.timestamp, createdTime: clock.nowMilliseconds(),
            fileCount: Int64(state.fileCount), totalBytes: state.totalBytes, part: 1, parts: parts)
        let set = CheckpointSet(self, version: state.version, isOneFile: parts == 1)
        var file = CheckpointFileText(header)
        var names: [ByteString] = []
        try CheckpointLines.forEach(of: state) { (line) throws(LogError) in
            if file.lineCount > linesPerFile {
                names.append(try set.put(file.finish(), number: names.count + 1))
                var next = header
                next.part = names.count + 1
                file = CheckpointFileText(next)
            }
            try file.append(line)
        }
        if parts == 1 {
            guard try put(main(state.version), packed(file.finish())) else { return nil }
            return Written(lineCount: lineCount, parts: nil, id: nil, createdTime: header.createdTime)
        }
        names.append(try set.put(file.finish(), number: names.count + 1))
        precondition(names.count == parts, "a checkpoint of \(parts) parts was written as \(names.count)")
        guard try set.commit(names, createdTime: header.createdTime) else { return nil }
        return Written(lineCount: lineCount, parts: parts, id: set.id, createdTime: header.createdTime)
    }

    func main(_ version: Version) -> ByteString { store.path.directory + LogPath.checkpointName(version) }

    /// False where there is such an object.
    func put(_ key: ByteString, _ bytes: [UInt8]) throws(LogError) -> Bool {
        switch store.create(key, bytes) {
        case .created: return true
        case .exists: return false
        case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
        }
    }

    func packed(_ bytes: [UInt8]) -> [UInt8] {
        if packing == .plain { return bytes }
        var output: [UInt8] = packing == .gzip ? [] : [1, 1]
        Compressor(.gzip()).compress(bytes, into: &output)
        return output
    }
}

/// The files of one attempt at a checkpoint of several parts.
struct CheckpointSet {
    let id: ByteString
    private let writer: CheckpointWriter
    private let version: Version

    init(_ writer: CheckpointWriter, version: Version, isOneFile: Bool) {
        self.writer = writer
        self.version = version
        id = isOneFile ? "" : ByteString(Hex.string(writer.entropy.uint64()))
    }

    func put(_ bytes: [UInt8], number: Int) throws(LogError) -> ByteString {
        let name = LogPath.checkpointPartName(version, id: id, number: number)
        guard try writer.put(writer.store.path.directory + name, writer.packed(bytes)) else {
            throw .damaged(file: name.display, line: nil, "another attempt has this name; try again")
        }
        return name
    }

    /// Lists the parts: with this they are the checkpoint. False where another writer was first.
    func commit(_ names: [ByteString], createdTime: Int64) throws(LogError) -> Bool {
        var list = JSONWriter()
        list.beginObject()
        list.field("version", version.rawValue)
        list.field("checkpointId", id)
        list.strings("parts", names)
        list.field("createdTime", createdTime)
        list.field("format", "json")
        list.endObject()
        return try writer.put(writer.main(version), list.bytes)
    }
}

/// One file of a checkpoint of ours on its way: a header, lines, and the end that counts them.
struct CheckpointFileText {
    private var writer = JSONWriter(capacity: 1 << 16)
    /// With the header.
    private(set) var lineCount = 1

    init(_ header: CheckpointHeader) {
        header.write(to: &writer)
        writer.endLine()
    }

    mutating func append(
        _ line: (inout JSONWriter) throws(WireError) -> Void
    ) throws(LogError) {
        do throws(WireError) { try line(&writer) } catch {
            throw .unsupported("a line of the checkpoint cannot be written: \(error.message)")
        }
        writer.endLine()
        lineCount += 1
    }

    func finish() -> [UInt8] {
        var writer = writer
        VersionFile.writeEnd(lineCount: lineCount, to: &writer)
        return writer.bytes
    }
}
