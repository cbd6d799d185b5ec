package import Bytes
package import Metadata

/// A file that joined the live ones or left them.
package enum FileChange: Hashable, Sendable {
    case added(FileEntry)
    case removed(FileRemoval)
}

/// What one version did to the live files, or several versions of which only the states are left.
///
/// A file that is added counts 1 for its path, one that is removed −1: over any range, however it is cut, these
/// add up to the difference between the live files at its ends.
package struct VersionChange: Sendable {
    package var version: Version
    /// What is told is the way from here: the version before, or an older one where those between have expired.
    package var after: Version
    /// Of the commit that made `version`, epoch milliseconds.
    package var timestamp: Int64
    /// Of its transactions, in order; empty where they are not known.
    package var operations: [ByteString]
    /// In the order of the transactions; a difference of states has no order: what is gone
    /// comes first.
    package var files: [FileChange]
    /// True where two states were compared: then what a job moved looks like what was written, and a file that
    /// came and went in between is not seen.
    package var isDifference: Bool

    package var added: [FileEntry] {
        files.compactMap { if case .added(let entry) = $0 { entry } else { nil } }
    }

    package var removed: [FileRemoval] {
        files.compactMap { if case .removed(let removal) = $0 { removal } else { nil } }
    }

    /// Whether the change of this file changed rows. All of a difference has to count: rows that were written
    /// and compacted in between are only in the job's file.
    package func changesData(_ change: FileChange) -> Bool {
        if isDifference { return true }
        return switch change {
        case .added(let entry): entry.dataChange
        case .removed(let removal): removal.dataChange
        }
    }

    init(_ version: Version, _ transactions: [CommittedTransaction]) {
        self.version = version
        after = Version(version.rawValue - 1)
        timestamp = transactions.last?.timestamp ?? 0
        operations = transactions.map(\.operation)
        files = []
        isDifference = false
        for action in transactions.lazy.flatMap(\.actions) {
            switch action {
            case .add(let entry): files.append(.added(entry))
            case .remove(let removal): files.append(.removed(removal))
            default: break
            }
        }
    }

    init(from old: Version, to new: Version, timestamp: Int64, _ files: [FileChange]) {
        version = new
        after = old
        self.timestamp = timestamp
        operations = []
        self.files = files
        isDifference = true
    }
}
