import Bytes
package import Metadata
import Planning
import Platform
import TransactionLog

/// What people ask to be merged.
extension Compactor {
    /// Makes durable jobs, one for each partition, of files, of what partitions reference of files, and of whole
    /// partitions; they wait for a slot.
    ///
    /// All or none: the first file that cannot be taken refuses the request. Of a partition named as a whole,
    /// files that have a job already are left out, as long as there are others. What one job wrote, being all
    /// of its partition and without delete markers, is compact: it gets no job, and asking for it is no error.
    ///
    /// A file that several partitions reference is finished by the job, whichever of them was meant, unless the
    /// table keeps partial references: then each of its references has a job of its own.
    package func request(
        files: [FileID] = [], references: [ReferenceKey] = [], partitions: [PartitionID] = []
    ) throws(CompactionRefusal) -> [JobID] {
        let table = log.current
        guard table.definition.provider == "firn" else { throw .foreign }
        var choice = RequestChoice(table)
        for partition in partitions { try choice.add(partition) }
        for file in files { try choice.add(file) }
        for reference in references { try choice.add(reference) }
        let jobs = choice.inputs.sorted { $0.key < $1.key }.compactMap { partition, inputs in
            isCompact(inputs, partition, in: table) ? nil : job(of: inputs, in: partition, table)
        }
        if !jobs.isEmpty { try commit(jobs) }
        for job in jobs { tell(.requested(log.current.jobs[job.id] ?? job)) }
        return jobs.map(\.id)
    }

    private func job(of inputs: [FileID], in partition: PartitionID, _ table: TableState) -> Job {
        Job(
            id: JobID(context.entropy.identifier()), partition: partition, inputs: inputs,
            finishes: inputs.flatMap { table.finishes(of: $0, in: partition) }.sorted(), status: .waiting,
            session: nil, strategy: "requested", reason: ByteString("requested: \(inputs.count) files"))
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
                var again = RequestChoice(log.current)
                try again.add(ReferenceKey(file: file, partition: partition))
            }
            throw .commit(error)
        }
    }

    /// Whether the files are all of their partition and were written by one job, with nothing left to drop.
    func isCompact(_ inputs: [FileID], _ partition: PartitionID, in table: TableState) -> Bool {
        guard table.files(in: partition).count == inputs.count, let first = inputs.first,
            let job = table.files.file(first)?.job
        else { return false }
        return inputs.allSatisfy { id in
            guard let entry = table.files.file(id), table.referenceCount(of: id) == 1 else { return false }
            return entry.job == job && entry.deletedRowCount == 0
        }
    }
}

/// The inputs of requested jobs, by partition: each reference in at most one.
private struct RequestChoice {
    private let table: TableState
    private(set) var inputs: [PartitionID: [FileID]] = [:]
    private var taken: Set<ReferenceKey> = []

    init(_ table: TableState) { self.table = table }

    /// All that is free of a partition.
    mutating func add(_ partition: PartitionID) throws(CompactionRefusal) {
        let files = table.files(in: partition)
        if files.isEmpty { throw .emptyPartition(partition) }
        let free = files.filter { table.holder(of: $0.id, in: partition) == nil }
        if free.isEmpty, let job = table.holder(of: files[0].id, in: partition) {
            throw .partitionInJob(partition, job: job.id)
        }
        for file in free { take(file.id, partition) }
    }

    /// A file wherever it is referenced.
    mutating func add(_ id: FileID) throws(CompactionRefusal) {
        let file = try live(id)
        let partitions = table.partitions(of: file)
        let isPartial = table.properties.compactionPartialReferences
        for partition in isPartial ? partitions : Array(partitions.prefix(1)) {
            try add(ReferenceKey(file: id, partition: partition))
        }
    }

    /// What one partition references of a file.
    mutating func add(_ reference: ReferenceKey) throws(CompactionRefusal) {
        let file = try live(reference.file)
        guard table.isReferenced(file, in: reference.partition) else {
            throw .notReferenced(file: file.path, reference.partition)
        }
        if let job = table.holder(of: reference.file, in: reference.partition) {
            throw .inJob(file: file.path, job: job.id)
        }
        take(reference.file, reference.partition)
    }

    private mutating func take(_ file: FileID, _ partition: PartitionID) {
        let own = ReferenceKey(file: file, partition: partition)
        let all = [own] + table.finishes(of: file, in: partition)
        guard taken.isDisjoint(with: all) else { return }
        taken.formUnion(all)
        inputs[partition, default: []].append(file)
    }

    private func live(_ id: FileID) throws(CompactionRefusal) -> FileView {
        if let file = table.files.view(id) { return file }
        guard let garbage = table.garbage[id] else { throw .notLive(id) }
        throw .gone(file: garbage.path, replacedBy: garbage.job, at: garbage.removedAtVersion)
    }
}
