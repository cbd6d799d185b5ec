import Avro
import Bytes
import Metadata

// References: manifests are decoded straight into columns.
extension StateReader {
    func references(
        _ stored: StoredSet<KeyTombstone>, threads: Int
    ) throws(LogError) -> ReferenceEntries {
        let infos = stored.manifests
        let reading = ReferenceReading(
            expectedCount: infos.reduce(0) { $0 + FileManifestReader.believed(Int($1.entryCount)) })
        let decompressors = { @Sendable in AvroBlockDecompressor() }
        _ = try Parallel.map(Array(infos.enumerated()), threads: threads, workspace: decompressors) {
            [self] (item, decompressor) throws(LogError) in
            let (number, info) = item
            let bytes = try verifiedBytes(info)
            let rows: ReferenceManifestRows
            do throws(DecodeError) {
                rows = try ReferenceManifestReader.read(
                    bytes, expectedCount: Int(info.entryCount), using: decompressor)
            } catch {
                throw LogError.damaged(file: info.path.display, line: nil, error)
            }
            try checkCount(rows.count, info)
            reading.add(rows, manifest: number)
        }
        var tombstones: [ReferenceEntries.Tombstone] = []
        for tombstone in stored.tombstones {
            guard let key = SetKey.reference(tombstone.key) else {
                throw .damaged(file: "_manifest.avro", line: nil, "a tombstone has no key")
            }
            tombstones.append(ReferenceEntries.Tombstone(key: key, version: tombstone.version))
        }
        return reading.finish(tombstones: tombstones, manifests: infos.map { StoredManifest($0) })
    }
}
