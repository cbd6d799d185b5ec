import Bytes
import Platform
package import Metadata
import TransactionLog

/// Stopping, pausing and taking up jobs again.
extension Compactor {
    /// Cancels a job: one that runs here is stopped soon and its outputs are deleted; one that runs elsewhere
    /// is taken from its session, whose commit then comes too late; one that waits is removed.
    package func cancel(_ id: JobID) throws(CompactionRefusal) {
        if let live = state.withLock({ $0.live[id] }) {
            guard live.requestStop(.cancelled) else {
                throw .wrongPhase(id, "is being committed and cannot be cancelled any more")
            }
            return
        }
        guard let job = log.current.jobs[id] else { throw .noSuchJob(id) }
        let precondition: Precondition =
            job.status == .waiting ? .jobIsWaiting(id, attempt: job.attempt) : .jobExists(id)
        try commit("CANCEL COMPACTION", id, precondition, .removeJob(id, outcome: .cancelled))
        keep(job)
        tell(.cancelled(job))
    }

    /// Lets a job that was set aside wait for its turn again, its failures forgotten.
    package func retry(_ id: JobID) throws(CompactionRefusal) {
        guard var job = log.current.jobs[id] else { throw .noSuchJob(id) }
        guard job.status == .setAside else { throw .wrongPhase(id, "is not set aside") }
        // What it had finished may be what is wrong.
        let finished = job.parts.flatMap(\.outputs)
        job.status = .waiting
        job.failureCount = 0
        job.attempt += 1
        job.parts = []
        job.proof = nil
        try commit("RETRY COMPACTION", id, .jobExists(id), .putJob(job))
        discard(finished)
    }

    private func commit(
        _ operation: String, _ id: JobID, _ precondition: Precondition, _ action: Action.Operation
    ) throws(CompactionRefusal) {
        do throws(CommitError) {
            _ = try log.commit(transaction(.init(operation), [precondition], [.operation(action)]))
        } catch {
            guard case .conflict = error, log.current.jobs[id] == nil else { throw .commit(error) }
            throw .noSuchJob(id)
        }
    }

    /// Holds a job where it is, running or waiting, until it is resumed or this process ends.
    package func pause(_ id: JobID) throws(CompactionRefusal) { try setPaused(id, true) }

    package func resume(_ id: JobID) throws(CompactionRefusal) { try setPaused(id, false) }

    private func setPaused(_ id: JobID, _ isPaused: Bool) throws(CompactionRefusal) {
        guard let job = log.current.jobs[id] else { throw .noSuchJob(id) }
        if job.status == .running, job.session != context.session {
            throw .wrongPhase(id, "is run by another session")
        }
        state.update { state in
            if isPaused { state.pausedJobs.insert(id) } else { state.pausedJobs.remove(id) }
            state.live[id]?.pause(isPaused)
            state.wakeCount += 1
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
