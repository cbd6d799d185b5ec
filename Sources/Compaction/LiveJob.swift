import Metadata
import Platform

/// A job that this process works on: its phase and progress, and the switches that stop and pause it.
final class LiveJob: Sendable {
    /// Why an attempt ends before its commit.
    enum Stop: Sendable {
        /// A person does not want it.
        case cancelled
        /// The process ends, or a foreground run was interrupted.
        case stopping
        /// The log says that the job is not this session's any more.
        case lost
    }

    private struct State {
        var phase = JobPhase.assigned
        var bytesDone: Int64 = 0
        var isPaused = false
        var isTablePaused = false
        var stop: Stop?
        var reportedAt: Int64

        var waits: Bool { (isPaused || isTablePaused) && stop == nil }
    }

    let job: Job
    let bytesTotal: Int64
    let rowsTotal: Int64
    let startedAtMilliseconds: Int64
    let cancellation: Cancellation
    private let clock: any Clock
    private let slots: JobSlots
    private let state: Monitor<State>

    init(
        _ job: Job, in table: TableState, clock: any Clock, slots: JobSlots, isPaused: Bool,
        isTablePaused: Bool
    ) {
        let files = job.inputs.compactMap { table.files.view($0) }
        self.job = job
        self.clock = clock
        self.slots = slots
        bytesTotal = files.reduce(0) { $0 + $1.sizeBytes }
        rowsTotal = files.reduce(0) { $0 + ($1.rowCount ?? 0) }
        startedAtMilliseconds = clock.nowMilliseconds()
        cancellation = Cancellation()
        state = Monitor(
            State(isPaused: isPaused, isTablePaused: isTablePaused, reportedAt: startedAtMilliseconds))
    }

    /// What the disk must have room for.
    var reservedBytes: UInt64 { UInt64(clamping: bytesTotal + bytesTotal / 10) }

    var stop: Stop? { state.withLock { $0.stop } }

    /// Stops the attempt, a paused one too. False where it is committing: then its commit decides.
    @discardableResult
    func requestStop(_ stop: Stop) -> Bool {
        let isAccepted = state.update { state in
            guard state.phase != .committing else { return false }
            state.stop = state.stop ?? stop
            return true
        }
        if isAccepted { cancellation.cancel() }
        return isAccepted
    }

    /// The next phase; false where the attempt is to end.
    func enter(_ phase: JobPhase) -> Bool {
        state.update { state in
            guard state.stop == nil else { return false }
            state.phase = phase
            return true
        }
    }

    func pause(_ isPaused: Bool) { state.update { $0.isPaused = isPaused } }
    func pauseTable(_ isPaused: Bool) { state.update { $0.isTablePaused = isPaused } }

    /// Takes note of progress and stays here while the job is paused. True where it is time for a report.
    ///
    /// A job that is paused gives its slot to others.
    func advance(to bytes: Int64, reportEvery milliseconds: Int64) -> Bool {
        state.withLock { $0.bytesDone = max($0.bytesDone, bytes) }
        waitWhilePaused()
        let now = clock.nowMilliseconds()
        return state.withLock { state in
            guard now - state.reportedAt >= milliseconds else { return false }
            state.reportedAt = now
            return true
        }
    }

    /// Returns when the job may go on or is stopped.
    func waitWhilePaused() {
        guard state.withLock({ $0.waits }) else { return }
        slots.release()
        _ = state.wait { $0.waits ? nil : true }
        slots.take()
    }

    func view() -> JobView {
        let (phase, done) = state.withLock { state in
            (state.waits && state.phase != .committing ? .paused : state.phase, state.bytesDone)
        }
        let elapsed = max(clock.nowMilliseconds() - startedAtMilliseconds, 1)
        var view = JobView(
            job: job, phase: phase, isOwn: true, bytesTotal: bytesTotal, bytesDone: done,
            rowsTotal: rowsTotal, startedAtMilliseconds: startedAtMilliseconds, reason: job.reason)
        if done > 0 {
            let rate = Double(done) * 1_000 / Double(elapsed)
            view.bytesPerSecond = Int64(rate)
            view.remainingSeconds = Int64((Double(bytesTotal - done) / rate).rounded(.up))
        }
        return view
    }
}
