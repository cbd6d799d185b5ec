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
        let rest = picture.without(Set(age.drops.flatMap(\.inputs)))
        if picture.kind == .upsert, !age.rewrites.isEmpty {
            // It merges the whole partition, and with that does all that a strategy would.
            jobs += age.rewrites
            return
        }
        let merges = strategy?.plan(rest) ?? []
        // A merge leaves aged rows out anyway.
        let others = AgeOffPlan(rest.withBusy(Set(merges.flatMap(\.inputs))), targetFileSize: target)
        jobs += merges + others.rewrites
    }
}
