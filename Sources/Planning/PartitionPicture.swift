package import Metadata

/// What a strategy may know of a partition: its runs, oldest first, and which files have a job already.
package struct PartitionPicture: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        package var id: FileID
        package var bytes: Int64
        /// 0 where unknown.
        package var rows: Int64
        package var sequence: Int64
        /// Held by a job: not to be planned again.
        package var isBusy: Bool

        package init(id: FileID, bytes: Int64, rows: Int64, sequence: Int64, isBusy: Bool = false) {
            self.id = id
            self.bytes = bytes
            self.rows = rows
            self.sequence = sequence
            self.isBusy = isBusy
        }
    }

    /// Key-disjoint files, by first key.
    package struct Run: Hashable, Sendable {
        package var files: [File]
        package init(_ files: [File]) { self.files = files }

        package var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
        package var rows: Int64 { files.reduce(0) { $0 + $1.rows } }
        package var isBusy: Bool { files.contains(where: \.isBusy) }
    }

    package var partition: PartitionID
    package var kind: TableKind
    package var hasRowKey: Bool
    package var runs: [Run]

    package init(partition: PartitionID, kind: TableKind, hasRowKey: Bool, runs: [Run]) {
        self.partition = partition
        self.kind = kind
        self.hasRowKey = hasRowKey
        self.runs = runs
    }

    /// Files of jobs that were set aside are left out, as they are of the runs.
    package init(of partition: PartitionID, in state: TableState) {
        let found = state.runs(in: partition)
        self.init(
            partition: partition, kind: state.definition.kind, hasRowKey: found.hasRowKey,
            runs: found.runs.map { run in
                Run(
                    run.files.map { file in
                        File(
                            id: file.id, bytes: file.sizeBytes, rows: file.rowCount ?? 0,
                            sequence: file.sequence,
                            isBusy: state.job(holding: file.id, in: partition) != nil)
                    })
            })
    }
}

/// A job that a strategy proposes.
package struct PlannedJob: Hashable, Sendable {
    package var partition: PartitionID
    package var inputs: [FileID]
    /// As the job's record names it: `lazy-leveled`, `size-ratio`, `basic`, `requested`.
    package var strategy: String
    /// A sentence's worth of why, with the numbers that decided.
    package var reason: String

    package init(partition: PartitionID, inputs: [FileID], strategy: String, reason: String) {
        self.partition = partition
        self.inputs = inputs
        self.strategy = strategy
        self.reason = reason
    }
}

/// A pure choice of what to merge in one partition. Jobs share no file and take none that is busy.
package protocol CompactionStrategy: Sendable {
    var name: String { get }
    func plan(_ picture: PartitionPicture) -> [PlannedJob]
}

extension CompactionStrategy {
    func job(_ picture: PartitionPicture, _ runs: [PartitionPicture.Run], _ reason: String) -> PlannedJob {
        let files = runs.flatMap(\.files)
        return job(picture, files: files, reason)
    }

    func job(_ picture: PartitionPicture, files: [PartitionPicture.File], _ reason: String) -> PlannedJob {
        PlannedJob(
            partition: picture.partition, inputs: files.map(\.id), strategy: name, reason: reason)
    }
}

/// The strategies by the names that the property `compaction.strategy` takes.
package enum CompactionStrategies {
    /// nil where the property is `off`.
    package static func strategy(for properties: TableProperties) -> (any CompactionStrategy)? {
        switch properties.compactionStrategy {
        case .lazyLeveled: LazyLeveled(properties)
        case .sizeRatio: SizeRatio(properties)
        case .basic: Basic(properties)
        case .off: nil
        }
    }
}

/// A size for a reason: three digits and a unit.
func sizeText(_ bytes: Int64) -> String {
    var value = Double(bytes)
    var unit = 0
    while value >= 1024, unit < 5 {
        value /= 1024
        unit += 1
    }
    let rounded = value < 10 ? (value * 10).rounded() / 10 : value.rounded()
    let number = rounded == rounded.rounded() ? String(Int64(rounded)) : String(rounded)
    return "\(number) \(["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"][unit])"
}

/// A ratio for a reason: two decimals, rounded up, so that "over" never reads like "equal".
func ratioText(_ ratio: Double) -> String {
    let hundredths = Int64((ratio * 100).rounded(.up))
    let rest = hundredths % 100
    return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
}
