import Metadata
import Platform

/// Writes states in the background: after some versions, some actions, or some seconds of quiet.
///
/// It never holds up a commit. What goes wrong is reported and tried again after the next commit, or a minute.
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

    private enum Wake { case stop, look, quiet }

    private static func run(
        _ log: TransactionLog, _ monitor: Monitor<Signal>,
        _ report: @Sendable (Result<StateOutcome, LogError>) -> Void
    ) {
        var failedAt: Int?
        while true {
            let seen = monitor.withLock { $0.changeCount }
            let properties = log.current.properties
            let unwritten = log.unwritten
            let isPending = unwritten.versionCount > 0
            let isDue =
                isPending
                && (unwritten.versionCount >= properties.stateWriteAfterVersions
                    || unwritten.actionCount >= properties.stateWriteAfterActions)
            if isDue, failedAt != seen {
                failedAt = write(log, report) ? nil : seen
                continue
            }
            let quietSeconds = failedAt == seen ? 60 : properties.stateWriteAfterQuietSeconds
            let wake = wait(monitor, seen, seconds: isPending ? quietSeconds : nil)
            if wake == .stop { return }
            if wake == .quiet, isPending { failedAt = write(log, report) ? nil : seen }
        }
    }

    private static func wait(_ monitor: Monitor<Signal>, _ seen: Int, seconds: Int64?) -> Wake {
        let limit = seconds.map { UInt64($0) * 1_000_000_000 } ?? .max
        return monitor.wait(atMostNanoseconds: limit) { signal -> Wake? in
            if signal.isStopped { return .stop }
            if signal.isAsked {
                signal.isAsked = false
                return .quiet
            }
            return signal.changeCount != seen ? .look : nil
        } ?? .quiet
    }

    /// False where it has to be tried again.
    private static func write(
        _ log: TransactionLog, _ report: @Sendable (Result<StateOutcome, LogError>) -> Void
    ) -> Bool {
        do throws(LogError) {
            report(.success(try log.writeState()))
            return true
        } catch {
            report(.failure(error))
            return false
        }
    }
}
