import Metadata

/// What a job merges, made from the state that it is started in: its own partition's rows, and what its inputs hold
/// for others where it finishes them.
struct MergeJob {
    let main: MergeTarget
    /// By partition; empty where the inputs are referenced nowhere else or stay live there.
    let others: [MergeTarget]

    var targets: [MergeTarget] { [main] + others }
    var bytes: Int64 { targets.reduce(0) { $0 + $1.bytes } }

    init(_ job: Job, in state: TableState, of table: CompactionContext) throws(CompactionRefusal) {
        var entries: [FileID: FileEntry] = [:]
        for id in job.inputs {
            guard let entry = state.files.file(id) else { throw .notLive(id) }
            entries[id] = entry
        }
        main = try MergeTarget(
            job.inputs.compactMap { entries[$0] }, in: job.partition, of: state, job: job,
            dropsDeletes: true, table)
        var others: [MergeTarget] = []
        let byPartition = Dictionary(grouping: job.finishes, by: \.partition)
        for (partition, references) in byPartition.sorted(by: { $0.key < $1.key }) {
            // Delete markers stay: what else lies there is not looked at.
            others.append(
                try MergeTarget(
                    references.compactMap { entries[$0.file] }, in: partition, of: state, job: job,
                    dropsDeletes: false, table))
        }
        self.others = others
    }
}

/// What a job's merges have done together.
struct MergeOutcome {
    var outputs: [FileEntry] = []
    var rowsIn: Int64 = 0
    var rowsDropped: Int64 = 0
    /// Of the job's own partition.
    var rowsTaken: [FileID: Int64] = [:]

    var rowsOut: Int64 { outputs.reduce(0) { $0 + ($1.rowCount ?? 0) } }
}
