import Bytes
package import Metadata
import Planning
import Platform
import TransactionLog

/// What people ask to be merged.
extension Compactor {
    /// Makes durable jobs of what ``RequestPlan`` chooses: one for each partition, of files, of what partitions reference
    /// of files, and of whole partitions; they wait for a slot. What is compact gets no job, and asking for it is no
    /// error.
    package func request(
        files: [FileID] = [], references: [ReferenceKey] = [], partitions: [PartitionID] = []
    ) throws(CompactionRefusal) -> [JobID] {
        let table = log.current
        guard table.definition.provider == "firn" else { throw .foreign }
        let planned = try plan(files: files, references: references, partitions: partitions, in: table)
        let jobs = planned.map { planned in
            var job = job(JobID(context.entropy.identifier()), of: planned, in: table)
            (job.status, job.session) = (.waiting, nil)
            return job
        }
        if !jobs.isEmpty { try commit(jobs) }
        for job in jobs { tell(.requested(log.current.jobs[job.id] ?? job)) }
        return jobs.map(\.id)
    }

    private func plan(
        files: [FileID] = [], references: [ReferenceKey] = [], partitions: [PartitionID] = [],
        in table: TableState
    ) throws(CompactionRefusal) -> [PlannedJob] {
        do throws(RequestPlan.Refusal) {
            return try RequestPlan(
                files: files, references: references, partitions: partitions, in: table,
                now: context.clock.nowMilliseconds()
            ).jobs
        } catch {
            throw CompactionRefusal(error)
        }
    }

    private func commit(_ jobs: [Job]) throws(CompactionRefusal) {
        var body = TransactionBody.assignJobs(jobs)
        body.operation = "REQUEST COMPACTION"
        do throws(CommitError) {
            _ = try log.commit(transaction(body))
        } catch {
            guard case .conflict(let conflict) = error else { throw .commit(error) }
            // Somebody was faster; say who, by the state that shows it.
            if case .unassigned(let file, let partition) = conflict.precondition {
                _ = try plan(references: [ReferenceKey(file: file, partition: partition)], in: log.current)
            }
            throw .commit(error)
        }
    }
}
