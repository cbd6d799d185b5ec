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
            context.session.report(store.jobProgress)
            try context.session.beat()
        } catch {
            context.log.warning("the heartbeat cannot be written: \(error)")
        }
        guard context.options.runsServices else { return }
        if !context.options.isReadOnly { context.reserve.fill() }
        buryTheDead(store, now: now)
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

    /// Also what cannot be read: it keeps everyone from deleting, and a living session would have replaced it.
    private mutating func buryTheDead(_ store: Store, now: UInt64) {
        guard let found = try? context.sessions.found() else { return }
        let others = found.filter { $0.id != context.session.id }
        for dead in observer.observe(others, nowNanoseconds: now) {
            let isBuried = store.openTables.allSatisfy { $0.declareDead(dead.id) }
            guard isBuried else { continue }
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
