package import Bytes
package import Metadata
package import Storage

/// Tells what happened to a table's live files between two versions, without the table's state: it reads the
/// version files of the range, and where these have expired, of two states only what differs.
///
/// Memory is that of one version file, or of the manifests in which two states differ.
package struct ChangeReader: Sendable {
    let store: LogStorage
    let options: LogOptions

    /// A difference comes in pieces of so many files.
    static let pieceCount = 4_096

    init(_ store: LogStorage, _ options: LogOptions) {
        self.store = store
        self.options = options
    }

    /// Reads the log of a table of the store.
    package init(storage: any ObjectStorage, table: ByteString, options: LogOptions = LogOptions()) {
        self.init(LogStorage(storage: storage, path: LogPath(table: table)), options)
    }

    /// Before version 0: all that a table ever had came after it.
    package static let beginning = ChangePlan.beginning

    /// The newest version of which anything is there; throws `noSuchTable` where nothing is.
    package func newestVersion() throws(LogError) -> Version {
        guard let newest = try store.listing(from: nil).newestVersion else {
            throw .noSuchTable(store.path.table)
        }
        return newest
    }

    /// A version after this one, where there is one: the newest, at the cost of two questions where there is none.
    package func newestVersion(after version: Version) throws(LogError) -> Version? {
        let hasFile = try store.exists(store.path.versionFile(version.next))
        if !hasFile, try !store.exists(store.path.stateManifest(version.next)) { return nil }
        let listing = try store.listing(from: version.next)
        return max(listing.newestVersion ?? version.next, version.next)
    }

    /// The newest version from which the changes to this one can be told: the one before it, where that is left.
    /// nil where there is none.
    package func predecessor(of version: Version) throws(LogError) -> Version? {
        ChangePlan(try store.listing(from: nil)).newest(leadingTo: version)
    }

    /// Calls `body` with what the versions after `old` up to `new` did, in order, until it answers false.
    ///
    /// `old` may be ``beginning``. Where version files are gone, one change stands for all versions up to the next
    /// state and may come in several pieces. Throws `beyondRetention` where a part of the way is gone and
    /// `missingVersion` for a version that is not there yet, before any change is told.
    package func changes(
        from old: Version, to new: Version, _ body: (VersionChange) -> Bool
    ) throws(LogError) {
        precondition(old <= new)
        var way = Way(version: old)
        var failureCount = 0
        while way.version < new {
            let (start, passedOver) = (way.version, way.unreadable.count)
            let listing = try store.listing(from: nil)
            guard let newest = listing.newestVersion, new <= newest else {
                throw .missingVersion(new, "the newest is \(listing.newestVersion?.description ?? "none")")
            }
            let plan = ChangePlan(listing, without: way.unreadable)
            guard let steps = plan.steps(from: start, to: new) else {
                throw .beyondRetention(start, oldest: plan.oldest(leadingTo: new))
            }
            do throws(LogError) {
                for step in steps {
                    guard try take(step, &way, body) else { return }
                }
            } catch .expired(let gone) {
                // It went after the listing, or cannot be read: another way may be left.
                let isFurther = way.version > start || way.unreadable.count > passedOver
                failureCount = isFurther ? 0 : failureCount + 1
                if failureCount > 3 { throw .expired(gone) }
            }
        }
    }

    /// How far the changes are told.
    private struct Way {
        var version: Version
        /// States that are not to be tried again.
        var unreadable: Set<Version> = []
        /// The state at `version`, where it was read whole.
        var state: TableState?
        /// The partition columns of another program's table, once they were looked for.
        var columns: [ByteString]?
    }

    /// False where `body` wants no more.
    private func take(
        _ step: ChangePlan.Step, _ way: inout Way, _ body: (VersionChange) -> Bool
    ) throws(LogError) -> Bool {
        switch step {
        case .files(let range):
            way.state = nil
            while way.version < range.upperBound {
                let next = way.version.next
                guard let transactions = try transactions(of: next, &way.columns) else {
                    throw .expired(next)
                }
                way.version = next
                guard body(VersionChange(next, transactions)) else { return false }
            }
            return true
        case .difference(let old, let new):
            let difference: StateDifference
            do throws(LogError) {
                difference = try self.difference(from: old, to: new, &way.state)
            } catch {
                if case .expired = error {} else if !error.isDamage { throw error }
                options.warn("state \(new) is passed over: \(error)")
                way.unreadable.insert(new)
                throw .expired(new)
            }
            way.version = new
            return difference.forEachPiece(of: Self.pieceCount, body)
        }
    }

    /// Another program's files need the table's partition columns, which are looked for once.
    private func transactions(
        of version: Version, _ columns: inout [ByteString]?
    ) throws(LogError) -> [CommittedTransaction]? {
        let known = columns
        var found: [ByteString]?
        let transactions = try store.transactions(of: version) { () throws(LogError) in
            if let known { return known }
            let columns = try ForeignDefinition.find(in: store).partitionColumns
            found = columns
            return columns
        }
        columns = found ?? known
        return transactions
    }
}
