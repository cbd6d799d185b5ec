import Compaction
import JSON
import Metadata
import Planning
import Platform
import Synchronization
import TransactionLog

/// Slows what comes into a table while its compaction is behind.
///
/// Only the answers to writes wait, each for a timer: no thread sleeps, and nothing but writes is held up. A
/// ``LoadWatch`` tells how far behind the table is, ``Pressure`` what follows from that, a ``WriteGate`` whose
/// turn it is.
package final class BackPressure: Sendable {
    /// What a file costs at least: many small files are as much work as a few large ones.
    package static let leastFileCost = 4 << 10

    struct State {
        var pressure: Pressure
        var gate: WriteGate
        var held: [WriteGate.Ticket: HeldWrite] = [:]
        /// When the timer is due that looks at the gate next.
        var timerDue: UInt64?
        var isEnded = false
        /// What presses now.
        var finding: LoadWatch.Finding?
        var totals = Totals()
        var stall: Stall?
    }

    /// What was held up since the table was opened.
    struct Totals: Hashable, Sendable {
        var writes: UInt64 = 0
        var bytes: UInt64 = 0
        var delayNanoseconds: UInt64 = 0
        var stalls: UInt64 = 0
    }

    /// From the first write that was held until the limit is gone.
    struct Stall: Sendable {
        var since: UInt64
        var totalsBefore: Totals
        /// The rate that the events told last; nil before the first.
        var toldRate: Double?
    }

    let limits: Pressure.Limits
    let state: Mutex<State>
    let record: @Sendable (JSONObject) -> Void
    private let watch: LoadWatch
    private let clock: any Clock
    private let timers: TimerQueue
    /// Asked by every write; everything else is under the lock.
    private let isFree = Atomic(true)

    /// - Parameter record: takes an event.
    init(
        log: TransactionLog, compactor: Compactor, clock: any Clock, timers: TimerQueue,
        limits: Pressure.Limits = Pressure.Limits(), record: @escaping @Sendable (JSONObject) -> Void
    ) {
        self.limits = limits
        self.clock = clock
        self.timers = timers
        self.record = record
        watch = LoadWatch(log: log, compactor: compactor, clock: clock, limits: limits)
        state = Mutex(
            State(pressure: Pressure(limits), gate: WriteGate(floorRate: limits.floorRate)))
    }

    deinit { assert(state.withLock { $0.held.isEmpty }, "writes are answered before their table goes") }

    // MARK: Writes

    /// Whether there is a limit now.
    package var isLimiting: Bool { !isFree.load(ordering: .relaxed) }

    /// Whether a write of this cost is to be answered at once; otherwise it is to be given to ``hold(_:)``.
    package func passes(_ cost: Int) -> Bool {
        if isFree.load(ordering: .relaxed) { return true }
        let now = clock.monotonicNanoseconds()
        return state.withLock { $0.gate.tryPass(cost, nowNanoseconds: now) }
    }

    /// Takes a write into account that must not be held up.
    package func charge(_ cost: Int) {
        if isFree.load(ordering: .relaxed) { return }
        let now = clock.monotonicNanoseconds()
        state.withLock { $0.gate.charge(cost, nowNanoseconds: now) }
    }

    /// Answers a write when its turn has come.
    package func hold(_ write: HeldWrite) {
        let now = clock.monotonicNanoseconds()
        let isDue = state.withLock { state in
            if write.isOver.load(ordering: .relaxed) { return false }
            if state.gate.tryPass(write.cost, nowNanoseconds: now) { return true }
            let ticket = state.gate.queue(write.cost, nowNanoseconds: now)
            write.ticket.store(ticket, ordering: .relaxed)
            state.held[ticket] = write
            if state.stall == nil {
                state.totals.stalls += 1
                state.stall = Stall(since: now, totalsBefore: state.totals)
            }
            setTimer(&state, now)
            return false
        }
        if isDue { write.answer() }
    }

    /// Answers a write now, because who waits for it was interrupted.
    package func letGo(_ write: HeldWrite) {
        let now = clock.monotonicNanoseconds()
        state.withLock { state in
            write.isOver.store(true, ordering: .relaxed)
            let ticket = write.ticket.load(ordering: .relaxed)
            if let passed = state.gate.leave(ticket, nowNanoseconds: now) { _ = take([passed], of: &state) }
        }
        write.answer()
    }

    /// Answers all that waits and holds nothing any more: the mount, or the table, is to end.
    package func end() {
        let writes = state.withLock { state in
            state.isEnded = true
            return free(&state)
        }
        for write in writes { write.answer() }
    }

    private func free(_ state: inout State) -> [HeldWrite] {
        isFree.store(true, ordering: .relaxed)
        let now = clock.monotonicNanoseconds()
        state.gate.setRate(nil, nowNanoseconds: now)
        return take(state.gate.passDue(nowNanoseconds: now), of: &state)
    }

    /// The writes behind tickets, which are answered outside of the lock.
    private func take(_ passed: [WriteGate.Passed], of state: inout State) -> [HeldWrite] {
        passed.compactMap { passed in
            guard let write = state.held.removeValue(forKey: passed.ticket) else { return nil }
            state.totals.writes += 1
            state.totals.bytes += UInt64(write.bytes)
            state.totals.delayNanoseconds += passed.waitedNanoseconds
            return write
        }
    }

    // MARK: Time

    /// Looks at the table's load and lets the limit follow. Called a few times a second.
    package func review() {
        let (load, finding) = watch.look()
        let now = clock.monotonicNanoseconds()
        let (writes, events) = state.withLock { state -> ([HeldWrite], [JSONObject]) in
            if state.isEnded { return ([], []) }
            state.finding = finding
            state.pressure.advance(to: load, nowNanoseconds: now)
            let rate = state.pressure.rate
            state.gate.setRate(rate, nowNanoseconds: now)
            isFree.store(rate == nil, ordering: .relaxed)
            let writes = take(state.gate.passDue(nowNanoseconds: now), of: &state)
            setTimer(&state, now)
            return (writes, news(&state, now))
        }
        for write in writes { write.answer() }
        for event in events { record(event) }
    }

    private func setTimer(_ state: inout State, _ now: UInt64) {
        guard let wait = state.gate.nanosecondsUntilDue(nowNanoseconds: now) else { return }
        if let due = state.timerDue, due <= now + wait { return }
        state.timerDue = now + wait
        // Not more often than a disk would answer.
        timers.schedule(afterNanoseconds: max(wait, 1_000_000)) { [weak self] in self?.timeHasCome() }
    }

    private func timeHasCome() {
        let now = clock.monotonicNanoseconds()
        let writes = state.withLock { state in
            state.timerDue = nil
            let writes = take(state.gate.passDue(nowNanoseconds: now), of: &state)
            setTimer(&state, now)
            return writes
        }
        for write in writes { write.answer() }
    }
}
