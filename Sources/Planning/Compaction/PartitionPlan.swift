package import Metadata

/// All that a partition could use now: what is too old to keep, and what its strategy merges.
package struct PartitionPlan: Hashable, Sendable {
    /// They share no file.
    package private(set) var jobs: [PlannedJob]
    /// When there may be more to do though nothing changes, epoch milliseconds: a quiet partition needs no look
    /// before that. nil where nothing is known to come.
    package private(set) var nextDue: Int64?

    /// - Parameter strategy: nil plans for age alone.
    package init(
        _ picture: PartitionPicture, strategy: (any CompactionStrategy)?, properties: TableProperties
    ) {
        let target = properties.compactionTargetFileSize
        let age = AgeOffPlan(picture, targetFileSize: target)
        jobs = age.drops
        nextDue = age.nextDue
        let gone = Set(age.drops.flatMap(\.inputs))
        let rest = picture.filter { !gone.contains($0.id) }
        if picture.kind == .upsert, !age.rewrites.isEmpty {
            // It merges the whole partition, and with that does all that a strategy would.
            jobs += age.rewrites
            return
        }
        let merges = strategy.map { Self.merges(of: rest, by: $0) } ?? []
        // A merge leaves aged rows out anyway.
        let others = AgeOffPlan(rest.withBusy(Set(merges.flatMap(\.inputs))), targetFileSize: target)
        jobs += merges + others.rewrites
    }

    /// What the strategy plans, since when it would have: of the files that there were before, nothing was due.
    private static func merges(
        of picture: PartitionPicture, by strategy: any CompactionStrategy
    ) -> [PlannedJob] {
        var jobs = strategy.plan(picture)
        guard !jobs.isEmpty else { return [] }
        let times = Set(picture.files.map(\.addedAt)).sorted()
        var low = 0
        var high = times.count - 1
        while low < high {
            let middle = (low + high) / 2
            let isDue = !strategy.plan(picture.filter { $0.addedAt <= times[middle] }).isEmpty
            if isDue { high = middle } else { low = middle + 1 }
        }
        for index in jobs.indices { jobs[index].dueSince = times[low] }
        return jobs
    }
}
