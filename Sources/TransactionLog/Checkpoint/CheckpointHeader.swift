import Bytes
import JSON
import Metadata

/// The first line of every file of a checkpoint of ours: what the checkpoint is, and which of its files this is.
struct CheckpointHeader: Equatable {
    static let key: ByteString = "checkpoint"

    var version: Version
    /// Of the commit that made the version, epoch milliseconds.
    var timestamp: Int64
    /// When the checkpoint was written.
    var createdTime: Int64
    var fileCount: Int64
    var totalBytes: Int64
    /// Counts from 1.
    var part: Int
    var parts: Int
}

extension CheckpointHeader {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key(Self.key)
        writer.beginObject()
        writer.field("version", version.rawValue)
        writer.field("timestamp", timestamp)
        writer.field("createdTime", createdTime)
        writer.field("numFiles", fileCount)
        writer.field("totalBytes", totalBytes)
        writer.field("part", part)
        writer.field("parts", parts)
        writer.endObject()
        writer.endObject()
    }

    init(_ wire: WireObject) throws(WireError) {
        version = Version(try wire.integer("version"))
        timestamp = try wire.integer("timestamp")
        createdTime = try wire.integer("createdTime")
        fileCount = try wire.integer("numFiles")
        totalBytes = try wire.integer("totalBytes")
        part = try wire.count("part", default: 0)
        parts = try wire.count("parts", default: 0)
    }
}
