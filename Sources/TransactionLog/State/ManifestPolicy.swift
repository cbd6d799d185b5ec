/// When manifests are written together, and which. A pure function of counts.
package struct ManifestPolicy: Hashable, Sendable {
    /// Entries of a full manifest.
    package var entriesPerManifest = 50_000
    /// Tombstones, as a share of what is live.
    package var tombstoneThreshold = 0.10
    /// Tombstones, whatever the share: each state repeats them all.
    package var maxTombstones = 20_000
    /// Manifests that are less than half full.
    package var maxSmallManifests = 20

    package init() {}

    /// One manifest's numbers.
    package struct Count: Hashable, Sendable {
        package var entries: Int
        package var tombstones: Int
        package init(entries: Int, tombstones: Int) {
            self.entries = entries
            self.tombstones = tombstones
        }
        var live: Int { entries - tombstones }
        var share: Double { entries == 0 ? 1 : Double(tombstones) / Double(entries) }
    }

    func isSmall(_ count: Count) -> Bool { count.entries * 2 < entriesPerManifest }

    package func needsCompaction(_ counts: [Count]) -> Bool {
        let tombstones = counts.reduce(0) { $0 + $1.tombstones }
        let live = counts.reduce(0) { $0 + $1.live }
        return tombstones > maxTombstones
            || Double(tombstones) > tombstoneThreshold * Double(live)
            || hasTooManySmall(counts)
    }

    func hasTooManySmall(_ counts: [Count]) -> Bool { counts.count(where: isSmall) > maxSmallManifests }

    /// Which manifests are written anew, by index: those that are small and those with many tombstones, then
    /// the next worst until the tombstones that stay are half of what is allowed.
    package func manifestsToRewrite(_ counts: [Count]) -> [Int] {
        var rewritten = counts.indices.filter {
            isSmall(counts[$0]) || counts[$0].share > tombstoneThreshold
        }
        var kept = Set(counts.indices).subtracting(rewritten).sorted { counts[$0].share > counts[$1].share }
        let live = counts.reduce(0) { $0 + $1.live }
        let allowed = min(maxTombstones / 2, Int(tombstoneThreshold * Double(live) / 2))
        var remaining = kept.reduce(0) { $0 + counts[$1].tombstones }
        while remaining > allowed, !kept.isEmpty {
            let worst = kept.removeFirst()
            remaining -= counts[worst].tombstones
            rewritten.append(worst)
        }
        return rewritten.sorted()
    }
}
