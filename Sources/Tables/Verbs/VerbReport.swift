import Bytes
package import JSON
import Metadata

/// What a request did, or would do, as text and as JSON.
///
/// ```
/// version 3 is restored: 2 files come back (2.0 KiB, 20 rows), 1 file goes (1.0 KiB, 10 rows)
///   + data/….parquet  1.0 KiB, 10 rows
///   - data/….parquet  1.0 KiB, 10 rows
/// dry run: nothing was written
/// ```
extension VerbOutcome {
    package var text: [UInt8] {
        var writer = ByteWriter()
        writer.append(text: plan.summary)
        if !plan.added.isEmpty || !plan.removed.isEmpty {
            var parts: [String] = []
            if !plan.added.isEmpty { parts.append(Self.sum(plan.added, "comes back", "come back")) }
            if !plan.removed.isEmpty { parts.append(Self.sum(plan.removed, "goes", "go")) }
            writer.append(text: ": " + parts.joined(separator: ", "))
        }
        writer.append(text: "\n")
        if isDryRun {
            for (sign, files) in [("+", plan.added), ("-", plan.removed)] {
                for file in files {
                    writer.append(text: "  \(sign) ")
                    writer.append(file.path)
                    writer.append(text: "  \(ByteCountText.text(file.sizeBytes))")
                    writer.append(text: file.rowCount.map { ", \(RowCountText.text($0))\n" } ?? "\n")
                }
            }
            if let version = plan.stateToWrite {
                writer.append(text: "the state of version \(version) would be written\n")
            }
        }
        if hasNothingToDo {
            writer.append(text: "nothing to do\n")
        } else if isDryRun {
            writer.append(text: "dry run: nothing was written\n")
        } else if let version {
            writer.append(text: "committed as version \(version)\n")
        }
        return writer.bytes
    }

    private static func sum(_ files: [VerbPlan.File], _ one: String, _ more: String) -> String {
        let bytes = files.reduce(Int64(0)) { $0 + $1.sizeBytes }
        let rows = files.reduce(Int64(0)) { $0 + ($1.rowCount ?? 0) }
        let count = files.count == 1 ? "1 file \(one)" : "\(files.count) files \(more)"
        return "\(count) (\(ByteCountText.text(bytes)), \(RowCountText.text(rows)))"
    }

    /// `{"operation":"RESTORE","summary":"…","dryRun":true,"version":null,"filesAdded":2,"bytesAdded":…,
    /// "rowsAdded":…,"filesRemoved":1,…,"added":["data/…"],"removed":[…]}`.
    package var object: JSONObject {
        var object: JSONObject = [
            "operation": .string(plan.operation), "summary": .string(ByteString(plan.summary)),
            "dryRun": .bool(isDryRun), "version": version.map { JSONValue.integer($0.rawValue) } ?? .null,
        ]
        for (name, files) in [("Added", plan.added), ("Removed", plan.removed)] {
            object[ByteString("files" + name)] = .integer(Int64(files.count))
            object[ByteString("bytes" + name)] = .integer(files.reduce(0) { $0 + $1.sizeBytes })
            object[ByteString("rows" + name)] = .integer(files.reduce(0) { $0 + ($1.rowCount ?? 0) })
        }
        for member in plan.facts.members { object[member.key] = member.value }
        object["added"] = .array(plan.added.map { .string($0.path) })
        object["removed"] = .array(plan.removed.map { .string($0.path) })
        return object
    }
}
