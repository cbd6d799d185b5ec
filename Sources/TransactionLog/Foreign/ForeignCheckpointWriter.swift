import Bytes
import JSON
import Metadata
import Platform

/// Writes the JSON checkpoint of a table of IndexTables in its own form: the actions of the state, a line each.
struct ForeignCheckpointWriter: Sendable {
    let writer: CheckpointWriter

    /// nil where the version has a checkpoint already.
    func write(_ snapshot: ForeignSnapshot) throws(LogError) -> CheckpointWriter.Written? {
        if try writer.store.exists(writer.main(snapshot.version)) { return nil }
        let lines = Self.lines(snapshot)
        let createdTime = writer.clock.nowMilliseconds()
        let cuts = stride(from: 0, to: lines.count, by: writer.linesPerFile).map {
            lines[$0..<min(lines.count, $0 + writer.linesPerFile)]
        }
        if cuts.count == 1 {
            let text = writer.packed(Self.text(lines[...]))
            guard try writer.put(writer.main(snapshot.version), text) else { return nil }
            return .init(lineCount: lines.count, parts: nil, id: nil, createdTime: createdTime)
        }
        let set = CheckpointSet(writer, version: snapshot.version, isOneFile: false)
        var names: [ByteString] = []
        for cut in cuts { names.append(try set.put(Self.text(cut), number: names.count + 1)) }
        guard try set.commit(names, createdTime: createdTime) else { return nil }
        return .init(lineCount: lines.count, parts: names.count, id: set.id, createdTime: createdTime)
    }

    private static func text(_ lines: ArraySlice<JSONValue>) -> [UInt8] {
        var writer = JSONWriter(capacity: 1 << 16)
        for line in lines {
            line.write(to: &writer)
            writer.endLine()
        }
        return writer.bytes
    }

    private static func lines(_ snapshot: ForeignSnapshot) -> [JSONValue] {
        var metaData = snapshot.metaData
        var configuration = metaData["configuration"]?.objectValue ?? JSONObject()
        for schema in snapshot.schemas {
            let key = ForeignRegistry.prefix + ForeignRegistry.id(schema.key)
            if configuration[key] == nil { configuration[key] = .string(schema.text) }
        }
        metaData["configuration"] = .object(configuration)
        return [
            .object(["protocol": .object(snapshot.tableProtocol)]), .object(["metaData": .object(metaData)]),
        ] + snapshot.skips.map { .object(["mergeskip": $0]) }
            + snapshot.files.sorted { $0.path < $1.path }.map { .object(["add": .object($0.add)]) }
    }
}
