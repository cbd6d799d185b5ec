import Avro
import Bytes
import Metadata
import Platform

// The set of files: which manifests stay, and what is written.
extension StateWriter {
    struct WrittenFiles {
        var set: FileSet
        var stored: StoredSet<ByteString>
    }

    func writeFiles(
        _ state: TableState, _ policy: ManifestPolicy, _ compaction: Compaction
    ) throws(LogError) -> WrittenFiles {
        let files = state.files
        let order = PartitionOrder(state.definition)
        let rewritten = slotsToRewrite(files, policy, compaction, order)
        let chosen = files.slots.indices.filter { rewritten.contains($0) || files.slots[$0].manifest == nil }
        let all = files.files(ofSlots: chosen) { order.compare($0, $1) < 0 }
        let written = try ParallelManifestWriter(self, order, all).write(
            Self.cuts(all.count, into: policy.entriesPerManifest), threads: options.threads(state.properties))
        // A slot is known by its segment: it is shared, never copied.
        let kept = Set(
            files.slots.indices.filter { !chosen.contains($0) }.map {
                ObjectIdentifier(files.slots[$0].segment)
            })
        let set = files.rewritten(
            keeping: { kept.contains(ObjectIdentifier($0.segment)) },
            adding: written.map { (segment: $0.segment, manifest: $0.manifest) })
        return WrittenFiles(
            set: set,
            stored: StoredSet(
                manifests: set.slots.compactMap(\.manifestInfo), tombstones: set.tombstones().sorted()))
    }

    private func slotsToRewrite(
        _ files: FileSet, _ policy: ManifestPolicy, _ compaction: Compaction, _ order: PartitionOrder
    ) -> Set<Int> {
        let written = files.slots.indices.filter { files.slots[$0].manifest != nil }
        switch compaction {
        case .anew: return Set(written)
        case .full: return Self.isClean(files, policy, order) ? [] : Set(written)
        case .whereNeeded(let occasion):
            var counts = written.map {
                ManifestPolicy.Count(
                    entries: files.slots[$0].segment.count, tombstones: files.slots[$0].removedCount)
            }
            if files.unwrittenCount > 0 {
                counts.append(ManifestPolicy.Count(entries: files.unwrittenCount, tombstones: 0))
            }
            let worst = policy.manifestsToRewrite(counts, on: occasion).filter { $0 < written.count }
            return Set(files.revivedSlots()).union(worst.map { written[$0] })
        }
    }

    static func isClean(_ files: FileSet, _ policy: ManifestPolicy, _ order: PartitionOrder) -> Bool {
        files.unwrittenCount == 0 && files.tombstoneCount == 0
            && policy.isFull(files.slots.map(\.liveCount))
            && files.isOrdered { order.compare($0, $1) < 0 }
    }

    /// The smallest number of manifests, all of about one size.
    static func cuts(_ count: Int, into entriesPerManifest: Int) -> [Range<Int>] {
        guard count > 0 else { return [] }
        let manifests = (count + entriesPerManifest - 1) / entriesPerManifest
        let size = (count + manifests - 1) / manifests
        return stride(from: 0, to: count, by: size).map { $0..<min(count, $0 + size) }
    }
}

extension FileSegment {
    /// What a manifest's info says of the files in it.
    func bounds(
        _ order: PartitionOrder
    ) -> (partition: [ManifestInfo.PartitionBounds]?, minVersion: Version, maxVersion: Version) {
        var builder = PartitionBoundsBuilder(order)
        for tuple in tuples { builder.add(tuple) }
        var low = Version(.max)
        var high = Version(0)
        for row in 0..<count {
            let view = self[row]
            low = min(low, view.addedAtVersion)
            high = max(high, view.addedAtVersion)
        }
        return (order.columns.isEmpty ? nil : builder.finish(), min(low, high), high)
    }
}
