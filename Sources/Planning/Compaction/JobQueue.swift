package import Metadata

/// Which of the jobs that many partitions could use are begun, and in which order.
///
/// What moves no rows goes first: it is done with its commit. Then a job's rank decides, its score (at most
/// ``greatestScore``) and one more for each time that its patience has passed since it fell due; of one rank the
/// smaller goes first. A job is as patient as it is large, about as long as it takes: the small merges of many
/// partitions do not wait for the large one of another, nor the large one for ever. Nothing starves, whatever comes:
/// what has been due for ``longestWaitMilliseconds`` goes first, the oldest of it before all.
package struct JobQueue: Hashable, Sendable {
    package static let greatestScore = 8.0
    /// The patience of the smallest job, and what each ``patienceBytes`` adds to it.
    package static let patienceMilliseconds: Int64 = 60_000
    package static let patienceBytes: Int64 = 256 << 20
    package static let longestWaitMilliseconds: Int64 = 6 * 3_600_000

    /// How many merges of the table run at once, over all processes.
    package var maxJobs: Int
    package var maxJobsPerPartition: Int

    package init(maxJobs: Int = 64, maxJobsPerPartition: Int = 4) {
        self.maxJobs = maxJobs
        self.maxJobsPerPartition = maxJobsPerPartition
    }

    package init(_ properties: TableProperties) {
        self.init(
            maxJobs: properties.compactionMaxJobs,
            maxJobsPerPartition: properties.compactionMaxJobsPerPartition)
    }

    /// The jobs that run now, by partition; those that wait or were set aside take no place.
    package static func running(in state: TableState) -> [PartitionID: Int] {
        var counts: [PartitionID: Int] = [:]
        for job in state.jobs.values where job.status == .running { counts[job.partition, default: 0] += 1 }
        return counts
    }

    /// Why no further merge of a partition may begin beside those that run; nil where one may.
    ///
    /// - Parameter running: as ``running(in:)`` counts.
    package func obstacle(to partition: PartitionID, running: [PartitionID: Int]) -> String? {
        let all = running.values.reduce(0, +)
        if all >= maxJobs { return "compaction.maxJobs is \(maxJobs), and so many run" }
        guard running[partition, default: 0] >= maxJobsPerPartition else { return nil }
        return "compaction.maxJobsPerPartition is \(maxJobsPerPartition), and so many run"
    }

    /// All of them, most pressing first.
    ///
    /// - Parameter now: epoch milliseconds. A job due after it has not waited.
    package func ordered(_ jobs: [PlannedJob], now: Int64) -> [PlannedJob] {
        let ranked = jobs.map { (job: $0, rank: Rank($0, now: now)) }
        return ranked.sorted { $0.rank < $1.rank }.map(\.job)
    }

    /// The jobs to begin now, most pressing first.
    ///
    /// - Parameters:
    ///   - running: as ``running(in:)`` counts.
    ///   - free: how many merges the caller can begin. What moves no rows takes no place and is always among them.
    package func next(
        _ jobs: [PlannedJob], running: [PartitionID: Int], free: Int = .max, now: Int64
    ) -> [PlannedJob] {
        var counts = running
        var left = min(free, maxJobs - running.values.reduce(0, +))
        var taken: Set<ReferenceKey> = []
        return ordered(jobs, now: now).filter { job in
            let inputs = job.inputs.map { ReferenceKey(file: $0, partition: job.partition) }
            guard taken.isDisjoint(with: inputs) else { return false }
            if !job.isMetadataOnly {
                guard left > 0, counts[job.partition, default: 0] < maxJobsPerPartition else { return false }
                left -= 1
                counts[job.partition, default: 0] += 1
            }
            taken.formUnion(inputs)
            return true
        }
    }

    /// The smaller goes first.
    private struct Rank: Comparable {
        private let isMetadataOnly: Bool
        /// When a job that has been due for too long fell due.
        private let longDueSince: Int64
        private let rank: Double
        private let bytes: Int64
        private let dueSince: Int64
        private let partition: PartitionID
        private let inputs: [FileID]

        init(_ job: PlannedJob, now: Int64) {
            isMetadataOnly = job.isMetadataOnly
            let waited = job.dueSince == 0 ? 0 : max(0, now - job.dueSince)
            longDueSince = waited >= longestWaitMilliseconds ? job.dueSince : .max
            let patience = patienceMilliseconds * (1 + job.inputBytes / patienceBytes)
            rank = min(job.score, greatestScore) + Double(waited / patience)
            bytes = job.inputBytes
            dueSince = job.dueSince
            partition = job.partition
            inputs = job.inputs
        }

        static func < (left: Rank, right: Rank) -> Bool {
            if left.isMetadataOnly != right.isMetadataOnly { return left.isMetadataOnly }
            if left.longDueSince != right.longDueSince { return left.longDueSince < right.longDueSince }
            if left.rank != right.rank { return left.rank > right.rank }
            if left.bytes != right.bytes { return left.bytes < right.bytes }
            if left.dueSince != right.dueSince { return left.dueSince < right.dueSince }
            if left.partition != right.partition { return left.partition < right.partition }
            return left.inputs.lexicographicallyPrecedes(right.inputs)
        }
    }
}
