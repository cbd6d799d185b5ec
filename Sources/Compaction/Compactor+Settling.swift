import Bytes
import Metadata
import Platform
import Telemetry
import TransactionLog

/// Commits whose answer decides whether files may be deleted.
extension Compactor {
    enum Outcome {
        case committed(Version)
        /// Known not to be in the log, and it never will be: the job is somebody else's or gone, or what is said of
        /// the files is no longer so.
        case refused(String, TransactionConflict.Reason)
        /// Known not to be in the log.
        case failed(String)
        case unknown(String)
    }

    /// Commits the transaction and, where the answer is lost, the same one again: under its own id it is found
    /// if it was written, and its fence refuses it if the job has moved on.
    func settle(_ transaction: Transaction, repeatsFailures: Bool) -> Outcome {
        var isUnknown = false
        var message = ""
        for attempt in 0..<options.commitAttempts {
            if attempt > 0 {
                Thread.sleep(nanoseconds: options.commitBackOffNanoseconds << UInt64(min(attempt - 1, 8)))
            }
            do throws(CommitError) {
                let committed = try log.commit(transaction)
                return .committed(committed.version)
            } catch {
                message = error.description
                switch error {
                case .conflict(let conflict):
                    return isUnknown
                        ? found(transaction) ?? .unknown(message) : .refused(message, conflict.reason)
                case .invalid, .foreign:
                    return isUnknown ? found(transaction) ?? .unknown(message) : .failed(message)
                case .unknownOutcome: isUnknown = true
                case .failed:
                    if !isUnknown, !repeatsFailures {
                        reopenIfPoisoned()
                        return found(transaction) ?? .failed(message)
                    }
                }
                reopenIfPoisoned()
            }
        }
        return isUnknown ? .unknown(message) : .failed(message)
    }

    /// A commit of unknown outcome is refused when it is tried again: because it happened and its id has left
    /// the log's memory, or because others were first. The files that it adds tell that it happened; without
    /// any, nothing tells, and there is nothing to delete.
    private func found(_ transaction: Transaction) -> Outcome? {
        let table = log.current
        for action in transaction.actions {
            guard case .add(let entry) = action else { continue }
            if let view = table.files.view(entry.id) { return .committed(view.addedAtVersion) }
            if let garbage = table.garbage[entry.id] { return .committed(garbage.addedAtVersion) }
        }
        return nil
    }

    /// After a failed sync the log is read as the storage has it.
    private func reopenIfPoisoned() {
        guard log.isPoisoned else { return }
        do throws(LogError) {
            try log.reopen()
        } catch {
            context.logger.warning("\(context.table): the log cannot be opened again: \(error)")
        }
    }
}
