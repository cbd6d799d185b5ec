import Bytes
import JSON
import Metadata

// The lines of a checkpoint that no version file has: what a state holds that is the result of many commits.
extension ActionWire {
    /// `{"firn":{"op":"schema","id":"…","text":"…"}}`: a schema that the table has or had.
    static func writeSchema(id: ByteString, text: ByteString, to writer: inout JSONWriter) {
        operation("schema", to: &writer) { writer in
            writer.field("id", id)
            writer.field("text", text)
        }
    }

    static func write(_ reference: FileReference, writtenAt version: Version, to writer: inout JSONWriter) {
        operation("putReference", to: &writer) { writer in
            write(reference, to: &writer)
            writer.field("writtenAtVersion", version.rawValue)
        }
    }

    static func write(_ partition: Partition, writtenAt version: Version, to writer: inout JSONWriter) {
        operation("putPartition", to: &writer) { writer in
            write(partition, to: &writer)
            writer.field("writtenAtVersion", version.rawValue)
        }
    }

    /// `{"firn":{"op":"garbage",…}}`: a file that nothing references and that waits to be deleted.
    static func write(_ garbage: GarbageEntry, writtenAt version: Version, to writer: inout JSONWriter) {
        operation("garbage", to: &writer) { writer in
            writer.field("file", garbage.file.description)
            writer.field("path", garbage.path)
            writer.field("size", garbage.sizeBytes)
            writer.field("addedAtVersion", garbage.addedAtVersion.rawValue)
            writer.field("removedAtVersion", garbage.removedAtVersion.rawValue)
            writer.field("removedAtTimestamp", garbage.removedAtTimestamp)
            writer.optional("job", garbage.job?.description)
            writer.optional("condemnedAtVersion", garbage.condemnedAtVersion?.rawValue)
            writer.field("writtenAtVersion", version.rawValue)
        }
    }

    static func garbage(_ wire: WireObject) throws(WireError) -> GarbageEntry {
        GarbageEntry(
            file: try wire.fileID("file"), path: try wire.string("path"), sizeBytes: try wire.integer("size"),
            addedAtVersion: Version(try wire.integer("addedAtVersion")),
            removedAtVersion: Version(try wire.integer("removedAtVersion")),
            removedAtTimestamp: try wire.integer("removedAtTimestamp"),
            job: try wire.optionalHex("job").map(JobID.init),
            condemnedAtVersion: try wire.optionalInteger("condemnedAtVersion").map { Version($0) })
    }

    /// As in a version file, with the version and time of the first commit.
    static func writeStamped(_ job: Job, to writer: inout JSONWriter) {
        operation("putJob", to: &writer) { write(job, stamped: true, to: &$0) }
    }

    static func writeStamped(_ receipt: IngestReceipt, to writer: inout JSONWriter) {
        operation("receipt", to: &writer) { write(receipt, stamped: true, to: &$0) }
    }

    private static func operation(
        _ name: String, to writer: inout JSONWriter, _ fields: (inout JSONWriter) -> Void
    ) {
        writer.beginObject()
        writer.key("firn")
        writer.beginObject()
        writer.field("op", name)
        fields(&writer)
        writer.endObject()
        writer.endObject()
    }
}
