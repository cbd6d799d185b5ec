import Bytes
import JSON
import Metadata

// What a job has finished: its outputs stand here as in `add`, until the job's commit adds them.
extension ActionWire {
    /// `"parts":[{"minKey":…,"maxKey":…,"rowsIn":…,"rowsDropped":…,"inputs":[{"file":…,"rows":…}],"root":[…],
    /// "outputs":[{"add":{…}}]}]`.
    static func write(parts: [JobPart], to writer: inout JSONWriter) {
        writer.key("parts")
        writer.beginArray()
        for part in parts {
            writer.beginObject()
            writer.optional("minKey", part.minKey.map(HexBytes.text))
            writer.optional("maxKey", part.maxKey.map(HexBytes.text))
            writer.field("rowsIn", part.rowsIn)
            writer.field("rowsDropped", part.rowsDropped)
            writer.key("inputs")
            writer.beginArray()
            for (file, rows) in part.rowsInByFile.sorted(by: { $0.key < $1.key }) {
                writer.beginObject()
                writer.field("file", file.description)
                writer.field("rows", rows)
                writer.endObject()
            }
            writer.endArray()
            write(outputs: part.outputs, to: &writer)
            writer.endObject()
        }
        writer.endArray()
    }

    /// All of one root partition, whose values stand once: a job's line is looked at without the table's columns.
    private static func write(outputs: [FileEntry], to writer: inout JSONWriter) {
        writer.key("root")
        writer.beginArray()
        for value in outputs.first?.partitionValues.values ?? [] {
            if let value { writer.value(value) } else { writer.null() }
        }
        writer.endArray()
        writer.key("outputs")
        writer.beginArray()
        for var entry in outputs {
            entry.partitionValues = PartitionTuple([])
            do throws(WireError) {
                try ActionWire(partitionColumns: []).write(entry, to: &writer)
            } catch {
                preconditionFailure("an entry without partition values is written: \(error)")
            }
        }
        writer.endArray()
    }

    static func parts(_ wire: WireObject) throws(WireError) -> [JobPart] {
        try objects(wire, "parts") { (part) throws(WireError) in
            var result = JobPart(
                minKey: try part.optionalHexBytes("minKey"), maxKey: try part.optionalHexBytes("maxKey"),
                rowsIn: try part.integer("rowsIn"), rowsDropped: try part.integer("rowsDropped"))
            for (file, rows) in try objects(
                part, "inputs",
                { (input) throws(WireError) in (try input.fileID("file"), try input.integer("rows")) })
            {
                result.rowsInByFile[file] = rows
            }
            let root = try arrayTuple(part, "root")
            result.outputs = try objects(part, "outputs") { (output) throws(WireError) in
                guard let add = output.value("add") else { throw output.wrong("add", "an object") }
                var entry = try ActionWire(partitionColumns: []).entry(WireObject("add", add))
                entry.partitionValues = root
                return entry
            }
            return result
        }
    }

    /// The members of an array of objects; none where there is no such array.
    static func objects<R>(
        _ wire: WireObject, _ key: StaticString, _ read: (WireObject) throws(WireError) -> R
    ) throws(WireError) -> [R] {
        guard let value = wire.value(key) else { return [] }
        guard let values = value.arrayValue else { throw wire.wrong(key, "an array of objects") }
        var result: [R] = []
        for value in values { result.append(try read(try WireObject("\(key)", value))) }
        return result
    }
}
