import Avro
import Bytes
import Metadata
import Platform

// References: the mechanism of the other sets, without a value an entry.
extension StateWriter {
    struct WrittenReferences {
        var set: ReferenceEntries
        var stored: StoredSet<KeyTombstone>
    }

    func writeReferences(
        _ set: ReferenceEntries, _ policy: ManifestPolicy, _ compaction: Compaction
    ) throws(LogError) -> WrittenReferences {
        let rewritten = manifestsToRewrite(set, policy, compaction)
        let batch = set.entriesToWrite(rewriting: rewritten)
        var written: [(range: Range<Int>, manifest: any ManifestIdentity)] = []
        for range in Self.cuts(batch.count, into: policy.entriesPerManifest) {
            written.append((range: range, manifest: StoredManifest(try writeReferences(batch, range))))
        }
        let result = set.rewritten(without: rewritten, adding: batch, in: written)
        let tombstones = result.tombstones.map {
            KeyTombstone(key: SetKey.reference($0.key.file, $0.key.partition), version: $0.version)
        }
        return WrittenReferences(
            set: result,
            stored: StoredSet(manifests: result.infos, tombstones: tombstones.sorted { $0.key < $1.key }))
    }

    private func writeReferences(
        _ batch: ReferenceBatch, _ range: Range<Int>
    ) throws(LogError) -> ManifestInfo {
        var file = AvroFileWriter(
            schema: ParsedSchemas.referenceEntry, codec: codec, syncMarker: entropy.bytes(16))
        var oldest = Version(.max)
        var newest = Version(0)
        batch.forEach(in: range) { row in
            file.append {
                $0.long(Int64(bitPattern: row.file.rawValue))
                $0.bytes(row.partition)
                $0.long(row.rowCount)
                $0.boolean(row.isEstimated)
                $0.long(row.version.rawValue)
            }
            oldest = min(oldest, row.version)
            newest = max(newest, row.version)
        }
        var info = try writeManifest(
            ManifestFile(kind: .references, entryCount: range.count, bytes: file.finish()))
        info.minAddedAtVersion = min(oldest, newest)
        info.maxAddedAtVersion = newest
        return info
    }
}
