import Avro
import Bytes
import Metadata
import Platform

// References, garbage, partitions and jobs: one mechanism, tombstones by (key, version).
extension StateWriter {
    struct WrittenSet<Key: Hashable & Sendable, Value: SetEntry & Hashable> {
        var set: ManifestSet<Key, Value>
        var stored: StoredSet<KeyTombstone>
    }

    /// - Parameter inlineLimit: so many entries need no manifest: the record has them.
    func writeSet<Key: Hashable & Sendable, Value: SetEntry & Hashable>(
        _ set: ManifestSet<Key, Value>, _ policy: ManifestPolicy, _ compaction: Compaction,
        inlineLimit: Int = 0, key: (Key) -> ByteString
    ) throws(LogError) -> WrittenSet<Key, Value> {
        let rewritten = manifestsToRewrite(set, policy, compaction, inlineLimit: inlineLimit)
        var entries = set.entriesToWrite(rewriting: rewritten)
            .map { (key: key($0.key), entry: $0) }.sorted { $0.key < $1.key }.map(\.entry)
        var left: [ManifestSet<Key, Value>.Entry] = []
        if entries.count <= inlineLimit { swap(&entries, &left) }
        var batches: [(entries: ArraySlice<ManifestSet<Key, Value>.Entry>, manifest: any ManifestIdentity)] =
            []
        for range in Self.cuts(entries.count, into: policy.entriesPerManifest) {
            let info = try writeEntries(entries[range])
            batches.append((entries: entries[range], manifest: StoredManifest(info)))
        }
        let result = set.rewritten(without: rewritten, adding: batches, leaving: left)
        let tombstones = result.tombstones.map { KeyTombstone(key: key($0.key), version: $0.version) }
        return WrittenSet(
            set: result,
            stored: StoredSet(manifests: result.infos, tombstones: tombstones.sorted { $0.key < $1.key }))
    }

    func manifestsToRewrite(
        _ set: some ManifestListing, _ policy: ManifestPolicy, _ compaction: Compaction, inlineLimit: Int = 0
    ) -> [Int] {
        switch compaction {
        case .anew: return Array(set.manifests.indices)
        case .full:
            return Self.isClean(set, policy, inlineLimit: inlineLimit) ? [] : Array(set.manifests.indices)
        case .whereNeeded(let occasion):
            var counts = set.infos.map {
                ManifestPolicy.Count(entries: Int($0.entryCount), tombstones: Int($0.tombstoneCount))
            }
            if set.unwrittenCount > inlineLimit {
                counts.append(ManifestPolicy.Count(entries: set.unwrittenCount, tombstones: 0))
            }
            return policy.manifestsToRewrite(counts, on: occasion).filter { $0 < set.manifests.count }
        }
    }

    static func isClean(
        _ set: some ManifestListing, _ policy: ManifestPolicy, inlineLimit: Int = 0
    ) -> Bool {
        set.unwrittenCount <= inlineLimit && set.tombstoneCount == 0
            && policy.isFull(set.infos.map { Int($0.liveEntryCount) })
    }

    private func writeEntries<Key, Value: SetEntry>(
        _ entries: ArraySlice<ManifestSet<Key, Value>.Entry>
    ) throws(LogError) -> ManifestInfo {
        var file = AvroFileWriter(schema: Value.avroSchema, codec: codec, syncMarker: entropy.bytes(16))
        for entry in entries { file.append { entry.value.write(to: &$0, writtenAt: entry.version) } }
        let bytes = file.finish()
        var info = try writeManifest(ManifestFile(kind: Value.kind, entryCount: entries.count, bytes: bytes))
        info.minAddedAtVersion = entries.lazy.map(\.version).min() ?? Version(0)
        info.maxAddedAtVersion = entries.lazy.map(\.version).max() ?? Version(0)
        return info
    }
}

extension ManifestListing {
    /// The set's manifests with the counts of this state.
    var infos: [ManifestInfo] {
        zip(manifests, deadCounts()).compactMap { manifest, dead in
            guard let stored = manifest as? StoredManifest else { return nil }
            var info = stored.info
            info.tombstoneCount = Int64(dead)
            info.liveEntryCount = info.entryCount - info.tombstoneCount
            return info
        }
    }
}
