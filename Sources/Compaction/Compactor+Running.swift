import Bytes
import Merge
import Metadata
import Platform
import Storage
import TransactionLog

/// One attempt of a job, from the merge to its commit or to what is left of it otherwise.
extension Compactor {
    /// How an attempt ended.
    enum Ending: Sendable {
        case committed(CompactionSummary)
        case failed(Job, String)
        case cancelled(Job)
        case released(Job, String)
    }

    /// Runs the attempt to its end. Nothing that it throws stops another job.
    @discardableResult
    func run(_ live: LiveJob) -> Ending {
        tell(.assigned(live.job))
        let ending = attempt(live)
        context.slots.unreserve(live.reservedBytes)
        state.update { state in
            state.live[live.job.id] = nil
            state.workers[live.job.id] = nil
            state.changed?.insert(live.job.partition)
            state.wakeCount += 1
        }
        switch ending {
        case .committed(let summary): tell(.committed(summary))
        case .failed(let job, let message): tell(.failed(job, message: message))
        case .cancelled(let job): tell(.cancelled(job))
        case .released(let job, let message): tell(.released(job, message: message))
        }
        return ending
    }

    private func attempt(_ live: LiveJob) -> Ending {
        live.waitWhilePaused()
        let writing = context.openWrites.begin(context.clock)
        defer { withExtendedLifetime(writing) {} }
        let table = log.current
        let merge: MergeJob
        let result: MergeResult
        do {
            guard live.enter(.merging) else { return stopped(live, live.stop ?? .stopping) }
            guard holds(live.job.id, live.job.attempt, in: table) else { return stopped(live, .lost) }
            merge = try MergeJob(live.job, in: table, of: context)
            result = try run(merge, live)
        } catch {
            // The merge has deleted what it wrote.
            if let stop = live.stop { return stopped(live, stop) }
            return failed(live, "\(error)")
        }
        guard live.enter(.committing) else {
            discard(result.outputs)
            return stopped(live, live.stop ?? .stopping)
        }
        return commit(live, merge, result)
    }

    private func run(_ merge: MergeJob, _ live: LiveJob) throws -> MergeResult {
        let interval = options.progressMilliseconds
        return try MergePasses(
            merge: merge, maxInputs: options.maxInputs, cancellation: live.cancellation,
            progress: { [self] bytes in
                if live.advance(to: bytes, reportEvery: interval) { tell(.progress(live.view())) }
            }
        ).run()
    }

    private func commit(_ live: LiveJob, _ merge: MergeJob, _ result: MergeResult) -> Ending {
        let job = live.job
        let now = context.clock.nowMilliseconds()
        let removals = merge.entries.map { entry in
            Action.remove(
                FileRemoval(
                    path: entry.path, id: entry.id, deletionTimestamp: now, dataChange: false,
                    sizeBytes: entry.sizeBytes, job: job.id))
        }
        let transaction = transaction(
            "COMPACT", [.holdsJob(job.id, attempt: job.attempt, session: context.session)],
            removals + result.outputs.map(Action.add)
                + [.operation(.removeJob(job.id, outcome: .committed))])
        switch settle(transaction, repeatsFailures: false) {
        case .committed(let version):
            return .committed(
                CompactionSummary(
                    job: job, version: version, inputFiles: merge.inputs.count, inputBytes: live.bytesTotal,
                    rowsIn: result.rowsIn, outputs: result.outputs, rowsOut: result.rowsOut,
                    rowsDropped: result.rowsDropped,
                    durationMilliseconds: context.clock.nowMilliseconds() - live.startedAtMilliseconds))
        case .refused(let message):
            discard(result.outputs)
            return .released(job, message)
        case .failed(let message):
            discard(result.outputs)
            return failed(live, message)
        case .unknown(let message):
            // The outputs may be live: they stay, and are orphans at worst.
            return .released(job, message)
        }
    }

    // MARK: Other endings

    private func failed(_ live: LiveJob, _ message: String) -> Ending {
        var job = live.job
        job.failureCount += 1
        job.attempt += 1
        job.lastError = ByteString(message)
        job.session = nil
        job.status = job.failureCount >= options.maxFailures ? .setAside : .waiting
        return giveBack(live, job, "FAIL COMPACTION").map { .released(live.job, $0) } ?? .failed(job, message)
    }

    private func stopped(_ live: LiveJob, _ stop: LiveJob.Stop) -> Ending {
        switch stop {
        case .lost: return .released(live.job, "the job is no longer this session's")
        case .cancelled:
            let outcome = settle(
                transaction(
                    "CANCEL COMPACTION", fence(live.job),
                    [.operation(.removeJob(live.job.id, outcome: .cancelled))]), repeatsFailures: true)
            switch outcome {
            case .committed: return .cancelled(live.job)
            case .refused(let message), .failed(let message), .unknown(let message):
                return .released(live.job, message)
            }
        case .stopping:
            var job = live.job
            job.attempt += 1
            job.session = nil
            job.status = .waiting
            let message = giveBack(live, job, "RELEASE COMPACTION")
            return .released(live.job, message ?? "stopped; the job waits for another session")
        }
    }

    private func fence(_ job: Job) -> [Precondition] {
        [.holdsJob(job.id, attempt: job.attempt, session: context.session)]
    }

    /// Commits what becomes of the job; why that was not possible, or nil.
    private func giveBack(_ live: LiveJob, _ job: Job, _ operation: ByteString) -> String? {
        let transaction = transaction(operation, fence(live.job), [.operation(.putJob(job))])
        switch settle(transaction, repeatsFailures: true) {
        case .committed: return nil
        case .refused(let message), .failed(let message), .unknown(let message): return message
        }
    }

    /// Deletes files that no commit names. What cannot be deleted is an orphan, which garbage collection finds.
    private func discard(_ files: [FileEntry]) {
        for file in files { try? context.storage.delete(context.table + "/" + file.path) }
    }
}
