import Bytes
import Metadata

/// Bytes of data files that a commit wrote, by what they were written for.
struct WrittenBytes: Hashable {
    /// Of files that brought rows.
    var ingested: Int64 = 0
    /// Of files that a compaction wrote.
    var compacted: Int64 = 0

    /// A file that was there before is not written again: those that come back by a restore, or that are removed and
    /// added in one commit.
    init(_ transaction: CommittedTransaction) {
        if transaction.operation == "RESTORE" { return }
        var known: Set<FileID> = []
        for case .remove(let removal) in transaction.actions { known.insert(removal.id) }
        for case .add(let entry) in transaction.actions where !known.contains(entry.id) {
            if entry.dataChange {
                ingested += entry.sizeBytes
            } else if transaction.operation == "COMPACT" {
                compacted += entry.sizeBytes
            }
        }
    }
}
