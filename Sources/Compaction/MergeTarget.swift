import Bytes
import Merge
import Metadata
import Planning
import Platform
import Records

/// What a job merges into one partition: its inputs there, clipped to the partition's keys, and where to.
struct MergeTarget {
    let partition: PartitionID
    let inputs: [MergeInput]
    let context: DataFileContext
    let options: DataFileOptions
    /// The newest sequence of the inputs, where delete markers go as nothing else that may share their keys holds
    /// rows as old; nil where they stay. Checked again by the job's commit.
    let proof: Int64?
    /// Rows below it are too old to keep.
    let age: RowAge?
    /// About how many bytes of the inputs lie in the partition.
    let bytes: Int64

    init(
        _ entries: [FileEntry], in partition: PartitionID, of state: TableState, job: Job,
        dropsDeletes: Bool, _ table: CompactionContext
    ) throws(CompactionRefusal) {
        guard let schema = state.definition.schema, let schemaID = state.schemaID else { throw .noSchema }
        guard let first = entries.first else { throw .emptyPartition(partition) }
        self.partition = partition
        let node = state.partitions[partition]
        inputs = entries.map { entry in
            // What lies within the partition whole needs no clipping, and its row groups may be passed through.
            let isWithin =
                node.map { node in
                    guard let min = entry.minKey, let max = entry.maxKey else { return false }
                    return node.contains(min) && node.contains(max)
                } ?? true
            return MergeInput(entry, range: isWithin ? .all : KeyRange(min: node?.minKey, max: node?.maxKey))
        }
        let root = state.partitions.root(of: partition)
        context = DataFileContext(
            tableID: state.definition.id, kind: state.definition.kind, schema: schema, schemaID: schemaID,
            partitionValues: first.partitionValues, partition: partition == root ? nil : partition,
            storage: table.storage, directory: table.table, clock: table.clock, entropy: table.entropy)
        let depth = entries.map { $0.mergeOperationCount ?? 0 }.max() ?? 0
        options = DataFileOptions(
            targetFileSizeBytes: state.properties.compactionTargetFileSize, dataChange: false,
            mergeOperationCount: depth == .max ? depth : depth + 1, job: job.id)
        proof = dropsDeletes ? Self.proof(entries, partition, state, job) : nil
        if case .on(let ageOff) = AgeOff.setting(of: state, now: table.clock.nowMilliseconds()) {
            age = RowAge(column: ageOff.column.name, cutoff: ageOff.cutoff)
        } else {
            age = nil
        }
        bytes = entries.reduce(0) { $0 + state.bytes(of: $1.id, in: partition) }
    }

    /// Files that come later hold newer rows only; what comes back, or is moved here, is found by the commit.
    private static func proof(
        _ entries: [FileEntry], _ partition: PartitionID, _ state: TableState, _ job: Job
    ) -> Int64? {
        guard state.definition.kind == .upsert else { return nil }
        let newest = entries.map { $0.maxSequence ?? $0.sequence }.max() ?? 0
        let oldest = state.oldest(overlapping: partition, besides: Set(job.inputs))?.sequence
        return oldest.map { $0 > newest } ?? true ? newest : nil
    }
}
