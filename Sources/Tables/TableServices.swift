import Bytes
import Compaction
import Metadata
import Platform
import Telemetry
import TransactionLog

/// What runs in the background for one table: the manifest writer and the garbage collector's rounds.
final class TableServices: Sendable {
    /// Between two rounds of garbage collection.
    static let collectionNanoseconds: UInt64 = 60_000_000_000
    /// The same where the last one could not delete all that may go.
    static let nextPortionNanoseconds: UInt64 = 1_000_000_000

    private struct State {
        var manifestWriter: ManifestWriter?
        var collection: TimerQueue.Token?
        var isStopped = false
        var lastPollFailure: String?
        /// One round of garbage collection, or purge, at a time.
        var round: Round?
        /// Somebody waits for the round in the background to end.
        var isRoundWanted = false
        /// What the last round found.
        var garbage: GarbageFigures?
    }

    private enum Round { case background, foreground }

    private let state = Monitor(State())
    /// What the services count.
    let metrics = MetricsRegistry()

    /// What the last round of garbage collection of this process found.
    var garbage: GarbageFigures? {
        state.withLock { $0.garbage }
    }

    func found(_ garbage: GarbageFigures) { state.withLock { $0.garbage = garbage } }

    /// Lines of `status` that the services know.
    func extraStatus() -> [(name: String, text: String)] {
        let failure = state.withLock { $0.lastPollFailure }
        return failure.map { [(name: "readFailure", text: $0)] } ?? []
    }

    /// Starts everything. A table that is not ours, or a store open read-only, runs nothing.
    func start(_ table: Table) {
        let log = table.context.log
        let name = table.name
        let writer = ManifestWriter(table.log) { [weak table] result in
            switch result {
            case .success(let outcome): table?.recordState(outcome)
            case .failure(let error): log.warning("\(name): no state could be written: \(error)")
            }
        }
        state.withLock { $0.manifestWriter = writer }
        table.compactor.start()
        scheduleCollection(table)
    }

    func stop() {
        let (writer, collection) = state.withLock { state in
            state.isStopped = true
            defer {
                state.manifestWriter = nil
                state.collection = nil
            }
            return (state.manifestWriter, state.collection)
        }
        state.broadcast()
        collection?.cancel()
        writer?.stop()
        _ = state.wait { $0.round == nil ? true : nil }
    }

    /// Lets a state be written now.
    func writeState() { state.withLock { $0.manifestWriter }?.writeNow() }

    private func scheduleCollection(
        _ table: Table, afterNanoseconds pause: UInt64 = collectionNanoseconds
    ) {
        let token = table.context.timers.schedule(afterNanoseconds: pause) { [weak self, weak table] in
            guard let table else { return }
            _ = table.context.pool.submit { [weak self, weak table] in
                guard let self, let table, !self.state.withLock({ $0.isStopped }) else { return }
                let hasMore = self.collectQuietly(table)
                self.scheduleCollection(
                    table,
                    afterNanoseconds: hasMore ? Self.nextPortionNanoseconds : Self.collectionNanoseconds)
            }
        }
        state.withLock { state in
            if state.isStopped { token.cancel() } else { state.collection = token }
        }
    }

    /// True where files are left that may go.
    private func collectQuietly(_ table: Table) -> Bool {
        do throws(StoreError) {
            return try table.collectInBackground()?.hasMore ?? false
        } catch {
            table.context.log.warning("\(table.name): garbage collection: \(error)")
            return false
        }
    }

    /// Runs a round in the background unless one is under way. The pause that it is given waits, and is false where the
    /// round should end because somebody else wants to collect, or the table is closed.
    func inBackground<R>(
        _ body: (_ pause: @escaping (_ nanoseconds: UInt64) -> Bool) throws(StoreError) -> R
    ) throws(StoreError) -> R? {
        let begins = state.withLock { state in
            guard !state.isStopped, state.round == nil, !state.isRoundWanted else { return false }
            state.round = .background
            return true
        }
        guard begins else { return nil }
        defer { endRound() }
        return try body { [state] nanoseconds in
            let isOver: Bool? = state.wait(atMostNanoseconds: nanoseconds) {
                $0.isRoundWanted || $0.isStopped ? true : nil
            }
            return isOver == nil
        }
    }

    /// Runs a round that somebody waits for: one in the background gives way to it. nil where another such is under
    /// way, or the table is closed.
    func inForeground<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R? {
        state.update { if $0.round == .background { $0.isRoundWanted = true } }
        let begins: Bool? = state.wait { state in
            if state.isStopped || state.round == .foreground { return false }
            guard state.round == nil else { return nil }
            state.round = .foreground
            state.isRoundWanted = false
            return true
        }
        guard begins ?? false else { return nil }
        defer { endRound() }
        return try body()
    }

    private func endRound() { state.update { $0.round = nil } }

    /// Says once, not at every look, that a table cannot be read.
    func reportPollFailure(_ error: StoreError, log: Log, table: ByteString) {
        let isNew = state.withLock { state in
            defer { state.lastPollFailure = error.message }
            return state.lastPollFailure != error.message
        }
        if isNew { log.warning("\(table): newer versions cannot be read: \(error)") }
    }
}
