import Bytes
import JSON
import Metadata
import Tables

/// `compact/history` and `compact/history.jsonl`: the compactions that were committed, newest first, with what they
/// read and wrote.
enum HistoryFile {
    static let names: [ByteString] = ["history", "history.jsonl"]
    /// Looks no further back than so many jobs, and versions.
    private static let limit = 1_000
    private static let versions: Int64 = 10_000

    static func node(_ name: ByteString, _ tree: TableTree) throws(FileTreeError) -> any TreeNode {
        try GeneratedFile(tree, "compact/" + name, maxAgeNanoseconds: .max) { () throws(FileTreeError) in
            do throws(StoreError) {
                let history = try tree.table.jobHistory(limit: limit, versions: versions)
                let bytes = name == "history" ? history.bytes(.text) : lines(history, in: tree.table.state)
                return Picture(bytes, modified: tree.time)
            } catch {
                throw FileTreeError(error)
            }
        }.node()
    }

    /// ```json
    /// {"version":41,"time":"2024-01-01T10:00:00.000Z","job":"00c0ffee00c0ffee","partition":"day=1/id-to-500",
    ///  "strategy":"lazy-leveled","reason":"…","filesIn":4,"filesOut":1,"bytesIn":4096,"bytesOut":3072,
    ///  "rowsIn":400,"rowsOut":400,"rowsDropped":0,"milliseconds":35}
    /// ```
    private static func lines(_ history: JobHistory, in state: TableState) -> [UInt8] {
        let paths = PartitionPathText(state)
        var bytes: [UInt8] = []
        for entry in history.entries {
            var line: JSONObject = [
                "version": .integer(entry.version.rawValue),
                "time": .string(ByteString(TimestampText.iso(milliseconds: entry.timestamp))),
            ]
            if let job = entry.job { line["job"] = .string(ByteString(job.description)) }
            if let partition = entry.partition { line["partition"] = .string(paths.path(of: partition)) }
            if let strategy = entry.strategy { line["strategy"] = .string(strategy) }
            if let reason = entry.reason { line["reason"] = .string(reason) }
            let numbers: [(ByteString, Int64?)] = [
                ("filesIn", entry.filesIn), ("filesOut", entry.filesOut), ("bytesIn", entry.bytesIn),
                ("bytesOut", entry.bytesOut), ("rowsIn", entry.rowsIn), ("rowsOut", entry.rowsOut),
                ("rowsDropped", entry.rowsDropped), ("milliseconds", entry.milliseconds),
            ]
            for (name, number) in numbers {
                if let number { line[name] = .integer(number) }
            }
            bytes += JSONValue.object(line).compactBytes + [UInt8(ascii: "\n")]
        }
        return bytes
    }
}
