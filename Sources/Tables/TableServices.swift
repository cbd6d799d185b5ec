import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import Telemetry
import TransactionLog

/// What runs in the background for one table: the manifest writer and the garbage collector's rounds.
final class TableServices: Sendable {
    /// Between two rounds of garbage collection.
    static let collectionNanoseconds: UInt64 = 60_000_000_000

    private struct State {
        var manifestWriter: ManifestWriter?
        var collection: TimerQueue.Token?
        var isStopped = false
        var lastPollFailure: String?
        /// One round of garbage collection at a time.
        var isCollecting = false
    }

    private let state = Mutex(State())
    /// What the services count.
    let metrics = MetricsRegistry()

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
        collection?.cancel()
        writer?.stop()
    }

    /// Lets a state be written now.
    func writeState() { state.withLock { $0.manifestWriter }?.writeNow() }

    private func scheduleCollection(_ table: Table) {
        let token = table.context.timers.schedule(afterNanoseconds: Self.collectionNanoseconds) {
            [weak self, weak table] in
            guard let self, let table else { return }
            _ = table.context.pool.submit { [weak self, weak table] in
                guard let self, let table, !self.state.withLock({ $0.isStopped }) else { return }
                self.collectQuietly(table)
                self.scheduleCollection(table)
            }
        }
        state.withLock { state in
            if state.isStopped { token.cancel() } else { state.collection = token }
        }
    }

    private func collectQuietly(_ table: Table) {
        do throws(StoreError) {
            _ = try table.collectGarbage()
        } catch {
            table.context.log.warning("\(table.name): garbage collection: \(error)")
        }
    }

    /// Runs `body` unless a round is under way in this process; nil then.
    func collectOnce<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R? {
        let isFree = state.withLock { state in
            guard !state.isCollecting else { return false }
            state.isCollecting = true
            return true
        }
        guard isFree else { return nil }
        defer { state.withLock { $0.isCollecting = false } }
        return try body()
    }

    /// Says once, not at every look, that a table cannot be read.
    func reportPollFailure(_ error: StoreError, log: Log, table: ByteString) {
        let isNew = state.withLock { state in
            defer { state.lastPollFailure = error.message }
            return state.lastPollFailure != error.message
        }
        if isNew { log.warning("\(table): newer versions cannot be read: \(error)") }
    }
}
