import Bytes
import Merge
import Metadata
import Platform
import Storage
import TransactionLog

/// Finished ranges of long jobs: recorded in the log as they come, so that a stop, a pause or a crash costs no more
/// than the file that is being written.
extension Compactor {
    /// Lets a merge go on behind what an earlier attempt finished, where that was the same merge.
    func resume(_ passes: inout MergePasses, _ live: LiveJob, _ target: MergeTarget) throws {
        let record = live.record
        if record.parts.isEmpty { return }
        let outputs = record.parts.flatMap(\.outputs)
        let isSame =
            try record.proof == target.proof
            && outputs.allSatisfy { $0.schemaID == target.context.schemaID && isThere($0) }
            && passes.isOnePass()
        if isSame {
            passes.finished = record.parts
            return
        }
        // The log forgets them before they go: nobody may build on what is being deleted.
        let forgotten = live.forgetParts()
        let fence = Precondition.holdsJob(record.id, attempt: record.attempt, session: context.session)
        let job = live.record
        if case .committed = settle(
            transaction("CHECKPOINT COMPACTION", [fence], [.operation(.putJob(job))]), repeatsFailures: true)
        {
            discard(forgotten)
        }
    }

    private func isThere(_ entry: FileEntry) -> Bool {
        let found = try? context.storage.metadata(of: context.table + "/" + entry.path)
        return found?.sizeBytes == UInt64(entry.sizeBytes)
    }

    /// Makes a finished range durable knowledge, and tells whether it is. A job that is no longer this session's ends
    /// here; any other failure leaves the range to this attempt alone.
    func record(_ part: JobPart, of live: LiveJob, _ target: MergeTarget) throws -> Bool {
        live.finished(part)
        let job = live.withUnrecorded(proof: target.proof)
        let fence = Precondition.holdsJob(job.id, attempt: job.attempt, session: context.session)
        let transaction = transaction(
            "CHECKPOINT COMPACTION", [fence], [.operation(.putJob(job))])
        switch settle(transaction, repeatsFailures: false) {
        case .committed:
            live.recorded(job)
            return true
        case .refused(let message, _):
            live.requestStop(.lost)
            throw MergeError(.resuming, message)
        case .failed, .unknown: return false
        }
    }

    /// How long finished ranges of a job that a person cancelled wait for the same job to be asked for again.
    private static let keptNanoseconds: UInt64 = 900_000_000_000

    /// A cancelled job with what it had finished.
    struct KeptJob {
        var job: Job
        /// By the monotonic clock.
        var untilNanoseconds: UInt64
    }

    /// Keeps what a cancelled job had finished.
    func keep(_ job: Job) {
        guard !job.parts.isEmpty else { return }
        let until = context.clock.monotonicNanoseconds() + Self.keptNanoseconds
        let others = state.update { state in
            defer { state.kept.append(KeptJob(job: job, untilNanoseconds: until)) }
            let same = state.kept.filter { $0.job.isSameMerge(as: job) }
            state.kept.removeAll { $0.job.isSameMerge(as: job) }
            return same
        }
        let finished = Set(job.parts.flatMap(\.outputs).map(\.id))
        discard(others.flatMap(\.job.parts).flatMap(\.outputs).filter { !finished.contains($0.id) })
    }

    /// What was kept of the same merge, once.
    func takeKept(for job: Job) -> Job {
        guard job.parts.isEmpty else { return job }
        return state.update { state in
            guard let place = state.kept.firstIndex(where: { $0.job.isSameMerge(as: job) }) else {
                return job
            }
            var resumed = job
            let kept = state.kept.remove(at: place).job
            resumed.parts = kept.parts
            resumed.proof = kept.proof
            return resumed
        }
    }

    /// Deletes what nobody asked for again; all of it at the end.
    func dropKept(all isEnd: Bool = false) {
        let now = context.clock.monotonicNanoseconds()
        let old = state.update { state in
            defer { state.kept.removeAll { isEnd || $0.untilNanoseconds <= now } }
            return state.kept.filter { isEnd || $0.untilNanoseconds <= now }
        }
        discard(old.flatMap(\.job.parts).flatMap(\.outputs))
    }
}

extension Job {
    fileprivate func isSameMerge(as other: Job) -> Bool {
        partition == other.partition && Set(inputs) == Set(other.inputs)
            && Set(finishes) == Set(other.finishes)
    }
}
