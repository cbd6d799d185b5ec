import Metadata
import Planning

/// What the strategy wants in all partitions, most pressing first, kept between looks.
///
/// A partition is planned anew when something of it changed, or when age makes more due. Few jobs are put in order at
/// each change; many at most every few seconds, and in between those of the last order are begun.
struct PlanQueue {
    /// So many jobs are ordered anew whenever one changes.
    private static let smallCount = 2_000
    private static let patienceNanoseconds: UInt64 = 5_000_000_000

    private var plans: [PartitionID: [PlannedJob]] = [:]
    /// When a quiet partition may have more to do, epoch milliseconds.
    private var due: [PartitionID: Int64] = [:]
    private var jobCount = 0
    /// The least pressing first.
    private var ordered: [PlannedJob] = []
    /// By the monotonic clock.
    private var orderedAtNanoseconds: UInt64 = 0
    private var isStale = false

    init() {}

    var isEmpty: Bool { jobCount == 0 }

    mutating func set(_ jobs: [PlannedJob], nextDue: Int64?, of partition: PartitionID) {
        let before = plans[partition]?.count ?? 0
        if before == 0, jobs.isEmpty, due[partition] == nextDue { return }
        plans[partition] = jobs.isEmpty ? nil : jobs
        due[partition] = nextDue
        jobCount += jobs.count - before
        isStale = true
    }

    /// Partitions that may have something new to do though nothing changed in them: what could not begin, and what
    /// has aged.
    func dueForALook(now: Int64) -> Set<PartitionID> {
        Set(plans.keys).union(due.filter { $0.value <= now }.keys)
    }

    /// The most pressing job that may begin, which is taken out.
    ///
    /// - Parameters:
    ///   - now: epoch milliseconds, as the jobs say since when they are due.
    ///   - nanoseconds: monotonic.
    mutating func next(
        _ queue: JobQueue, running: [PartitionID: Int], now: Int64, nanoseconds: UInt64,
        where isWanted: (PlannedJob) -> Bool
    ) -> PlannedJob? {
        let isDue =
            jobCount <= Self.smallCount || nanoseconds - orderedAtNanoseconds >= Self.patienceNanoseconds
        if isStale, isDue || ordered.isEmpty {
            ordered = queue.ordered(plans.values.flatMap { $0 }, now: now).reversed()
            orderedAtNanoseconds = nanoseconds
            isStale = false
        }
        var passedOver: [PlannedJob] = []
        defer { ordered.append(contentsOf: passedOver.reversed()) }
        while let job = ordered.popLast() {
            // Planned anew since the order was made.
            guard plans[job.partition]?.contains(job) ?? false else { continue }
            let hasPlace = job.isMetadataOnly || queue.obstacle(to: job.partition, running: running) == nil
            guard hasPlace, isWanted(job) else {
                passedOver.append(job)
                continue
            }
            return job
        }
        return nil
    }
}
