import Bytes
import Metadata

/// A manifest in storage, as the parts of a state that were read from it or written to it name it.
package final class StoredManifest: ManifestIdentity {
    /// What it said when it was written: without tombstones.
    package let info: ManifestInfo

    package init(_ info: ManifestInfo) { self.info = info }
}

extension FileSet.Slot {
    /// The slot's manifest with the counts of this state.
    var manifestInfo: ManifestInfo? {
        guard let stored = manifest as? StoredManifest else { return nil }
        var info = stored.info
        info.tombstoneCount = Int64(removedCount)
        info.liveEntryCount = Int64(liveCount)
        return info
    }
}

extension FileSet {
    /// The segments of manifests by what their infos say, so that a state that lists the same need not read them.
    func segments() -> [ByteString: (segment: FileSegment, info: ManifestInfo)] {
        var segments: [ByteString: (segment: FileSegment, info: ManifestInfo)] = [:]
        for slot in slots {
            guard let stored = slot.manifest as? StoredManifest else { continue }
            segments[stored.info.path] = (slot.segment, stored.info)
        }
        return segments
    }
}
