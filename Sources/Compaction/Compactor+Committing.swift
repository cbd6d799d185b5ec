import Bytes
import Metadata
import Platform
import TransactionLog

/// The swap: one commit in which outputs take the place of what the job holds.
extension Compactor {
    /// How often the swap is made anew because other jobs took other rows out of the same files.
    private static let swapAttempts = 1_000

    func commit(_ live: LiveJob, _ merge: MergeJob, _ outcome: MergeOutcome) -> Ending {
        var message = ""
        for _ in 0..<Self.swapAttempts {
            switch settle(swap(live, merge, outcome), repeatsFailures: false) {
            case .committed(let version):
                return .committed(summary(live, merge, outcome, version))
            case .refused(let why, let reason):
                message = why
                // Whether a file goes or loses a reference depends on who else was there.
                if reason == .otherReferences { continue }
                if reason == .heldAsOld {
                    // Older rows came back under what was left out: the merge is made anew, and keeps it.
                    return begunAnew(live, outcome) { released(live, $0, message) }
                }
                // What the log knows as finished is the job's, whoever has it now.
                let finished = Set(live.record.parts.flatMap(\.outputs).map(\.id))
                discard(outcome.outputs.filter { !finished.contains($0.id) })
                return .released(live.job, why)
            case .failed(let why): return begunAnew(live, outcome) { failed($0, why) }
            case .unknown(let why):
                // The outputs may be live: they stay, and are orphans at worst.
                return .released(live.job, why)
            }
        }
        return begunAnew(live, outcome) { failed($0, message) }
    }

    /// Ends the attempt with nothing finished; what was is deleted once the log does not know it any more.
    private func begunAnew(
        _ live: LiveJob, _ outcome: MergeOutcome, _ end: (Job) -> Ending
    ) -> Ending {
        let parts = live.forgetParts()
        let ending = end(live.record)
        if case .released = ending, log.current.jobs[live.job.id]?.parts.isEmpty == false { return ending }
        let finished = Set(parts.map(\.id))
        discard(parts + outcome.outputs.filter { !finished.contains($0.id) })
        return ending
    }

    private func swap(_ live: LiveJob, _ merge: MergeJob, _ outcome: MergeOutcome) -> Transaction {
        let now = context.clock.nowMilliseconds()
        var body = TransactionBody.replaceReferences(
            of: live.job, with: outcome.outputs, rowsTaken: outcome.rowsTaken, proof: merge.main.proof,
            in: log.current, now: now)
        let facts: [(ByteString, Int64)] = [
            ("rowsIn", outcome.rowsIn), ("rowsOut", outcome.rowsOut), ("rowsDropped", outcome.rowsDropped),
            ("filesIn", Int64(live.job.inputs.count)), ("filesOut", Int64(outcome.outputs.count)),
            ("bytesIn", live.bytesTotal), ("bytesOut", outcome.outputs.reduce(0) { $0 + $1.sizeBytes }),
            ("milliseconds", live.elapsedMilliseconds),
        ]
        body.notes = [
            ("job", ByteString(live.job.id.description)), ("partition", live.job.partition.name),
            ("strategy", live.job.strategy), ("reason", live.job.reason),
        ]
        body.notes += facts.map { (name: $0.0, value: ByteString(String($0.1))) }
        return body.transaction(
            id: CommitID(high: context.entropy.uint64(), low: context.entropy.uint64()),
            session: context.session)
    }

    private func summary(
        _ live: LiveJob, _ merge: MergeJob, _ outcome: MergeOutcome, _ version: Version
    ) -> CompactionSummary {
        CompactionSummary(
            job: live.job, version: version, inputFiles: live.job.inputs.count, inputBytes: live.bytesTotal,
            rowsIn: outcome.rowsIn, outputs: outcome.outputs, rowsOut: outcome.rowsOut,
            rowsDropped: outcome.rowsDropped,
            durationMilliseconds: live.elapsedMilliseconds)
    }
}
