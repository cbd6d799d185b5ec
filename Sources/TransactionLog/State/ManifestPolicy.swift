import Metadata

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
    /// Removals of one commit above which no tombstone stays; nil where their number does not matter.
    package var largeRemoveThreshold: Int?
    /// Whether the three limits above are halved after a merge of data files.
    package var compactsAfterMerge = true

    /// Jobs or receipts beyond manifests that the record of a state repeats: a manifest for a few costs an
    /// fsync more than it saves.
    static let inlineLimit = 256

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

    /// What the commits since the last state say beside the counts.
    package struct Occasion: Hashable, Sendable {
        /// Most removals of files in one commit.
        package var largestRemoval = 0
        /// A compaction job committed its outputs.
        package var hasMerged = false
        package init() {}
    }

    /// The manifests that are written anew, by index, ascending; none where nothing asks for it.
    package func manifestsToRewrite(_ counts: [Count], on occasion: Occasion = Occasion()) -> [Int] {
        if let limit = largeRemoveThreshold, occasion.largestRemoval > limit {
            return counts.indices.filter { counts[$0].tombstones > 0 || isSmall(counts[$0]) }
        }
        let policy = occasion.hasMerged && compactsAfterMerge ? halved : self
        return policy.needsCompaction(counts) ? policy.worst(counts) : []
    }

    package func needsCompaction(_ counts: [Count]) -> Bool {
        let tombstones = counts.reduce(0) { $0 + $1.tombstones }
        return tombstones > maxTombstones
            || exceedsThreshold(tombstones, live: counts.reduce(0) { $0 + $1.live })
            || counts.count(where: isSmall) > maxSmallManifests
    }

    /// Whether so many entries, by number and size of manifests, could not stand better.
    package func isFull(_ counts: [Int]) -> Bool {
        let total = counts.reduce(0, +)
        return counts.count == (total + entriesPerManifest - 1) / entriesPerManifest
            && counts.allSatisfy { $0 <= entriesPerManifest }
    }

    private var halved: ManifestPolicy {
        var policy = self
        policy.tombstoneThreshold /= 2
        policy.maxTombstones /= 2
        policy.maxSmallManifests = (maxSmallManifests + 1) / 2
        return policy
    }

    func isSmall(_ count: Count) -> Bool { count.entries * 2 < entriesPerManifest }

    /// Exactly the threshold is not above it, also where the product is a hair below a whole number.
    private func exceedsThreshold(_ tombstones: Int, live: Int) -> Bool {
        Double(tombstones) > tombstoneThreshold * Double(live) * (1 + 1e-12)
    }

    /// Those that are small and those with many tombstones, then the next worst until the tombstones that stay
    /// are half of what is allowed.
    private func worst(_ counts: [Count]) -> [Int] {
        var rewritten = counts.indices.filter {
            isSmall(counts[$0]) || counts[$0].share > tombstoneThreshold
        }
        var kept = Set(counts.indices).subtracting(rewritten).sorted {
            (counts[$0].share, $1) > (counts[$1].share, $0)
        }
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

extension ManifestPolicy {
    init(_ properties: TableProperties) {
        self.init()
        entriesPerManifest = properties.stateEntriesPerManifest
        tombstoneThreshold = properties.stateTombstoneThreshold
        maxTombstones = properties.stateMaxTombstones
        maxSmallManifests = properties.stateMaxManifests
        largeRemoveThreshold = properties.stateLargeRemoveThreshold
        compactsAfterMerge = properties.stateCompactAfterMerge
    }
}

extension ManifestPolicy.Occasion {
    init(_ transactions: [CommittedTransaction]) {
        self.init()
        for transaction in transactions {
            var removals = 0
            for action in transaction.actions {
                switch action {
                case .remove: removals += 1
                case .operation(.removeJob(_, outcome: .committed)): hasMerged = true
                default: break
                }
            }
            largestRemoval = max(largestRemoval, removals)
        }
    }
}
