import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import Telemetry

/// The store's own thread: beats the session's heart, looks for what other processes committed, and finds
/// sessions that died.
final class Caretaker: Sendable {
    /// Between two looks at the logs of open tables.
    static let pollNanoseconds: UInt64 = 200_000_000

    private struct State {
        var thread: Thread?
        var isStopping = false
    }

    private let context: StoreContext
    private let monitor = Monitor(State())

    init(context: StoreContext) {
        self.context = context
    }

    func start(store: Store) {
        let thread = Thread.spawn(name: "firn-caretaker") { [weak store, monitor, context] in
            var round = CaretakerRound(context: context)
            while true {
                let isStopping = monitor.wait(atMostNanoseconds: Self.pollNanoseconds) {
                    $0.isStopping ? true : nil
                }
                guard isStopping == nil, let store else { return }
                round.run(store)
            }
        }
        monitor.withLock { $0.thread = thread }
    }

    func stop() {
        let thread = monitor.update { state -> Thread? in
            state.isStopping = true
            defer { state.thread = nil }
            return state.thread
        }
        thread?.join()
    }
}

/// What the caretaker remembers between its rounds.
private struct CaretakerRound {
    private let context: StoreContext
    private var observer = SessionObserver()
    /// Sessions that hold jobs and have no heartbeat, and since when.
    private var unheard: [SessionID: UInt64] = [:]
    private var lastBeat: UInt64
    private var lastTableNames: [ByteString]?
    private var wasIdle = true

    init(context: StoreContext) {
        self.context = context
        lastBeat = context.clock.monotonicNanoseconds()
    }

    mutating func run(_ store: Store) {
        for table in store.openTables { table.poll() }
        if context.options.runsServices { pace(store) }
        lookForTables(store)
        let now = context.clock.monotonicNanoseconds()
        guard now - lastBeat >= Session.beatNanoseconds else { return }
        lastBeat = now
        do {
            context.session.report(store.compactionWork)
            try context.session.beat()
        } catch {
            context.log.warning("the heartbeat cannot be written: \(error)")
        }
        if context.options.runsServices, !context.options.isReadOnly { context.reserve.fill() }
        if context.options.runsServices || context.options.watchesSessions { buryTheDead(store, now: now) }
    }

    /// Lets what comes in and what is compacted follow what the store and its users do.
    private mutating func pace(_ store: Store) {
        for table in store.openTables where !table.isReadOnly { table.backPressure.review() }
        let isIdle = context.activity.isIdle
        if isIdle, !wasIdle { context.slots.limitHasGrown() }
        wasIdle = isIdle
    }

    private mutating func lookForTables(_ store: Store) {
        let open = store.openTables
        guard let found = try? store.tablesInStorage() else { return }
        store.drop(open, unlessIn: found)
        let names = found.map(\.name)
        guard names != lastTableNames else { return }
        let isFirst = lastTableNames == nil
        lastTableNames = names
        if !isFirst { store.notifyTablesChanged() }
    }

    /// Who buried a session may not have had this table open. A living session without a heartbeat soon has one again.
    private mutating func releaseJobs(of store: Store, besides heard: Set<SessionID>, now: UInt64) {
        var silent: [SessionID: UInt64] = [:]
        for table in store.openTables where !table.isReadOnly {
            for job in table.state.jobs.values where job.status == .running {
                guard let session = job.session, session != context.session.id, !heard.contains(session)
                else { continue }
                silent[session] = unheard[session] ?? now
            }
        }
        unheard = silent
        for (session, since) in silent where now - since >= SessionObserver.patienceNanoseconds {
            for table in store.openTables { _ = table.declareDead(session) }
        }
    }

    /// Also what cannot be read: it keeps everyone from deleting, and a living session would have replaced it.
    private mutating func buryTheDead(_ store: Store, now: UInt64) {
        guard let found = try? context.sessions.found() else { return }
        let others = found.filter { $0.id != context.session.id }
        releaseJobs(of: store, besides: Set(found.map(\.id)), now: now)
        for dead in observer.observe(others, nowNanoseconds: now) {
            let isBuried = store.openTables.allSatisfy { $0.declareDead(dead.id) }
            // Who knows one table leaves the heartbeat to those who know all.
            guard isBuried, context.options.runsServices else { continue }
            switch dead {
            case .heartbeat(let heartbeat):
                context.log.info(
                    "session \(dead.id) of pid \(heartbeat.processID) is dead; its jobs are released")
            case .unreadable(_, _, let reason):
                context.log.warning(
                    "the heartbeat of session \(dead.id) is removed, as nobody replaces it: \(reason)")
            }
            try? context.sessions.remove(dead)
        }
    }
}
