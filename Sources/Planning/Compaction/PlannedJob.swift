package import Metadata

/// A job that a strategy proposes.
package struct PlannedJob: Hashable, Sendable {
    /// What is to be done with the inputs.
    package enum Work: Hashable, Sendable {
        /// They are merged into new files.
        case merge
        /// They go, with all their references, as no row of them is to be kept: a commit and no bytes.
        case drop
    }

    package var partition: PartitionID
    package var inputs: [FileID]
    /// As the job's record names it: `lazy-leveled`, `size-ratio`, `basic`, `requested`, `age-off`.
    package var strategy: String
    /// A sentence's worth of why, with the numbers that decided.
    package var reason: String
    package var work = Work.merge
    /// How far what the strategy bounds is beyond its limit: 1 is just due.
    package var score = 1.0
    package var inputBytes: Int64 = 0
    /// Since when there is something to plan in its partition, epoch milliseconds; 0 where that is not known.
    package var dueSince: Int64 = 0

    package init(partition: PartitionID, inputs: [FileID], strategy: String, reason: String) {
        self.partition = partition
        self.inputs = inputs
        self.strategy = strategy
        self.reason = reason
    }

    /// Whether it moves no rows: done with its commit.
    package var isMetadataOnly: Bool { work == .drop }
}

/// A pure choice of what to merge in one partition. Jobs share no file and take none that is busy.
package protocol CompactionStrategy: Sendable {
    var name: String { get }
    func plan(_ picture: PartitionPicture) -> [PlannedJob]
}

extension CompactionStrategy {
    func job(_ picture: PartitionPicture, files: [PartitionPicture.File], _ reason: String) -> PlannedJob {
        PlannedJob(picture, files: files, strategy: name, reason: reason)
    }

    /// A job for each part of some runs in which keys meet; files that lie apart stay out.
    ///
    /// - Parameter targetFileSize: nil merges all files as one.
    func jobs(
        _ picture: PartitionPicture, _ runs: [PartitionPicture.Run], cutAt targetFileSize: Int64?,
        score: Double, _ reason: String
    ) -> [PlannedJob] {
        let parts =
            targetFileSize.map { KeySections(runs).parts(targetFileSize: $0) } ?? [runs.flatMap(\.files)]
        let (taken, all) = (parts.reduce(0) { $0 + $1.count }, runs.reduce(0) { $0 + $1.files.count })
        let stay = taken == all ? "" : "; \(all - taken) of \(all) files overlap nothing and stay"
        return parts.enumerated().map { index, files in
            let part = parts.count == 1 ? "" : "; part \(index + 1) of \(parts.count)"
            var job = job(picture, files: files, reason + stay + part)
            job.score = score
            return job
        }
    }
}

extension PlannedJob {
    init(_ picture: PartitionPicture, files: [PartitionPicture.File], strategy: String, reason: String) {
        self.init(partition: picture.partition, inputs: files.map(\.id), strategy: strategy, reason: reason)
        inputBytes = files.reduce(0) { $0 + $1.bytes }
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

func filesText(_ count: Int) -> String { count == 1 ? "1 file" : "\(count) files" }

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
