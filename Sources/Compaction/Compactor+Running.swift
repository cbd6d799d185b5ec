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
        let isStillHeld = holds(live.job.id, live.job.attempt, in: log.current)
        let rest = context.clock.monotonicNanoseconds() + UInt64(options.backOffMilliseconds) * 1_000_000
        state.update { state in
            if isStillHeld { state.notBefore[live.job.id] = (live.job.attempt, rest) }
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
        let outcome: MergeOutcome
        do {
            guard live.enter(.merging) else { return stopped(live, live.stop ?? .stopping) }
            guard holds(live.job.id, live.job.attempt, in: table) else { return stopped(live, .lost) }
            merge = try MergeJob(live.job, in: table, of: context)
            outcome = try run(merge, live, in: table)
        } catch {
            // The merges have deleted what they wrote but finished ranges; the log knows these, or nobody does.
            discard(live.unrecordedOutputs)
            if let stop = live.stop { return stopped(live, stop) }
            return failed(live.record, "\(error)")
        }
        guard live.enter(.committing) else {
            let known = Set(live.record.parts.flatMap(\.outputs).map(\.id))
            discard(outcome.outputs.filter { !known.contains($0.id) })
            return stopped(live, live.stop ?? .stopping)
        }
        return commit(live, merge, outcome)
    }

    private func run(_ merge: MergeJob, _ live: LiveJob, in table: TableState) throws -> MergeOutcome {
        var outcome = MergeOutcome()
        var before: Int64 = 0
        do {
            for target in merge.targets {
                let isMain = target.partition == live.job.partition
                let result = try run(target, live, in: table, isMain: isMain, before: before)
                before += target.bytes
                outcome.outputs += result.outputs
                outcome.rowsIn += result.rowsIn
                outcome.rowsDropped += result.rowsDropped
                if isMain { outcome.rowsTaken = result.rowsInByFile }
            }
        } catch {
            // What was written for other partitions is of no use without the rest.
            let kept = Set(live.outputs.map(\.id))
            discard(outcome.outputs.filter { !kept.contains($0.id) })
            throw error
        }
        return outcome
    }

    /// One merge, begun anew behind what is finished of it where it could have more ranges by then.
    private func run(
        _ target: MergeTarget, _ live: LiveJob, in table: TableState, isMain: Bool, before: Int64
    ) throws -> MergeResult {
        while true {
            do {
                return try passes(target, live, in: table, isMain: isMain, before: before).run()
            } catch is RangeChoice.WantsMore {
                continue
            }
        }
    }

    private func passes(
        _ target: MergeTarget, _ live: LiveJob, in table: TableState, isMain: Bool, before: Int64
    ) throws -> MergePasses {
        var passes = MergePasses(
            target: target, maxInputs: options.maxInputs, cancellation: live.cancellation,
            progress: { [self] bytes in
                let done = before + min(bytes, target.bytes)
                if live.advance(to: done, reportEvery: options.progressMilliseconds) {
                    tell(.progress(live.view()))
                }
            })
        passes.memoryBytes = Int(clamping: table.properties.compactionMemoryLimit)
        let slots = context.slots
        let ranges = RangeChoice { live.isForeground || slots.isQuiet }
        if target.bytes >= options.twoRangesBytes { passes.ranges = ranges }
        if isMain {
            try resume(&passes, live, target)
            if target.bytes >= 2 * target.options.targetFileSizeBytes {
                let mayGrow = passes.ranges != nil
                passes.onPart = { [self] part in
                    let isRecorded = try record(part, of: live, target)
                    if mayGrow, isRecorded, part.maxKey != nil, ranges.wantsMore {
                        throw RangeChoice.WantsMore()
                    }
                }
            }
        }
        return passes
    }

    // MARK: Other endings

    func failed(_ record: Job, _ message: String) -> Ending {
        var job = record
        job.failureCount += 1
        job.lastError = ByteString(message)
        job.status = job.failureCount >= options.maxFailures ? .setAside : .waiting
        return giveBack(job, "FAIL COMPACTION").map { .released(record, $0) } ?? .failed(job, message)
    }

    /// Gives the job back without blame: it waits for its next attempt.
    func released(_ live: LiveJob, _ record: Job, _ message: String) -> Ending {
        var job = record
        job.status = .waiting
        return .released(live.job, giveBack(job, "RELEASE COMPACTION") ?? message)
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
            case .committed:
                keep(live.record)
                return .cancelled(live.job)
            case .refused(let message, _), .failed(let message), .unknown(let message):
                return .released(live.job, message)
            }
        case .stopping: return released(live, live.record, "stopped; the job waits for another session")
        }
    }

    private func fence(_ job: Job) -> [Precondition] {
        [.holdsJob(job.id, attempt: job.attempt, session: context.session)]
    }

    /// Commits what becomes of the job, one attempt on and without a session; why that was not possible, or nil.
    private func giveBack(_ job: Job, _ operation: ByteString) -> String? {
        var next = job
        next.attempt += 1
        next.session = nil
        switch settle(transaction(operation, fence(job), [.operation(.putJob(next))]), repeatsFailures: true)
        {
        case .committed: return nil
        case .refused(let message, _), .failed(let message), .unknown(let message): return message
        }
    }

    /// Deletes files that no commit names. What cannot be deleted is an orphan, which garbage collection finds.
    func discard(_ files: [FileEntry]) {
        for file in files { try? context.storage.delete(context.table + "/" + file.path) }
    }
}
