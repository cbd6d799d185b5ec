import Avro
import Bytes
import Metadata
import Platform

// References, garbage and partitions: one mechanism, tombstones by (key, version).
extension StateWriter {
    struct WrittenSet<Key: Hashable & Sendable, Value: SetEntry & Hashable> {
        var set: ManifestSet<Key, Value>
        var stored: StoredSet<KeyTombstone>
    }

    func writeSet<Key: Hashable & Sendable, Value: SetEntry & Hashable>(
        _ set: ManifestSet<Key, Value>, _ known: [ManifestInfo], _ policy: ManifestPolicy,
        _ compaction: Compaction, at version: Version, key: (Key) -> ByteString
    ) throws(LogError) -> WrittenSet<Key, Value> {
        let inManifests = known.reduce(0) { $0 + Int($1.entryCount) }
        let unwritten = set.unwritten
        var counts = known.map { ManifestPolicy.Count(entries: Int($0.entryCount), tombstones: 0) }
        // Which manifest a tombstone hits is not known; which of all is not asked either.
        counts.append(ManifestPolicy.Count(entries: unwritten.count, tombstones: 0))
        let isAnew: Bool
        switch compaction {
        case .never: isAnew = false
        case .full: isAnew = !known.isEmpty
        case .whereNeeded:
            let dead = set.tombstoneCount
            isAnew =
                !known.isEmpty
                && (dead > policy.maxTombstones
                    || Double(dead) > policy.tombstoneThreshold * Double(max(0, inManifests - dead))
                    || policy.hasTooManySmall(counts))
        }
        let entries = (isAnew ? set.inManifests + unwritten : unwritten).sorted { key($0.key) < key($1.key) }
        var written: [ManifestInfo] = []
        var start = 0
        while start < entries.count {
            let end = min(entries.count, start + policy.entriesPerManifest)
            written.append(try writeEntries(entries[start..<end]))
            start = end
        }
        var result = set
        if isAnew {
            let identity = StoredManifest(written.first ?? Self.noManifest(Value.kind))
            result = set.rewritten { _ in identity }
        } else if let info = written.first {
            result = set.written(as: StoredManifest(info))
        }
        let tombstones = result.tombstones.map { KeyTombstone(key: key($0.key), version: $0.version) }
        return WrittenSet(
            set: result,
            stored: StoredSet(
                manifests: (isAnew ? [] : known) + written,
                tombstones: tombstones.sorted { $0.key < $1.key }))
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

    private static func noManifest(_ kind: ManifestKind) -> ManifestInfo {
        ManifestInfo(
            path: "", kind: kind, entryCount: 0, minAddedAtVersion: Version(0), maxAddedAtVersion: Version(0))
    }
}
