import Metadata
import Platform

/// Writes states in the background: after some versions, some actions, or some seconds of quiet.
///
/// It never holds up a commit. What goes wrong is reported and tried again after the next commit, or a minute.
/// Of several processes on one table the one writes whose commit made a state due; the others take its state over,
/// and write one themselves where none has come when as much again was committed.
package final class ManifestWriter: Sendable {
    private struct Signal {
        var isStopped = false
        /// Counts commits, so that quiet can be told.
        var changeCount = 0
        var isAsked = false
    }

    private let log: TransactionLog
    private let monitor = Monitor(Signal())
    private let thread: Thread
    private let report: @Sendable (Result<StateOutcome, LogError>) -> Void

    /// Starts the thread. `report` is told of every state written and of every failure.
    package init(
        _ log: TransactionLog, report: @escaping @Sendable (Result<StateOutcome, LogError>) -> Void = { _ in }
    ) {
        self.log = log
        self.report = report
        let monitor = monitor
        log.addObserver { _, _, _ in monitor.update { $0.changeCount += 1 } }
        thread = Thread.spawn(name: "manifests") { ManifestWriter.run(log, monitor, report) }
    }

    /// Ends the thread after what it is doing.
    package func stop() {
        monitor.update { $0.isStopped = true }
        thread.join()
    }

    /// Lets a state be written now, if there is anything to write.
    package func writeNow() { monitor.update { $0.isAsked = true } }

    private enum Wake { case stop, look, quiet, asked }
    private enum Outcome { case done, nothing, failed }

    private static func run(
        _ log: TransactionLog, _ monitor: Monitor<Signal>,
        _ report: @Sendable (Result<StateOutcome, LogError>) -> Void
    ) {
        var failedAt: Int?
        while true {
            let seen = monitor.withLock { $0.changeCount }
            let outcome = failedAt == seen ? .nothing : act(log.stateTurn, isQuiet: false, log, report)
            failedAt = outcome == .failed ? seen : failedAt
            if outcome == .done { continue }
            let isPending = log.unwritten.versionCount > 0
            let seconds = failedAt == seen ? 60 : log.current.properties.stateWriteAfterQuietSeconds
            let wake = wait(monitor, seen, seconds: isPending ? seconds : nil)
            if wake == .stop { return }
            if wake == .look || !isPending { continue }
            let turn = wake == .asked ? StateTurn.own : .anybody
            failedAt = act(turn, isQuiet: true, log, report) == .failed ? seen : nil
        }
    }

    /// Takes over what another process has written, or writes.
    private static func act(
        _ turn: StateTurn, isQuiet: Bool, _ log: TransactionLog,
        _ report: @Sendable (Result<StateOutcome, LogError>) -> Void
    ) -> Outcome {
        if turn == .nobody || turn == .others { return .nothing }
        do throws(LogError) {
            if turn == .anybody, log.hasStateToFollow {
                guard isQuiet || log.isFollowingDue else { return .nothing }
                if try log.followState() { return .done }
            }
            report(.success(try log.writeState()))
            return .done
        } catch {
            report(.failure(error))
            return .failed
        }
    }

    private static func wait(_ monitor: Monitor<Signal>, _ seen: Int, seconds: Int64?) -> Wake {
        let limit = seconds.map { UInt64($0) * 1_000_000_000 } ?? .max
        return monitor.wait(atMostNanoseconds: limit) { signal -> Wake? in
            if signal.isStopped { return .stop }
            if signal.isAsked {
                signal.isAsked = false
                return .asked
            }
            return signal.changeCount != seen ? .look : nil
        } ?? .quiet
    }
}
