import Bytes
package import Metadata
import Planning
import Platform
import TransactionLog

/// What people ask to be merged.
extension Compactor {
    /// Makes durable jobs, one for each partition, of files and of whole partitions; they wait for a slot.
    ///
    /// All or none: the first file that cannot be taken refuses the request. Of a partition named as a whole,
    /// files that have a job already are left out, as long as there are others. What one job wrote, being all
    /// of its partition and without delete markers, is compact: it gets no job, and asking for it is no error.
    package func request(
        files: [FileID] = [], partitions: [PartitionID] = []
    ) throws(CompactionRefusal) -> [JobID] {
        let table = log.current
        guard table.definition.provider == "firn" else { throw .foreign }
        var chosen: [PartitionID: [FileID]] = [:]
        for partition in partitions where chosen[partition] == nil {
            chosen[partition] = try freeFiles(of: partition, in: table)
        }
        for file in files {
            let partition = try self.partition(of: file, in: table)
            if chosen[partition]?.contains(file) ?? false { continue }
            chosen[partition, default: []].append(file)
        }
        let jobs = chosen.sorted { $0.key < $1.key }.compactMap { partition, inputs in
            isCompact(inputs, partition, in: table) ? nil : job(of: inputs, in: partition)
        }
        if !jobs.isEmpty { try commit(jobs) }
        for job in jobs { tell(.requested(log.current.jobs[job.id] ?? job)) }
        return jobs.map(\.id)
    }

    private func job(of inputs: [FileID], in partition: PartitionID) -> Job {
        Job(
            id: JobID(context.entropy.identifier()), partition: partition, inputs: inputs, status: .waiting,
            session: nil, strategy: "requested", reason: ByteString("requested: \(inputs.count) files"))
    }

    private func commit(_ jobs: [Job]) throws(CompactionRefusal) {
        let preconditions = jobs.flatMap { job in
            job.inputs.map { Precondition.unassigned(file: $0, partition: job.partition) }
        }
        let transaction = transaction(
            "REQUEST COMPACTION", preconditions, jobs.map { .operation(.putJob($0)) })
        do throws(CommitError) {
            _ = try log.commit(transaction)
        } catch {
            guard case .conflict(let conflict) = error else { throw .commit(error) }
            // Somebody was faster; say who, by the state that shows it.
            if case .unassigned(let file, _) = conflict.precondition {
                _ = try partition(of: file, in: log.current)
            }
            throw .commit(error)
        }
    }

    /// The one partition in which the file is live and free.
    private func partition(
        of id: FileID, in table: TableState
    ) throws(CompactionRefusal) -> PartitionID {
        guard let file = table.files.view(id) else {
            if let garbage = table.garbage[id] {
                throw .gone(file: garbage.path, replacedBy: garbage.job, at: garbage.removedAtVersion)
            }
            throw .notLive(id)
        }
        let partitions = table.partitions(of: file)
        guard partitions.count == 1 else { throw .severalPartitions(file: file.path) }
        if let job = table.job(holding: id, in: partitions[0]) { throw .inJob(file: file.path, job: job.id) }
        return partitions[0]
    }

    private func freeFiles(
        of partition: PartitionID, in table: TableState
    ) throws(CompactionRefusal) -> [FileID] {
        let files = table.files(in: partition)
        if files.isEmpty { throw .emptyPartition(partition) }
        var free: [FileID] = []
        var holder: JobID?
        for file in files {
            guard table.partitions(of: file).count == 1 else { throw .severalPartitions(file: file.path) }
            if let job = table.job(holding: file.id, in: partition) {
                holder = holder ?? job.id
            } else {
                free.append(file.id)
            }
        }
        if free.isEmpty, let holder { throw .partitionInJob(partition, job: holder) }
        return free
    }

    /// Whether the files are all of their partition and were written by one job, with nothing left to drop.
    func isCompact(_ inputs: [FileID], _ partition: PartitionID, in table: TableState) -> Bool {
        guard table.files(in: partition).count == inputs.count, let first = inputs.first,
            let job = table.files.file(first)?.job
        else { return false }
        return inputs.allSatisfy { id in
            guard let entry = table.files.file(id) else { return false }
            return entry.job == job && entry.deletedRowCount == 0
        }
    }
}
