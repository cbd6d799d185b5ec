package import Bytes
package import Metadata

/// The jobs that a person's request becomes: one for each partition, of files, of what partitions reference of files,
/// and of whole partitions.
///
/// All or none: the first file that cannot be taken refuses the request. Of a partition named as a whole, files that
/// have a job already are left out, as long as there are others. A file that several partitions reference is finished
/// by one job, whichever of them was meant, unless the table keeps partial references: then each of its references has
/// a job of its own. ``Everything`` says which partitions need a job.
package struct RequestPlan: Sendable {
    /// Why a request cannot be met.
    package enum Refusal: Error, Hashable, Sendable {
        /// The file is in a job already.
        case inJob(file: ByteString, job: JobID)
        /// All free files of the partition are in jobs already.
        case partitionInJob(PartitionID, job: JobID)
        /// There is no live file of this id, and none is known that was.
        case notLive(FileID)
        /// The file was live once and is not any more.
        case gone(file: ByteString, replacedBy: JobID?, at: Version)
        case emptyPartition(PartitionID)
        /// The file is live, and not in this partition.
        case notReferenced(file: ByteString, PartitionID)
    }

    /// By partition; they share no reference.
    package let jobs: [PlannedJob]

    /// - Parameter now: epoch milliseconds.
    package init(
        files: [FileID] = [], references: [ReferenceKey] = [], partitions: [PartitionID] = [],
        in state: TableState, now: Int64
    ) throws(Refusal) {
        var choice = RequestChoice(state)
        for partition in partitions { try choice.add(partition) }
        for file in files { try choice.add(file) }
        for reference in references { try choice.add(reference) }
        jobs = choice.inputs.sorted { $0.key < $1.key }.flatMap { partition, inputs in
            Everything().plan(PartitionPicture(asked: inputs, of: partition, in: state, now: now))
        }
    }
}

/// The inputs of requested jobs, by partition: each reference in at most one.
private struct RequestChoice {
    private let state: TableState
    private(set) var inputs: [PartitionID: [FileView]] = [:]
    private var taken: Set<ReferenceKey> = []

    init(_ state: TableState) { self.state = state }

    /// All that is free of a partition.
    mutating func add(_ partition: PartitionID) throws(RequestPlan.Refusal) {
        let files = state.files(in: partition)
        if files.isEmpty { throw .emptyPartition(partition) }
        let free = files.filter { state.holder(of: $0.id, in: partition) == nil }
        if free.isEmpty, let job = state.holder(of: files[0].id, in: partition) {
            throw .partitionInJob(partition, job: job.id)
        }
        for file in free { take(file, partition) }
    }

    /// A file wherever it is referenced.
    mutating func add(_ id: FileID) throws(RequestPlan.Refusal) {
        let partitions = state.partitions(of: try live(id))
        let isPartial = state.properties.compactionPartialReferences
        for partition in isPartial ? partitions : Array(partitions.prefix(1)) {
            try add(ReferenceKey(file: id, partition: partition))
        }
    }

    /// What one partition references of a file.
    mutating func add(_ reference: ReferenceKey) throws(RequestPlan.Refusal) {
        let file = try live(reference.file)
        guard state.isReferenced(file, in: reference.partition) else {
            throw .notReferenced(file: file.path, reference.partition)
        }
        if let job = state.holder(of: reference.file, in: reference.partition) {
            throw .inJob(file: file.path, job: job.id)
        }
        take(file, reference.partition)
    }

    private mutating func take(_ file: FileView, _ partition: PartitionID) {
        let own = ReferenceKey(file: file.id, partition: partition)
        let all = [own] + state.finishes(of: file.id, in: partition)
        guard taken.isDisjoint(with: all) else { return }
        taken.formUnion(all)
        inputs[partition, default: []].append(file)
    }

    private func live(_ id: FileID) throws(RequestPlan.Refusal) -> FileView {
        if let file = state.files.view(id) { return file }
        guard let garbage = state.garbage[id] else { throw .notLive(id) }
        throw .gone(file: garbage.path, replacedBy: garbage.job, at: garbage.removedAtVersion)
    }
}
