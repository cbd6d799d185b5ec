import Bytes
import Metadata
package import TransactionLog

/// What versions changed, for people.
///
/// ```
/// version 7  2024-01-31T12:34:56.123Z  INGEST
///   + data/….parquet  5.0 KiB, 100 rows
/// version 9  2024-01-31T12:40:01.007Z  COMPACT
///   - data/….parquet  5.0 KiB  (moved by job 0000000000000001)
/// ```
package struct ChangesText: Sendable {
    private let dataOnly: Bool
    /// The version whose heading stands already: a difference comes in pieces.
    private var headed: Version?

    /// - Parameter dataOnly: leaves out what a job only moved.
    package init(dataOnly: Bool = false) { self.dataOnly = dataOnly }

    /// Empty where no file that is asked for changed.
    package mutating func text(_ change: VersionChange) -> [UInt8] {
        var writer = ByteWriter()
        for file in change.files where !dataOnly || change.changesData(file) {
            if headed != change.version {
                headed = change.version
                writeHeading(change, to: &writer)
            }
            write(file, moved: !change.changesData(file), to: &writer)
        }
        return writer.bytes
    }

    private func writeHeading(_ change: VersionChange, to writer: inout ByteWriter) {
        let first = change.after.next
        writer.append(text: first == change.version ? "version " : "versions \(first) to ")
        writer.append(text: "\(change.version)  \(TimestampText.iso(milliseconds: change.timestamp))  ")
        if change.isDifference {
            writer.append(text: "as their states differ")
        } else {
            writer.append(text: change.operations.map(\.display).joined(separator: ", "))
        }
        writer.append(text: "\n")
    }

    private func write(_ file: FileChange, moved: Bool, to writer: inout ByteWriter) {
        var facts: [String] = []
        let job: String?
        switch file {
        case .added(let entry):
            writer.append(text: "  + ")
            writer.append(entry.path)
            facts.append(ByteCountText.text(entry.sizeBytes))
            if let rows = entry.rowCount { facts.append(RowCountText.text(rows)) }
            job = entry.job.map(\.description)
        case .removed(let removal):
            writer.append(text: "  - ")
            writer.append(removal.path)
            if let bytes = removal.sizeBytes { facts.append(ByteCountText.text(bytes)) }
            job = removal.job.map(\.description)
        }
        if !facts.isEmpty { writer.append(text: "  " + facts.joined(separator: ", ")) }
        if moved { writer.append(text: "  (moved\(job.map { " by job \($0)" } ?? ""), no row changed)") }
        writer.append(text: "\n")
    }
}
