import Bytes
import JSON
import Metadata
import Records
import Tables

/// A state as a person or program reads it: `states/<version>/state.json`. Its files are listed beside it.
///
/// ```json
/// {"version":7,"timestamp":1700000000000,"kind":"append","provider":"firn","files":3,"bytes":5120,"rows":99,
///  "schemaID":"…","schema":{…},"partitionColumns":["date"],"properties":{"gc.delayMinutes":"15"},"tags":{},
///  "commits":[{"event":"commit","operation":"RESTORE","user":"0",…}],
///  "jobs":["…"],"garbageFiles":1,"garbageBytes":12,"references":0,
///  "partitions":[{"path":"date=2024-01-01","files":3,"bytes":5120,"rows":99}]}
/// ```
enum StateText {
    /// - Parameter commits: of the version, as in `events`; none where its file has expired.
    static func json(_ state: TableState, commits: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter(.indented)
        writer.beginObject()
        func integer(_ key: String, _ value: Int64) {
            writer.key(key)
            writer.value(value)
        }
        func text(_ key: String, _ value: ByteString) {
            writer.key(key)
            writer.value(value)
        }
        integer("version", state.version.rawValue)
        integer("timestamp", state.timestamp)
        writer.key("commits")
        writer.beginArray()
        for commit in commits { writer.raw(commit) }
        writer.endArray()
        text("kind", ByteString(state.definition.kind.rawValue))
        text("provider", state.definition.provider)
        integer("protocolVersion", Int64(state.tableProtocol.minReaderVersion))
        integer("files", Int64(state.fileCount))
        integer("bytes", state.totalBytes)
        integer("rows", state.totalRows)
        let unknown = state.unknownFacts
        if !unknown.isEmpty {
            writer.key("unknown")
            writer.beginObject()
            for fact in unknown { writer.field(fact.name, fact.reason) }
            writer.endObject()
        }
        if let id = state.schemaID { text("schemaID", id) }
        writer.key("schema")
        if let schema = state.definition.schema {
            writer.raw(compact(schema.json))
        } else {
            writer.null()
        }
        writeSets(state, &writer)
        writer.key("partitions")
        writer.beginArray()
        for root in state.files.rootPartitions() {
            writer.beginObject()
            text("path", root.path)
            integer("files", Int64(root.fileCount))
            integer("bytes", root.bytes)
            integer("rows", root.rows)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func writeSets(_ state: TableState, _ writer: inout JSONWriter) {
        writer.key("properties")
        writer.beginObject()
        for (name, value) in state.properties.overrides.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            writer.value(value)
        }
        writer.endObject()
        writer.key("tags")
        writer.beginObject()
        for (name, version) in state.tags.sorted(by: { $0.key < $1.key }) {
            writer.key(name)
            writer.value(version.rawValue)
        }
        writer.endObject()
        writer.key("jobs")
        writer.beginArray()
        for job in state.jobs.keys.sorted() { writer.value(job.description) }
        writer.endArray()
        writer.key("references")
        writer.value(state.references.count)
        writer.key("garbageFiles")
        writer.value(state.garbage.count)
        writer.key("garbageBytes")
        writer.value(state.garbage.totalBytes)
    }

    private static func compact(_ json: [UInt8]) -> [UInt8] {
        (try? JSONValue.parse(json).compactBytes) ?? json
    }
}
