package import Bytes
package import Metadata
package import Platform
package import Storage

extension TransactionLog {
    /// Opens the log of a table of the store.
    package static func open(
        storage: any ObjectStorage, table: ByteString, clock: any Clock, entropy: any Entropy,
        options: LogOptions = LogOptions()
    ) throws(LogError) -> TransactionLog {
        let store = LogStorage(storage: options.retrying(storage), path: LogPath(table: table))
        let started = clock.monotonicNanoseconds()
        let replayed: Replayed = try Replay.open(store, options: options)
        let nanoseconds = clock.monotonicNanoseconds() &- started
        let log = TransactionLog(
            store: store, replayed: replayed, clock: clock, entropy: entropy, options: options)
        log.stateMetrics.recordRead(replayed, nanoseconds: nanoseconds)
        return log
    }

    /// Creates a table: its version 0. Throws `alreadyExists` where there is one of this name.
    package static func create(
        storage: any ObjectStorage, table: ByteString, definition: TableDefinition, actions: [Action] = [],
        session: SessionID? = nil, notes: [(name: ByteString, value: ByteString)] = [], clock: any Clock,
        entropy: any Entropy, options: LogOptions = LogOptions()
    ) throws(LogError) -> TransactionLog {
        let store = LogStorage(storage: options.retrying(storage), path: LogPath(table: table))
        if try store.listing(from: nil).newestVersion != nil { throw .alreadyExists(table) }
        let id = CommitID(high: entropy.uint64(), low: entropy.uint64())
        var first = CommittedTransaction(
            id: id, version: Version(0), ordinal: 0, timestamp: clock.nowMilliseconds(), operation: "CREATE",
            session: session, notes: notes, actions: [])
        first.actions = ([.tableProtocol(TableProtocol()), .definition(definition)] + actions).map {
            $0.stamped(first)
        }
        let state: TableState
        do throws(StateError) { state = try TableState.initial(from: first) } catch {
            throw .inconsistent(error.version, error.message)
        }
        var wire = ActionWire(definition: definition)
        let bytes: [UInt8]
        do throws(WireError) { bytes = try VersionFile.encode([first], wire: &wire) } catch {
            throw .inconsistent(Version(0), error.message)
        }
        try put(bytes, id, store)
        let replayed = Replayed(state: state, base: nil, transactions: [first])
        return TransactionLog(
            store: store, replayed: replayed, clock: clock, entropy: entropy, options: options)
    }

    /// Puts version 0. Where the outcome is not known the file is looked at: its id tells whose it is.
    private static func put(_ bytes: [UInt8], _ id: CommitID, _ store: LogStorage) throws(LogError) {
        for _ in 0..<3 {
            switch store.create(store.path.versionFile(Version(0)), bytes) {
            case .created: return
            case .exists:
                if try store.transactions(of: Version(0))?.first?.id == id { return }
                throw .alreadyExists(store.path.table)
            case .unknown(_, mayVanish: false): continue
            case .unknown(let error, _), .syncFailed(let error), .failed(let error): throw .storage(error)
            }
        }
        throw .storage(StorageError(.unknownOutcome, .put, store.path.versionFile(Version(0))))
    }

    /// The state at a version: the current one, or one made from the nearest older state in storage.
    package func state(at version: Version) throws(LogError) -> TableState {
        let known = current
        if version == known.version { return known }
        if version > known.version {
            let newest = try refresh()
            if newest.version == version { return newest }
        }
        return try Replay.state(at: version, store, options: options).state
    }
}
