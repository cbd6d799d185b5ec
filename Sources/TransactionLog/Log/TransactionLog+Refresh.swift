import Bytes
package import Metadata
import Platform
import Synchronization

extension TransactionLog {
    /// Reads what other writers committed and returns the newest state.
    @discardableResult
    package func refresh() throws(LogError) -> TableState {
        try serial.withLock { (_) throws(LogError) in
            if isPoisoned { throw .poisoned }
            _ = try catchUp()
            return current
        }
    }

    /// True where so much time went by that version files after the current one may have come and expired.
    var isStale: Bool {
        let now = clock.nowMilliseconds()
        let seen = shared.withLock { $0.lastSeenMilliseconds }
        return now - seen > options.trustMilliseconds || now < seen - options.trustMilliseconds
    }

    /// Applies the versions after the current one and returns their transactions.
    ///
    /// - Precondition: `serial` is held.
    func catchUp() throws(LogError) -> [CommittedTransaction] {
        if isStale { try reloadIfExpired() }
        var found: [CommittedTransaction] = []
        while true {
            let state = current
            guard let transactions = try store.transactions(of: state.version.next) else { break }
            advance(to: try Replay.apply(transactions, to: state), by: transactions, isOwn: false)
            found += transactions
        }
        if try isForeignStateNext() { try readAgain() }
        let now = clock.nowMilliseconds()
        shared.withLock { $0.lastSeenMilliseconds = now }
        return found
    }

    /// True where another program has committed the next version as a state, without a version file.
    private func isForeignStateNext() throws(LogError) -> Bool {
        let state = current
        guard state.definition.provider != "firn" else { return false }
        return try store.exists(path.stateManifest(state.version.next))
    }

    /// Starts from the newest state again where the version file of the current version is gone.
    private func reloadIfExpired() throws(LogError) {
        let version = current.version
        if try store.exists(path.versionFile(version)) { return }
        let listing = try store.listing(from: nil)
        if listing.newestVersion.map({ $0 <= version }) ?? true { return }
        try readAgain()
    }

    /// Opens the log again from storage: what a failed sync left is read as it is.
    package func reopen() throws(LogError) {
        try serial.withLock { (_) throws(LogError) in
            try readAgain()
            shared.withLock { $0.isPoisoned = false }
        }
    }

    /// - Precondition: `serial` is held.
    func readAgain() throws(LogError) {
        let started = clock.monotonicNanoseconds()
        let replayed: Replayed = try Replay.open(store, options: options)
        stateMetrics.recordRead(replayed, nanoseconds: clock.monotonicNanoseconds() &- started)
        replaceAll(with: replayed)
    }

    /// - Precondition: `serial` is held.
    private func replaceAll(with replayed: Replayed) {
        let now = clock.nowMilliseconds()
        let (old, observers) = shared.withLock { shared in
            let old = shared.current
            shared.current = replayed.state
            shared.base = replayed.base
            shared.checkpoint = replayed.checkpoint
            shared.pending = replayed.transactions
            shared.recent.insert(replayed.transactions)
            shared.pendingActionCount = replayed.transactions.reduce(0) { $0 + $1.actions.count }
            shared.lastSeenMilliseconds = now
            shared.hasStateTurn = true
            return (old, shared.observers)
        }
        let news = replayed.transactions.filter { $0.version > old.version }
        for observer in observers { observer(old, replayed.state, news) }
    }
}
