import Bytes
import JSON
import Metadata

// `firn`: the changes that only Firn's tables have, told apart by `op`.
extension ActionWire {
    func write(_ operation: Action.Operation, to writer: inout JSONWriter) throws(WireError) {
        writer.beginObject()
        writer.key("firn")
        writer.beginObject()
        switch operation {
        case .putReference(let reference):
            writer.field("op", "putReference")
            Self.write(reference, to: &writer)
        case .splitReference(let split):
            writer.field("op", "splitReference")
            Self.write(split, to: &writer)
        case .removeReference(let file, let partition, let rowCount):
            writer.field("op", "removeReference")
            writer.field("file", file.description)
            writer.field("partition", partition.name)
            writer.field("rows", rowCount)
        case .putPartition(let partition):
            writer.field("op", "putPartition")
            Self.write(partition, to: &writer)
        case .removePartition(let partition):
            writer.field("op", "removePartition")
            writer.field("id", partition.name)
        case .putJob(let job):
            writer.field("op", "putJob")
            Self.write(job, stamped: false, to: &writer)
        case .removeJob(let job, let outcome):
            writer.field("op", "removeJob")
            writer.field("job", job.description)
            writer.field("outcome", outcome.rawValue)
        case .setProperty(let name, let value):
            writer.field("op", "setProperty")
            writer.field("name", name)
            writer.field("value", value)
        case .putTag(let name, let version):
            writer.field("op", "putTag")
            writer.field("name", name)
            writer.field("version", version.rawValue)
        case .removeTag(let name):
            writer.field("op", "removeTag")
            writer.field("name", name)
        case .condemn(let files):
            writer.field("op", "condemn")
            writer.fileIDs("files", files)
        case .forget(let files):
            writer.field("op", "forget")
            writer.fileIDs("files", files)
        case .declareDead(let session):
            writer.field("op", "declareDead")
            writer.field("session", session.description)
        case .forgetSessions(let sessions):
            writer.field("op", "forgetSessions")
            writer.strings("sessions", sessions.map { ByteString($0.description) })
        case .receipt(let receipt):
            writer.field("op", "receipt")
            Self.write(receipt, stamped: false, to: &writer)
        }
        writer.endObject()
        writer.endObject()
    }

    func operation(_ wire: WireObject) throws(WireError) -> Action.Operation {
        let name = try wire.string("op")
        switch name {
        case "putReference": return .putReference(try Self.reference(wire))
        case "splitReference": return .splitReference(try Self.split(wire))
        case "removeReference":
            return .removeReference(
                file: try wire.fileID("file"), partition: PartitionID(try wire.string("partition")),
                rowCount: try wire.integer("rows"))
        case "putPartition": return .putPartition(try Self.partition(wire))
        case "removePartition": return .removePartition(PartitionID(try wire.string("id")))
        case "putJob": return .putJob(try Self.job(wire))
        case "removeJob":
            guard let outcome = JobOutcome(rawValue: try wire.string("outcome").display) else {
                throw wire.wrong("outcome", "committed, cancelled or failed")
            }
            return .removeJob(JobID(try wire.hex("job")), outcome: outcome)
        case "setProperty":
            return .setProperty(name: try wire.string("name"), value: try wire.optionalString("value"))
        case "putTag":
            return .putTag(name: try wire.string("name"), version: Version(try wire.integer("version")))
        case "removeTag": return .removeTag(name: try wire.string("name"))
        case "condemn": return .condemn(try wire.fileIDs("files"))
        case "forget": return .forget(try wire.fileIDs("files"))
        case "declareDead": return .declareDead(SessionID(try wire.hex("session")))
        case "forgetSessions":
            return .forgetSessions(try wire.sessionIDs("sessions"))
        case "receipt": return .receipt(try Self.receipt(wire))
        default: throw WireError(.unsupported, "the operation \"\(name)\" is unknown")
        }
    }

    static func write(_ reference: FileReference, to writer: inout JSONWriter) {
        writer.field("file", reference.file.description)
        writer.field("partition", reference.partition.name)
        writer.field("rows", reference.rowCount)
        if reference.isEstimated { writer.field("estimated", true) }
    }

    static func reference(_ wire: WireObject) throws(WireError) -> FileReference {
        FileReference(
            file: try wire.fileID("file"), partition: PartitionID(try wire.string("partition")),
            rowCount: try wire.integer("rows"), isEstimated: try wire.boolean("estimated", default: false))
    }

    /// `{"file":…,"partition":…,"into":[{"partition":…,"rows":…,"estimated":true},…]}`.
    static func write(_ split: ReferenceSplit, to writer: inout JSONWriter) {
        writer.field("file", split.file.description)
        writer.field("partition", split.partition.name)
        writer.key("into")
        writer.beginArray()
        for part in split.parts {
            writer.beginObject()
            writer.field("partition", part.partition.name)
            writer.field("rows", part.rowCount)
            if part.isEstimated { writer.field("estimated", true) }
            writer.endObject()
        }
        writer.endArray()
    }

    static func split(_ wire: WireObject) throws(WireError) -> ReferenceSplit {
        let file = try wire.fileID("file")
        let parts = try objects(wire, "into") { (part) throws(WireError) in
            FileReference(
                file: file, partition: PartitionID(try part.string("partition")),
                rowCount: try part.integer("rows"),
                isEstimated: try part.boolean("estimated", default: false))
        }
        return ReferenceSplit(
            file: file, partition: PartitionID(try wire.string("partition")), parts: parts)
    }

    /// The root's values are an array here: a partition's tuple is looked at with its table's columns.
    static func write(_ partition: Partition, to writer: inout JSONWriter) {
        writer.field("id", partition.id.name)
        writer.key("root")
        writer.beginArray()
        for value in partition.root.values {
            if let value { writer.value(value) } else { writer.null() }
        }
        writer.endArray()
        writer.optional("parent", partition.parent?.name)
        writer.strings("children", partition.children.map(\.name))
        writer.optional("minKey", partition.minKey.map(HexBytes.text))
        writer.optional("maxKey", partition.maxKey.map(HexBytes.text))
    }

    static func partition(_ wire: WireObject) throws(WireError) -> Partition {
        Partition(
            id: PartitionID(try wire.string("id")), root: try arrayTuple(wire, "root"),
            parent: try wire.optionalString("parent").map(PartitionID.init),
            children: (try wire.optionalStrings("children") ?? []).map(PartitionID.init),
            minKey: try wire.optionalHexBytes("minKey"), maxKey: try wire.optionalHexBytes("maxKey"))
    }

    static func arrayTuple(_ wire: WireObject, _ key: StaticString) throws(WireError)
        -> PartitionTuple
    {
        guard let values = wire.value(key)?.arrayValue else { throw wire.wrong(key, "an array") }
        var tuple: [ByteString?] = []
        for value in values {
            if !value.isNull, value.stringValue == nil {
                throw wire.wrong(key, "an array of strings and nulls")
            }
            tuple.append(value.stringValue)
        }
        return PartitionTuple(tuple)
    }
}
