package import Bytes
import JSON
package import Metadata

/// `_last_checkpoint`: where the newest state was when it was written.
package struct LastCheckpoint: Hashable, Sendable {
    package var version: Version
    /// Live files, under two names.
    package var fileCount: Int64
    /// Of the live data files, not of the state.
    package var totalBytes: Int64
    package var createdTime: Int64
    /// Set where the state is a JSON checkpoint.
    package var checkpoint: Checkpoint?

    /// What the format before Avro says of a checkpoint.
    package struct Checkpoint: Hashable, Sendable {
        package var lineCount: Int64
        /// nil for one file.
        package var parts: Int?
        package var id: ByteString?
    }

    package init(version: Version, fileCount: Int64, totalBytes: Int64, createdTime: Int64) {
        self.version = version
        self.fileCount = fileCount
        self.totalBytes = totalBytes
        self.createdTime = createdTime
    }

    package var bytes: [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("version", version.rawValue)
        writer.field("size", checkpoint?.lineCount ?? fileCount)
        writer.field("sizeInBytes", totalBytes)
        writer.field("numFiles", fileCount)
        writer.field("createdTime", createdTime)
        if let checkpoint {
            // Without a format it is JSON, with an id it is of several parts: so older readers know it too.
            if let parts = checkpoint.parts { writer.field("parts", parts) }
            if let id = checkpoint.id { writer.field("checkpointId", id) }
        } else {
            writer.field("format", "avro-state")
            writer.field("stateDir", LogPath.stateName(version))
        }
        writer.endObject()
        return writer.bytes
    }

    /// nil for anything that does not name a version: a hint that cannot be read is no hint.
    package static func version(in bytes: [UInt8]) -> Version? {
        guard let value = try? JSONValue.parse(bytes), let version = value["version"]?.int64Value,
            version >= 0
        else { return nil }
        return Version(version)
    }
}
