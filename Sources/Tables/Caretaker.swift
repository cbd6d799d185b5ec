import Bytes
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
    private var observer: SessionObserver
    private var lastBeat: UInt64
    private var lastTableNames: [ByteString]?

    init(context: StoreContext) {
        self.context = context
        observer = SessionObserver(ownBoot: (try? Processes.bootID()) ?? "")
        lastBeat = context.clock.monotonicNanoseconds()
    }

    mutating func run(_ store: Store) {
        for table in store.openTables { table.poll() }
        lookForTables(store)
        let now = context.clock.monotonicNanoseconds()
        guard now - lastBeat >= Session.beatNanoseconds else { return }
        lastBeat = now
        do {
            try context.session.beat()
        } catch {
            context.log.warning("the heartbeat cannot be written: \(error)")
        }
        if context.options.runsServices { buryTheDead(store, now: now) }
    }

    private mutating func lookForTables(_ store: Store) {
        guard let names = try? store.tableNames(), names != lastTableNames else { return }
        let isFirst = lastTableNames == nil
        lastTableNames = names
        if !isFirst { store.notifyTablesChanged() }
    }

    private mutating func buryTheDead(_ store: Store, now: UInt64) {
        guard let heartbeats = try? context.sessions.heartbeats() else { return }
        let others = heartbeats.filter { $0.id != context.session.id }
        let dead = observer.observe(others, nowNanoseconds: now) { process in
            (try? Processes.status(of: process))?.startTicks
        }
        for heartbeat in dead {
            let isBuried = store.openTables.allSatisfy { $0.declareDead(heartbeat.id) }
            guard isBuried else { continue }
            context.log.info(
                "session \(heartbeat.id) of pid \(heartbeat.processID) is dead; its jobs are released")
            try? context.sessions.remove(heartbeat.id)
        }
    }
}
