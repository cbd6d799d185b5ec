package import Metadata

/// What became of a commit of files.
package enum IngestOutcome: Sendable {
    /// In the table, and durable.
    case committed(version: Version, rows: Int64, files: [FileEntry])
    /// All of it was taken before; of several files, the receipt is the first one's.
    case duplicate(of: IngestReceipt)
    /// There was no row in it.
    case nothing
}
