import Bytes
import JSON
import Metadata
import Tables

/// What a search for files read and what it did not, in words.
struct SearchExplanation {
    private let search: FileSearch
    private let counts: FileSearch.Counts

    /// Goes over the files and counts them.
    init(_ search: FileSearch) {
        self.search = search
        counts = search.forEach { _ in }
    }

    /// One line: `1,000 files; 19 of 20 manifests and 49,000 files were passed over`.
    static func summary(_ search: FileSearch, _ counts: FileSearch.Counts) -> String {
        let skipped = search.manifests.count { $0.skipped != nil }
        let files = counts.skippedByPartitionValues + counts.skippedByStatistics
        let listed = "\(counted(counts.listed, "file")) at version \(search.version)"
        guard skipped > 0 || files > 0 else { return listed }
        return "\(listed); passed over: \(skipped) of \(counted(search.manifests.count, "manifest")), "
            + "\(counted(counts.skippedByPartitionValues, "file")) by partition values, "
            + "\(counts.skippedByStatistics) by statistics"
    }

    private static func counted(_ count: Int, _ what: String) -> String {
        "\(count) \(what)\(count == 1 ? "" : "s")"
    }

    var text: [UInt8] {
        var lines: [String] = []
        let state = search.stateVersion.map { "state \($0)" } ?? "no state"
        let tail = search.tail
        lines.append(
            "\(search.table) at version \(search.version): \(state) and "
                + "\(Self.counted(tail.versions, "version")) after it "
                + "(\(Self.counted(tail.added, "file")) added, \(tail.removed) removed)")
        for manifest in search.manifests {
            let isWhole = manifest.readCount == Int(manifest.entryCount)
            let what =
                manifest.skipped.map { "skipped: \($0)" }
                ?? (isWhole ? "read" : "\(manifest.readCount) of them read")
            lines.append(
                "\(manifest.path): \(Self.counted(Int(manifest.entryCount), "file")), \(what)")
        }
        let skipped = search.manifests.filter { $0.skipped != nil }
        lines.append(
            "manifests: \(search.manifests.count - skipped.count) read, \(skipped.count) skipped "
                + "with \(Self.counted(skipped.reduce(0) { $0 + Int($1.entryCount) }, "file"))")
        lines.append("files skipped by partition values: \(counts.skippedByPartitionValues)")
        lines.append("files skipped by statistics: \(counts.skippedByStatistics)")
        lines.append("files listed: \(counts.listed)")
        return Array((lines.joined(separator: "\n") + "\n").utf8)
    }

    var json: [UInt8] {
        var writer = JSONWriter(.compact)
        writer.beginObject()
        writer.field("table", search.table)
        writer.field("version", search.version.rawValue)
        writer.key("state")
        if let state = search.stateVersion { writer.value(state.rawValue) } else { writer.null() }
        writer.field("tailVersions", Int64(search.tail.versions))
        writer.field("tailFilesAdded", Int64(search.tail.added))
        writer.field("tailFilesRemoved", Int64(search.tail.removed))
        writer.key("manifests")
        writer.beginArray()
        for manifest in search.manifests {
            writer.beginObject()
            writer.field("path", manifest.path)
            writer.field("numEntries", manifest.entryCount)
            writer.field("read", manifest.skipped == nil)
            writer.field("entriesRead", Int64(manifest.readCount))
            if let reason = manifest.skipped { writer.field("reason", reason) }
            writer.endObject()
        }
        writer.endArray()
        writer.field("filesSkippedByPartitionValues", Int64(counts.skippedByPartitionValues))
        writer.field("filesSkippedByStatistics", Int64(counts.skippedByStatistics))
        writer.field("filesListed", Int64(counts.listed))
        writer.endObject()
        return writer.bytes + [0x0A]
    }
}
