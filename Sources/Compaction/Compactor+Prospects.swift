import Bytes
package import Metadata
import Planning
import Platform
import TransactionLog

/// Whether a merge can make a partition's runs fewer.
package enum CompactionProspect: Hashable, Sendable {
    /// A job works in it, here or in another session.
    case running(JobID)
    /// A job waits for its turn.
    case waiting(JobID)
    /// The strategy has a job for it.
    case planned
    /// Why nothing can be done now.
    case none(String)

    package var canRun: Bool { if case .none = self { false } else { true } }
}

/// What others may expect of the compactor: nothing here changes anything.
extension Compactor {
    /// Why nothing is compacted in the background, in any partition of the table; nil where something may be.
    package var standstill: String? {
        let table = log.current
        let (isWorking, isPaused) = state.withLock { ($0.isStarted && !$0.isStopped, $0.isPaused) }
        if table.definition.provider != "firn" { return "the table is another program's" }
        if !isWorking { return "no compactor works here" }
        if isPaused { return "compaction is paused" }
        if !table.properties.compactionEnabled { return "compaction.enabled is false" }
        if table.properties.compactionStrategy == .off { return "compaction.strategy is off" }
        if table.deadSessions.contains(context.session) { return "this session was declared dead" }
        return nil
    }

    /// What is to be expected for a partition, from what is known now.
    package func prospect(of partition: PartitionID) -> CompactionProspect {
        if let standstill { return .none(standstill) }
        let table = log.current
        let picture = PartitionPicture(of: partition, in: table, now: context.clock.nowMilliseconds())
        var reason: String?
        for job in jobs(of: picture, in: table) {
            switch job.status {
            case .setAside: continue
            case .running:
                if isUnderWay(job, in: table) { return .running(job.id) }
                reason = "job \(job.id) is held up"
            case .waiting:
                let obstacle = obstacle(to: job, Search(), in: table)
                guard let found = obstacle ?? lackOfRoom(for: job, in: table) else {
                    return .waiting(job.id)
                }
                reason = found
            }
        }
        for planned in plan(picture, in: table) {
            let job = job(JobID(0), of: planned, in: table)
            guard let lack = lackOfRoom(for: job, in: table) else { return .planned }
            reason = lack
        }
        return .none(reason ?? "there is nothing to merge")
    }

    private func plan(_ picture: PartitionPicture, in table: TableState) -> [PlannedJob] {
        // What is on its way down counts where it arrives.
        let waits = table.properties.compactionSplitFilesFirst && !table.partitions.isLeaf(picture.partition)
        if table.schemaID == nil || waits { return [] }
        let strategy = CompactionStrategies.strategy(for: table.properties)
        return PartitionPlan(picture, strategy: strategy, properties: table.properties).jobs
    }

    private func jobs(of picture: PartitionPicture, in table: TableState) -> [Job] {
        var jobs: [JobID: Job] = [:]
        for run in picture.runs {
            for file in run.files where file.isBusy {
                if let job = table.holder(of: file.id, in: picture.partition) { jobs[job.id] = job }
            }
        }
        return jobs.values.sorted { $0.id < $1.id }
    }

    /// Of another session's job nothing is known but that the session lives.
    private func isUnderWay(_ job: Job, in table: TableState) -> Bool {
        guard job.session == context.session else {
            return job.session.map { !table.deadSessions.contains($0) } ?? false
        }
        guard let live = state.withLock({ $0.live[job.id] }) else { return false }
        return live.view().phase != .paused
    }

    /// Calls `observer` after each version with the partitions that it changed, nil standing for any of them.
    /// It is called on the thread that found the version and must return at once.
    package func onPartitionsChanged(_ observer: @escaping @Sendable (Set<PartitionID>?) -> Void) {
        state.withLock { $0.partitionObservers.append(observer) }
    }
}
