package import Metadata

/// Which of the jobs that many partitions could use are begun, and in which order.
///
/// What moves no rows goes first: it is done with its commit. Then a job's rank decides, its score (at most
/// ``greatestScore``) and one more for each ``patienceMilliseconds`` that it has been due; of one rank the smaller
/// goes first. Nothing starves: what falls due ``greatestScore`` times that patience later never goes before.
package struct JobQueue: Hashable, Sendable {
    package static let greatestScore = 8.0
    package static let patienceMilliseconds: Int64 = 60_000

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

    /// All of them, most pressing first.
    ///
    /// - Parameter now: epoch milliseconds. A job due after it has not waited.
    package func ordered(_ jobs: [PlannedJob], now: Int64) -> [PlannedJob] {
        let ranked = jobs.map { (job: $0, rank: Self.rank($0, now: now)) }
        return ranked.sorted { left, right in
            let (a, b) = (left.job, right.job)
            if a.isMetadataOnly != b.isMetadataOnly { return a.isMetadataOnly }
            if left.rank != right.rank { return left.rank > right.rank }
            if a.inputBytes != b.inputBytes { return a.inputBytes < b.inputBytes }
            if a.dueSince != b.dueSince { return a.dueSince < b.dueSince }
            if a.partition != b.partition { return a.partition < b.partition }
            return a.inputs.lexicographicallyPrecedes(b.inputs)
        }.map(\.job)
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

    private static func rank(_ job: PlannedJob, now: Int64) -> Double {
        let waited = job.dueSince == 0 ? 0 : max(0, now - job.dueSince) / patienceMilliseconds
        return min(job.score, greatestScore) + Double(waited)
    }
}
