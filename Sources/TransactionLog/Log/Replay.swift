import Metadata

/// A state with what it was made from.
struct Replayed: Sendable {
    var state: TableState
    /// The state in storage that the replay began with.
    var base: StateManifest?
    /// What was applied to it, in order.
    var transactions: [CommittedTransaction]
}

/// Finds states: the newest one that can be read and is old enough, then the versions after it, in order.
enum Replay {
    /// The newest state of the table.
    static func open(_ store: LogStorage, options: LogOptions) throws(LogError) -> Replayed {
        // The hint is a floor: what is older is not even listed, unless nothing newer can be read.
        let floor = store.hint()
        var listing = try store.listing(from: floor)
        var damage: [Version: LogError] = [:]
        if let newest = listing.newestVersion {
            if let replayed = try replay(store, listing, through: newest, &damage, options) {
                return replayed
            }
        } else if floor == nil {
            throw .noSuchTable(store.path.table)
        }
        if floor != nil { listing = try store.listing(from: nil) }
        guard let newest = listing.newestVersion else { throw .noSuchTable(store.path.table) }
        guard let replayed = try replay(store, listing, through: newest, &damage, options) else {
            throw .missingVersion(Version(0), "no state can be read and the first version file is gone")
        }
        return replayed
    }

    /// The state at a version, where it can be had.
    static func state(
        at version: Version, _ store: LogStorage, options: LogOptions
    ) throws(LogError) -> Replayed {
        let listing = try store.listing(from: nil)
        guard let newest = listing.newestVersion, version <= newest, version.rawValue >= 0 else {
            throw .missingVersion(version, "the newest is \(listing.newestVersion?.description ?? "none")")
        }
        var damage: [Version: LogError] = [:]
        guard let replayed = try replay(store, listing, through: version, &damage, options) else {
            throw .expired(version)
        }
        return replayed
    }

    /// nil where there is nothing to begin with: no readable state and, in a whole listing, no version 0.
    private static func replay(
        _ store: LogStorage, _ listing: LogListing, through version: Version,
        _ damage: inout [Version: LogError], _ options: LogOptions
    ) throws(LogError) -> Replayed? {
        var replayed: Replayed?
        for candidate in listing.states.reversed() where candidate <= version && damage[candidate] == nil {
            // The first version file is what version 0 was; IndexTables writes later states under that name.
            if candidate.rawValue == 0, listing.versions.first == candidate { break }
            do throws(LogError) {
                let (state, manifest) = try StateReader(store, options).read(candidate)
                replayed = Replayed(state: state, base: manifest, transactions: [])
                break
            } catch {
                guard error.isDamage else { throw error }
                options.warn("state \(candidate) is passed over: \(error)")
                damage[candidate] = error
            }
        }
        if replayed == nil, listing.isWhole { replayed = try initial(store) }
        guard var result = replayed else {
            if let newest = damage.max(by: { $0.key < $1.key }), listing.isWhole { throw newest.value }
            return nil
        }
        while result.state.version < version {
            let next = result.state.version.next
            guard let transactions = try store.transactions(of: next) else {
                let isGap = listing.versions.contains { $0 < next }
                if version < (listing.newestVersion ?? version), !isGap { throw .expired(version) }
                throw .missingVersion(
                    next, "\(LogPath.versionFileName(next)) is not there, and version \(version) is")
            }
            result.state = try apply(transactions, to: result.state)
            result.transactions += transactions
        }
        return result
    }

    /// Version 0, which creates the table.
    private static func initial(_ store: LogStorage) throws(LogError) -> Replayed? {
        guard let transactions = try store.transactions(of: Version(0)), let first = transactions.first else {
            return nil
        }
        do throws(StateError) {
            let state = try TableState.initial(from: first).applying(Array(transactions.dropFirst()))
            return Replayed(state: state, base: nil, transactions: transactions)
        } catch {
            throw .inconsistent(error.version, error.message)
        }
    }

    static func apply(
        _ transactions: [CommittedTransaction], to state: TableState
    ) throws(LogError) -> TableState {
        do throws(StateError) { return try state.applying(transactions) } catch {
            throw .inconsistent(error.version, error.message)
        }
    }
}

extension LogError {
    /// True where older bytes may still serve.
    var isDamage: Bool {
        switch self {
        case .damaged, .inconsistent, .missingVersion: true
        default: false
        }
    }
}
