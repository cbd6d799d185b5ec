import Bytes
import Compaction
import JSON
import Metadata
import Platform
import TransactionLog

/// What people do with compaction jobs.
extension Table {
    func perform(_ verb: JobVerb, on word: ByteString, dryRun: Bool) throws(StoreError) -> VerbOutcome {
        let state = try refresh()
        guard word.count == 16, let number = Hex.parse(word.bytes) else {
            throw StoreError(.einval, "\"\(word)\" names no job: a job has 16 hexadecimal digits")
        }
        let id = JobID(number)
        guard let job = state.jobs[id] else {
            throw StoreError(.enoent, "there is no job \(id): it has ended, or never was")
        }
        if verb == .pause || verb == .resume, !context.options.runsServices, !dryRun {
            throw StoreError(
                .eopnotsupp,
                "a pause lasts as long as the process that runs the job: only a mount of the store can \(verb.rawValue) "
                    + "one, by its compact/\(id)/ctl")
        }
        do throws(CompactionRefusal) {
            if dryRun { try check(verb, id) } else { try carryOut(verb, id) }
        } catch {
            throw StoreError(error, in: log.current)
        }
        var plan = VerbPlan(verb.operation, "job \(id) \(verb.summary)", in: state)
        plan.isOfCompactor = true
        plan.facts = [
            "job": .string(ByteString(id.description)),
            "partition": .string(PartitionPathText(state).path(of: job.partition)),
        ]
        return VerbOutcome(plan: plan, version: nil, isDryRun: dryRun)
    }
}

extension Table {
    private func carryOut(_ verb: JobVerb, _ id: JobID) throws(CompactionRefusal) {
        switch verb {
        case .retry: try compactor.retry(id)
        case .cancel: try cancelCompaction(id)
        case .pause: try setCompactionPaused(true, id)
        case .resume: try setCompactionPaused(false, id)
        }
    }

    /// Throws what the job's state would refuse. Of a pause only who runs services can tell.
    private func check(_ verb: JobVerb, _ id: JobID) throws(CompactionRefusal) {
        switch verb {
        case .retry: _ = try compactor.retriable(id)
        case .pause, .resume: if context.options.runsServices { try compactor.checkCanPause(id) }
        case .cancel: break
        }
    }
}

extension JobVerb {
    fileprivate var operation: ByteString { ByteString("\(rawValue.uppercased()) COMPACTION") }

    fileprivate var summary: String {
        switch self {
        case .retry: "waits for its turn again, its failures forgotten"
        case .cancel: "is cancelled; its inputs stay as they are"
        case .pause: "is held where it is"
        case .resume: "goes on"
        }
    }
}
