import Bytes
import Metadata

/// What a replay makes: it begins with a state in storage, or with version 0, and takes the versions after it.
protocol ReplayTarget: Sendable {
    /// What the state of this version gives.
    init(state version: Version, _ reader: StateReader) throws(LogError)

    /// What the JSON checkpoint of this version gives.
    init(checkpoint version: Version, _ reader: StateReader) throws(LogError)

    /// What version 0, which creates the table, gives.
    init(first transactions: [CommittedTransaction], _ reader: StateReader) throws(LogError)

    var version: Version { get }
    var definition: TableDefinition { get }

    /// Takes the transactions of the next version.
    mutating func apply(_ transactions: [CommittedTransaction]) throws(LogError)
}

/// A state with what it was made from.
struct Replayed: Sendable {
    var state: TableState
    /// The state in storage that the replay began with.
    var base: StateManifest?
    /// The version of the JSON checkpoint that it began with, where it did.
    var checkpoint: Version?
    /// What was applied to it, in order.
    var transactions: [CommittedTransaction]
}

extension Replayed: ReplayTarget {
    init(state version: Version, _ reader: StateReader) throws(LogError) {
        let (state, manifest) = try reader.read(version)
        self.init(state: state, base: manifest, transactions: [])
    }

    init(checkpoint version: Version, _ reader: StateReader) throws(LogError) {
        let state = try CheckpointReader(store: reader.store).read(version)
        self.init(state: state, base: nil, checkpoint: version, transactions: [])
        if state.properties.stateFormat == .avro {
            reader.options.warn(
                "the state is read from the JSON checkpoint of version \(version), which is slow; "
                    + "`firn checkpoint TABLE` writes it as Avro")
        }
    }

    init(first transactions: [CommittedTransaction], _ reader: StateReader) throws(LogError) {
        let state = try Replay.initialState(transactions)
        self.init(state: state, base: nil, transactions: transactions)
    }

    var version: Version { state.version }
    var definition: TableDefinition { state.definition }

    mutating func apply(_ transactions: [CommittedTransaction]) throws(LogError) {
        state = try Replay.apply(transactions, to: state)
        self.transactions += transactions
    }
}

/// Finds states: the newest one that can be read and is old enough, then the versions after it, in order.
enum Replay {
    /// The newest state of the table.
    static func open<Target: ReplayTarget>(
        _ store: LogStorage, options: LogOptions, as target: Target.Type = Replayed.self
    ) throws(LogError) -> Target {
        // The hint is a floor: what is older is not even listed, unless nothing newer can be read.
        let floor = store.hint()
        var listing = try store.listing(from: floor)
        var damage: [ReplayBase: LogError] = [:]
        if let newest = listing.newestVersion {
            if let found: Target = try replay(store, listing, through: newest, &damage, options) {
                return found
            }
        } else if floor == nil {
            throw .noSuchTable(store.path.table)
        }
        if floor != nil { listing = try store.listing(from: nil) }
        guard let newest = listing.newestVersion else { throw .noSuchTable(store.path.table) }
        guard let found: Target = try replay(store, listing, through: newest, &damage, options) else {
            throw .missingVersion(Version(0), "no state can be read and the first version file is gone")
        }
        return found
    }

    /// The state at a version, where it can be had; `damage` names states that are not to be tried again.
    static func state<Target: ReplayTarget>(
        at version: Version, _ store: LogStorage, options: LogOptions, damage: [ReplayBase: LogError] = [:],
        as target: Target.Type = Replayed.self
    ) throws(LogError) -> Target {
        let listing = try store.listing(from: nil)
        guard let newest = listing.newestVersion, version <= newest, version.rawValue >= 0 else {
            throw .missingVersion(version, "the newest is \(listing.newestVersion?.description ?? "none")")
        }
        var damage = damage
        guard let found: Target = try replay(store, listing, through: version, &damage, options) else {
            throw .expired(version)
        }
        return found
    }

    /// nil where there is nothing to begin with: no readable state and, in a whole listing, no version 0.
    private static func replay<Target: ReplayTarget>(
        _ store: LogStorage, _ listing: LogListing, through version: Version,
        _ damage: inout [ReplayBase: LogError], _ options: LogOptions
    ) throws(LogError) -> Target? {
        let reader = StateReader(store, options)
        var found: Target?
        for base in ReplayBase.all(in: listing, through: version) where damage[base] == nil {
            // The first version file is what version 0 was; IndexTables writes later states under that name.
            if base.version.rawValue == 0, listing.versions.first == base.version { break }
            do throws(LogError) {
                found = try base.read(reader, listing)
                break
            } catch {
                guard error.isDamage || error.isExpiry else { throw error }
                options.warn("\(base) is passed over: \(error)")
                damage[base] = error
            }
        }
        if found == nil, listing.isWhole, let first = try store.transactions(of: Version(0)), !first.isEmpty {
            found = try Target(first: first, reader)
        }
        guard var result = found else {
            let newest = damage.max { $0.key.version < $1.key.version }?.value
            if let newest, listing.isWhole, !newest.isExpiry { throw newest }
            return nil
        }
        while result.version < version {
            let next = result.version.next
            let columns = result.definition.partitionColumns
            guard let transactions = try store.transactions(of: next, columns: columns) else {
                // A version that a damaged state would have given is lost by that damage.
                let lost = damage.max { $0.key.version < $1.key.version }
                if let lost, lost.key.version >= next, !lost.value.isExpiry { throw lost.value }
                // Another program's states are its versions: one that is not there leads nowhere.
                let isForeign = result.definition.provider != "firn"
                if isForeign, version < (listing.newestVersion ?? version) { throw .expired(version) }
                let isGap = listing.versions.contains { $0 < next }
                if version < (listing.newestVersion ?? version), !isGap { throw .expired(version) }
                throw .missingVersion(
                    next, "\(LogPath.versionFileName(next)) is not there, and version \(version) is")
            }
            try result.apply(transactions)
        }
        return result
    }

    /// The state that version 0 makes; `transactions` has one at least.
    static func initialState(_ transactions: [CommittedTransaction]) throws(LogError) -> TableState {
        do throws(StateError) {
            return try TableState.initial(from: transactions[0]).applying(Array(transactions.dropFirst()))
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

    fileprivate var isExpiry: Bool {
        if case .expired = self { true } else { false }
    }
}
