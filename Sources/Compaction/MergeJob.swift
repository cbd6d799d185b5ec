import Bytes
import Merge
import Metadata

/// What a job merges, made from the state that it is started in.
struct MergeJob {
    let inputs: [MergeInput]
    let context: DataFileContext
    let options: DataFileOptions
    /// Delete markers go where no live file outside the job may hold an older row of their key.
    let dropsDeletes: Bool

    var entries: [FileEntry] { inputs.map(\.entry) }

    init(_ job: Job, in state: TableState, of table: CompactionContext) throws(CompactionRefusal) {
        guard let schema = state.definition.schema, let schemaID = state.schemaID else { throw .noSchema }
        var entries: [FileEntry] = []
        for id in job.inputs {
            guard let entry = state.files.file(id) else { throw .notLive(id) }
            guard state.references.partitions(of: id).count <= 1 else {
                throw .severalPartitions(file: entry.path)
            }
            entries.append(entry)
        }
        guard let first = entries.first else { throw .emptyPartition(job.partition) }
        let node = state.partitions[job.partition]
        let range = KeyRange(min: node?.minKey, max: node?.maxKey)
        inputs = entries.map { MergeInput($0, range: range) }
        let root = state.partitions.root(of: job.partition)
        context = DataFileContext(
            tableID: state.definition.id, kind: state.definition.kind, schema: schema, schemaID: schemaID,
            partitionValues: first.partitionValues, partition: job.partition == root ? nil : job.partition,
            storage: table.storage, directory: table.table, clock: table.clock, entropy: table.entropy)
        let depth = entries.map { $0.mergeOperationCount ?? 0 }.max() ?? 0
        options = DataFileOptions(
            targetFileSizeBytes: state.properties.compactionTargetFileSize, dataChange: false,
            mergeOperationCount: depth == .max ? depth : depth + 1, job: job.id)
        dropsDeletes = Self.dropsDeletes(job, entries, in: state)
    }

    /// Files that come later hold newer rows only; so does the output of a job that runs beside this one, or
    /// its inputs are among the live files seen here.
    private static func dropsDeletes(_ job: Job, _ entries: [FileEntry], in state: TableState) -> Bool {
        guard state.definition.kind == .upsert else { return false }
        let newest = entries.map { $0.maxSequence ?? $0.sequence }.max() ?? 0
        let own = Set(job.inputs)
        // The whole root: files of partitions above and below may hold the same keys.
        return state.files.files(in: state.partitions.root(of: job.partition)).allSatisfy { file in
            if own.contains(file.id) { return true }
            guard let entry = state.files.file(file.id) else { return true }
            return (entry.minSequence ?? entry.sequence) > newest
        }
    }
}
