import Bytes
import Platform
package import Metadata
import TransactionLog

/// Stopping, pausing and taking up jobs again.
extension Compactor {
    /// Cancels a job: one that runs here is stopped soon and its outputs are deleted; one that runs elsewhere
    /// is taken from its session, whose commit then comes too late; one that waits is removed.
    package func cancel(_ id: JobID) throws(CompactionRefusal) {
        for _ in 0..<Self.controlAttempts {
            if let live = state.withLock({ $0.live[id] }) {
                guard live.requestStop(.cancelled) else {
                    throw .wrongPhase(id, "is being committed and cannot be cancelled any more")
                }
                return
            }
            guard let job = log.current.jobs[id] else { throw .noSuchJob(id) }
            let precondition: Precondition =
                switch job.status {
                case .waiting: .jobIsWaiting(id, attempt: job.attempt)
                case .setAside: .jobIsSetAside(id, attempt: job.attempt)
                case .running: .jobExists(id)
                }
            if try commit("CANCEL COMPACTION", precondition, .removeJob(id, outcome: .cancelled)) {
                keep(job)
                tell(.cancelled(job))
                return
            }
        }
        throw .wrongPhase(id, "is taken and given back all the time")
    }

    /// Between the look at a job and the commit somebody may take it, or give it back; then it is looked at again.
    private static let controlAttempts = 8

    /// Lets a job that was set aside wait for its turn again, its failures forgotten.
    package func retry(_ id: JobID) throws(CompactionRefusal) {
        for _ in 0..<Self.controlAttempts {
            let job = try retriable(id)
            var next = job
            next.status = .waiting
            next.failureCount = 0
            next.attempt += 1
            next.parts = []
            next.proof = nil
            // Whoever retried it first may be running it by now.
            let precondition = Precondition.jobIsSetAside(id, attempt: job.attempt)
            if try commit("RETRY COMPACTION", precondition, .putJob(next)) {
                // What it had finished may be what is wrong.
                discard(job.parts.flatMap(\.outputs))
                return
            }
        }
        throw .wrongPhase(id, "is set aside and retried all the time")
    }

    /// A job that can be retried.
    package func retriable(_ id: JobID) throws(CompactionRefusal) -> Job {
        guard let job = log.current.jobs[id] else { throw .noSuchJob(id) }
        guard job.status == .setAside else { throw .wrongPhase(id, "is not set aside") }
        return job
    }

    /// False where the job has moved on since it was looked at.
    private func commit(
        _ operation: ByteString, _ precondition: Precondition, _ action: Action.Operation
    ) throws(CompactionRefusal) -> Bool {
        do throws(CommitError) {
            _ = try log.commit(transaction(operation, [precondition], [.operation(action)]))
            return true
        } catch {
            guard case .conflict = error else { throw .commit(error) }
            return false
        }
    }

    /// Holds a job where it is, running or waiting, until it is resumed or this process ends.
    package func pause(_ id: JobID) throws(CompactionRefusal) { try setPaused(id, true) }

    package func resume(_ id: JobID) throws(CompactionRefusal) { try setPaused(id, false) }

    private func setPaused(_ id: JobID, _ isPaused: Bool) throws(CompactionRefusal) {
        try checkCanPause(id)
        state.update { state in
            if isPaused { state.pausedJobs.insert(id) } else { state.pausedJobs.remove(id) }
            state.live[id]?.pause(isPaused)
            state.wakeCount += 1
        }
    }

    /// Throws where a pause of the job, or its end, is not this process's to give.
    package func checkCanPause(_ id: JobID) throws(CompactionRefusal) {
        guard let job = log.current.jobs[id] else { throw .noSuchJob(id) }
        let isHeld = state.withLock { $0.pausedJobs.contains(id) }
        if job.status == .running, job.session != context.session, !isHeld {
            throw .wrongPhase(id, "is run by another session")
        }
    }

    /// Holds all jobs of the table that run here, and begins no others.
    package func pause() { setPaused(true) }

    package func resume() { setPaused(false) }

    private func setPaused(_ isPaused: Bool) {
        state.update { state in
            state.isPaused = isPaused
            for live in state.live.values { live.pauseTable(isPaused) }
            state.wakeCount += 1
        }
    }
}
