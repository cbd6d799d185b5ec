import Bytes
import JSON
import Metadata

// Jobs and receipts. In a version file they carry no version and time of their own, those are the commit's;
// in a state they do.
extension ActionWire {
    static func write(_ job: Job, stamped: Bool, to writer: inout JSONWriter) {
        writer.field("job", job.id.description)
        writer.field("partition", job.partition.name)
        writer.fileIDs("inputs", job.inputs)
        if !job.finishes.isEmpty { write(finishes: job.finishes, to: &writer) }
        if !job.parts.isEmpty { write(parts: job.parts, to: &writer) }
        writer.optional("proof", job.proof)
        writer.field("status", job.status.rawValue)
        writer.field("attempt", job.attempt)
        writer.optional("session", job.session?.description)
        writer.field("strategy", job.strategy)
        writer.field("reason", job.reason)
        writer.field("failures", job.failureCount)
        writer.optional("lastError", job.lastError)
        // A job that is put again keeps the time of its first commit.
        if stamped || job.createdAtTimestamp != 0 {
            writer.field("createdAtVersion", job.createdAtVersion.rawValue)
            writer.field("createdAtTimestamp", job.createdAtTimestamp)
        }
    }

    static func job(_ wire: WireObject) throws(WireError) -> Job {
        guard let status = Job.Status(rawValue: try wire.string("status").display) else {
            throw wire.wrong("status", "waiting, running or setAside")
        }
        var job = Job(
            id: JobID(try wire.hex("job")), partition: PartitionID(try wire.string("partition")),
            inputs: try wire.fileIDs("inputs"), finishes: try finishes(wire), status: status,
            attempt: try wire.count("attempt", default: 1),
            session: try wire.optionalHex("session").map(SessionID.init),
            strategy: try wire.optionalString("strategy") ?? "",
            reason: try wire.optionalString("reason") ?? "")
        job.parts = try parts(wire)
        job.proof = try wire.optionalInteger("proof")
        job.failureCount = try wire.count("failures", default: 0)
        job.lastError = try wire.optionalString("lastError")
        job.createdAtVersion = Version(try wire.optionalInteger("createdAtVersion") ?? 0)
        job.createdAtTimestamp = try wire.optionalInteger("createdAtTimestamp") ?? 0
        return job
    }

    /// `"finishes":[{"file":…,"partition":…},…]`.
    private static func write(finishes references: [ReferenceKey], to writer: inout JSONWriter) {
        writer.key("finishes")
        writer.beginArray()
        for reference in references {
            writer.beginObject()
            writer.field("file", reference.file.description)
            writer.field("partition", reference.partition.name)
            writer.endObject()
        }
        writer.endArray()
    }

    private static func finishes(_ wire: WireObject) throws(WireError) -> [ReferenceKey] {
        try objects(wire, "finishes") { (reference) throws(WireError) in
            ReferenceKey(
                file: try reference.fileID("file"),
                partition: PartitionID(try reference.string("partition")))
        }
    }

    static func write(_ receipt: IngestReceipt, stamped: Bool, to writer: inout JSONWriter) {
        writer.field("name", receipt.name)
        writer.field("hash", receipt.contentHash)
        writer.field("rows", receipt.rowCount)
        writer.field("files", receipt.fileCount)
        if stamped {
            writer.field("version", receipt.version.rawValue)
            writer.field("timestamp", receipt.timestamp)
        }
    }

    static func receipt(_ wire: WireObject) throws(WireError) -> IngestReceipt {
        var receipt = IngestReceipt(
            name: try wire.string("name"), contentHash: try wire.string("hash"),
            rowCount: try wire.integer("rows"), fileCount: try wire.integer("files"))
        receipt.version = Version(try wire.optionalInteger("version") ?? 0)
        receipt.timestamp = try wire.optionalInteger("timestamp") ?? 0
        return receipt
    }
}
