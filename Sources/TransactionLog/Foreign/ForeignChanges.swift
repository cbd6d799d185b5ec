import Bytes
import Metadata

/// What the versions of a table of another program changed.
///
/// After version 0 such a table may have no version files: its states are the commits, and what one of them
/// changed is how it differs from the one before.
struct ForeignChanges {
    private let store: LogStorage
    private let options: LogOptions

    init(_ store: LogStorage, _ options: LogOptions) {
        self.store = store
        self.options = options
    }

    func changes(from old: Version, to new: Version) throws(LogError) -> [VersionChange] {
        let listing = try store.listing(from: nil)
        guard let newest = listing.newestVersion, new <= newest else {
            throw .missingVersion(new, "the newest is \(listing.newestVersion?.description ?? "none")")
        }
        let files = Set(listing.versions)
        let states = Set(listing.states)
        var result: [VersionChange] = []
        var known = Known(version: old, state: nil)
        var columns: [ByteString]?
        var version = old
        while version < new {
            version = version.next
            if files.contains(version) {
                guard known.version.next == version else { throw .expired(known.version.next) }
                if columns == nil { columns = try ForeignDefinition.find(in: store).partitionColumns }
                guard let transactions = try store.transactions(of: version, columns: columns) else {
                    throw .expired(version)
                }
                result.append(VersionChange(version, transactions))
                known = Known(version: version, state: nil)
            } else if states.contains(version) {
                let before = if let state = known.state { state } else { try state(at: known.version) }
                guard let after = try stateIfKnown(at: version) else { continue }
                result.append(VersionChange(from: before, to: after))
                known = Known(version: version, state: after)
            }
        }
        guard known.version == new else { throw .expired(known.version.next) }
        return result
    }

    private struct Known {
        var version: Version
        var state: TableState?
    }

    private func state(at version: Version) throws(LogError) -> TableState {
        try Replay.state(at: version, store, options: options).state
    }

    /// nil for a state that was written after a later one: it is not what the version was.
    private func stateIfKnown(at version: Version) throws(LogError) -> TableState? {
        do throws(LogError) { return try state(at: version) } catch {
            guard case .expired = error else { throw error }
            return nil
        }
    }
}

extension VersionChange {
    /// The difference of two states.
    init(from before: TableState, to after: TableState) {
        version = after.version
        timestamp = after.timestamp
        operations = []
        added = []
        removed = []
        differenceSince = before.version
        after.files.forEach { file in
            if let known = before.files.view(file.id), known.path == file.path, known.isSameFile(as: file) {
                return
            }
            added.append(file.entry)
        }
        before.files.forEach { file in
            if let still = after.files.view(file.id), still.path == file.path { return }
            removed.append(
                FileRemoval(
                    path: file.path, id: file.id, deletionTimestamp: after.timestamp, dataChange: true,
                    sizeBytes: file.sizeBytes))
        }
        added.sort { $0.path < $1.path }
        removed.sort { $0.path < $1.path }
    }
}

extension FileView {
    /// Whether an entry of the same path stands for the same bytes.
    fileprivate func isSameFile(as other: FileView) -> Bool {
        sizeBytes == other.sizeBytes && modificationTime == other.modificationTime
    }
}
