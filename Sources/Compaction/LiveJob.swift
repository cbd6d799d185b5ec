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
        /// By the monotonic clock.
        var reportedAtNanoseconds: UInt64
        /// Finished ranges: those that the log knows, and those that it does not know yet.
        var parts: [JobPart]
        var unrecorded: [JobPart] = []
        /// Where delete markers are left out of the parts.
        var proof: Int64?

        var waits: Bool { (isPaused || isTablePaused) && stop == nil }
    }

    let job: Job
    let bytesTotal: Int64
    let rowsTotal: Int64
    /// For people; how long it runs is told by the monotonic clock alone.
    let startedAtMilliseconds: Int64
    private let startedAtNanoseconds: UInt64
    let cancellation: Cancellation
    /// A person waits for it.
    let isForeground: Bool
    private let clock: any Clock
    private let slots: JobSlots
    private let state: Monitor<State>

    init(
        _ job: Job, in table: TableState, clock: any Clock, slots: JobSlots, isPaused: Bool,
        isTablePaused: Bool, isForeground: Bool = false
    ) {
        self.job = job
        self.clock = clock
        self.slots = slots
        self.isForeground = isForeground
        bytesTotal = job.references.reduce(0) { $0 + table.bytes(of: $1.file, in: $1.partition) }
        rowsTotal = job.references.reduce(0) { sum, key in
            let file = table.files.view(key.file)
            return sum + (file.flatMap { table.reference($0, in: key.partition) }?.rowCount ?? 0)
        }
        startedAtMilliseconds = clock.nowMilliseconds()
        startedAtNanoseconds = clock.monotonicNanoseconds()
        cancellation = Cancellation()
        state = Monitor(
            State(
                isPaused: isPaused, isTablePaused: isTablePaused, reportedAtNanoseconds: startedAtNanoseconds,
                parts: job.parts, proof: job.proof))
    }

    /// What the disk must have room for.
    var reservedBytes: UInt64 { UInt64(clamping: bytesTotal + bytesTotal / 10) }

    var stop: Stop? { state.withLock { $0.stop } }

    /// The job with what is finished of it, as it stands in the log, or is about to.
    var record: Job {
        state.withLock { state in
            var job = job
            job.parts = state.parts
            job.proof = state.proof
            return job
        }
    }

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

    // MARK: Finished ranges

    /// Takes note of a range that the log does not know yet.
    func finished(_ part: JobPart) { state.withLock { $0.unrecorded.append(part) } }

    /// The job as it is to be recorded, with all that is finished.
    func withUnrecorded(proof: Int64?) -> Job {
        state.withLock { state in
            var job = job
            job.parts = state.parts + state.unrecorded
            job.proof = proof
            return job
        }
    }

    func recorded(_ job: Job) {
        state.withLock { state in
            state.parts = job.parts
            state.proof = job.proof
            state.unrecorded.removeAll { job.parts.contains($0) }
        }
    }

    /// Begins anew; what was finished before is the caller's to delete.
    func forgetParts() -> [FileEntry] {
        state.withLock { state in
            defer {
                state.parts = []
                state.unrecorded = []
                state.proof = nil
            }
            return (state.parts + state.unrecorded).flatMap(\.outputs)
        }
    }

    /// Outputs that only this process knows of.
    var unrecordedOutputs: [FileEntry] { state.withLock { $0.unrecorded.flatMap(\.outputs) } }

    /// Paths of what is finished, in the order in which it was.
    var outputs: [FileEntry] { state.withLock { ($0.parts + $0.unrecorded).flatMap(\.outputs) } }

    // MARK: Progress

    /// Takes note of progress and stays here while the job is paused. True where it is time for a report.
    ///
    /// A job that is paused gives its slot to others.
    func advance(to bytes: Int64, reportEvery milliseconds: Int64) -> Bool {
        state.withLock { $0.bytesDone = min(max($0.bytesDone, bytes), bytesTotal) }
        waitWhilePaused()
        let now = clock.monotonicNanoseconds()
        return state.withLock { state in
            guard now - state.reportedAtNanoseconds >= UInt64(clamping: milliseconds) * 1_000_000 else {
                return false
            }
            state.reportedAtNanoseconds = now
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

    /// How long the attempt has been running, pauses counted.
    var elapsedMilliseconds: Int64 {
        Int64(clamping: (clock.monotonicNanoseconds() - startedAtNanoseconds) / 1_000_000)
    }

    func view() -> JobView {
        let (phase, done) = state.withLock { state in
            (state.waits && state.phase != .committing ? .paused : state.phase, state.bytesDone)
        }
        let elapsed = max(elapsedMilliseconds, 1)
        var view = JobView(
            job: job, phase: phase, isOwn: true, bytesTotal: bytesTotal, bytesDone: done,
            rowsTotal: rowsTotal, startedAtMilliseconds: startedAtMilliseconds, reason: job.reason)
        view.outputs = outputs.map(\.path)
        if done > 0 {
            let rate = Double(done) * 1_000 / Double(elapsed)
            view.bytesPerSecond = Int64(rate)
            view.remainingSeconds = Int64((Double(bytesTotal - done) / rate).rounded(.up))
        }
        return view
    }
}
