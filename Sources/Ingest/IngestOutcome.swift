package import Metadata

/// What became of a commit of files.
package enum IngestOutcome: Sendable {
    /// In the table, and durable: the rows of these files, and all data files of the transaction. A file without rows
    /// leaves a receipt and no data file.
    case committed(version: Version, rows: Int64, files: [FileEntry])
    /// All of it was taken before; of several files, the receipt is the first one's.
    case duplicate(of: IngestReceipt)
    /// There was no byte in it.
    case nothing
}
