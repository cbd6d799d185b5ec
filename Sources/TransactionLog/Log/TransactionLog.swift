import Bytes
package import Metadata
import Platform
import Storage
import Synchronization

/// The log of one table: what is committed, in order, and the state that follows from it.
///
/// All methods may be called from any thread. ``current`` never waits; ``commit(_:)`` and ``refresh()`` read
/// and write storage and wait for each other.
package final class TransactionLog: Sendable {
    package let path: LogPath
    package let options: LogOptions
    let store: LogStorage
    let clock: any Clock
    let entropy: any Entropy

    /// Told of every new state, in order, by the thread that found it. Must return at once and must not call
    /// the log's waiting methods.
    package typealias Observer =
        @Sendable (_ old: TableState, _ new: TableState, _ transactions: [CommittedTransaction]) -> Void

    /// What readers see; held for moments.
    struct Shared {
        var current: TableState
        /// The state in storage that `current` was made from, nil where there is none.
        var base: StateManifest?
        /// The newest JSON checkpoint that was read or written.
        var checkpoint: Version?
        /// Committed after `base` and `checkpoint`, in order.
        var pending: [CommittedTransaction]
        var pendingActionCount: Int
        var isPoisoned = false
        var isRemoved = false
        /// Where what was committed last stands, by id.
        var recent = RecentTransactions()
        /// Transactions that were answered with an unknown outcome.
        var unsettled: [CommitID: UnsettledAttempt] = [:]
        /// Commits to come that look for others' versions first.
        var contendedCommits = 0
        /// Whether it was a commit of this process that made a state due.
        var hasStateTurn = true
        /// How often what makes a state due must have come before this process writes in another's place.
        var statePatience = 2.0
        var observers: [Observer] = []
        /// When newer versions were last looked for or made, by the wall clock.
        var lastSeenMilliseconds: Int64
    }

    let shared: Mutex<Shared>
    /// Transactions of this process that wait for a leader.
    let waiting = Mutex<[WaitingTransaction]>([])
    /// Held during the I/O of a commit, a refresh or a swap of `base`: one thread moves the log at a time.
    let serial = Mutex<Void>(())
    /// Held while a state is written: one at a time in a process.
    let stateWriting = Mutex<Void>(())
    let expiry = Mutex(ExpiryMemory())
    /// What was found out of the JSON checkpoint that `current` stands on.
    let knownCheckpoint = Mutex<StoredState?>(nil)
    /// What reading and writing states took.
    package let stateMetrics: StateMetrics

    init(
        store: LogStorage, replayed: Replayed, clock: any Clock, entropy: any Entropy, options: LogOptions
    ) {
        path = store.path
        stateMetrics = StateMetrics(table: store.path.table.display)
        self.store = store
        self.clock = clock
        self.entropy = entropy
        self.options = options
        shared = Mutex(
            Shared(
                current: replayed.state, base: replayed.base, checkpoint: replayed.checkpoint,
                pending: replayed.transactions,
                pendingActionCount: replayed.transactions.reduce(0) { $0 + $1.actions.count },
                lastSeenMilliseconds: clock.nowMilliseconds()))
    }

    /// The newest state that this object knows.
    package var current: TableState { shared.withLock { $0.current } }

    /// True after a failed sync: nothing is committed until ``reopen()``.
    package var isPoisoned: Bool { shared.withLock { $0.isPoisoned } }

    /// Somebody has removed the table: nothing is committed any more, as it would lie where another of its name may be.
    package func markRemoved() { shared.withLock { $0.isRemoved = true } }

    package func addObserver(_ observer: @escaping Observer) {
        shared.withLock { $0.observers.append(observer) }
    }

    /// Makes `state` the current one and tells the observers. `isOwn` is true for a commit of this process.
    ///
    /// - Precondition: `serial` is held and `state` follows from the current state by `transactions`.
    func advance(to state: TableState, by transactions: [CommittedTransaction], isOwn: Bool) {
        let now = clock.nowMilliseconds()
        let (old, observers) = shared.withLock { shared in
            let old = shared.current
            let wasDue = shared.isStateDue()
            shared.current = state
            shared.pending += transactions
            shared.recent.insert(transactions)
            shared.pendingActionCount += transactions.reduce(0) { $0 + $1.actions.count }
            shared.lastSeenMilliseconds = now
            if !wasDue {
                shared.hasStateTurn = isOwn
                // Not all who wait shall step in at once.
                if !isOwn, shared.isStateDue() {
                    shared.statePatience = 2 + Double(entropy.uint64(below: 200)) / 100
                }
            }
            return (old, shared.observers)
        }
        for observer in observers { observer(old, state, transactions) }
    }
}

extension TransactionLog.Shared {
    /// Versions since the newest state or checkpoint that the current one stands on.
    var pendingVersionCount: Int {
        let stored = max(base?.version.rawValue ?? -1, checkpoint?.rawValue ?? -1)
        return Int(current.version.rawValue - stored)
    }

    /// Whether so much was committed since the last state, `times` over, that another is to be written.
    func isStateDue(times: Double = 1) -> Bool {
        let properties = current.properties
        return Double(pendingVersionCount) >= times * Double(properties.stateWriteAfterVersions)
            || Double(pendingActionCount) >= times * Double(properties.stateWriteAfterActions)
    }
}
