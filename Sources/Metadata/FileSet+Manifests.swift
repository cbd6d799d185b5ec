package import Bytes

/// What the manifest writer asks of a set: what no manifest has, and which entries of manifests are dead.
extension FileSet {
    /// The live files that no manifest lists, sorted by root partition and path, as one segment; empty where
    /// there are none.
    package func unwritten() -> FileSegment {
        let chosen = slots.indices.filter { slots[$0].manifest == nil }
        let files = files(ofSlots: chosen) { left, right in
            RootPath.path(columns: partitionColumns, tuple: left)
                < RootPath.path(columns: partitionColumns, tuple: right)
        }
        var builder = FileSegment.Builder(partitionColumns: partitionColumns, capacity: files.count)
        builder.append(contentsOf: files[...])
        return builder.finish()
    }

    package var unwrittenCount: Int {
        slots.reduce(0) { $0 + ($1.manifest == nil ? $1.liveCount : 0) }
    }

    /// Dead entries in manifests.
    package var tombstoneCount: Int {
        slots.reduce(0) { $0 + ($1.manifest == nil ? 0 : $1.removedCount) }
    }

    /// The paths that are dead in some manifest.
    package func tombstones() -> [ByteString] {
        var paths: [ByteString] = []
        for slot in slots where slot.manifest != nil {
            slot.removed.forEach { paths.append(slot.segment[$0].path) }
        }
        return paths
    }

    /// The slots of manifests with a dead entry whose path lives elsewhere in the set.
    ///
    /// Their tombstone would hide the living entry too, so these manifests must be written anew.
    package func revivedSlots() -> [Int] {
        slots.indices.filter { index in
            guard slots[index].manifest != nil else { return false }
            var isRevived = false
            slots[index].removed.forEach { row in
                isRevived = isRevived || contains(FileID(slots[index].segment.ids[row]))
            }
            return isRevived
        }
    }

    /// Leaves the newest of several entries of one path, as another program lists one that was added again.
    ///
    /// Newer is what was added at a later version, then what stands in a later manifest.
    package mutating func keepNewestOfEachPath() {
        var places: [(id: UInt64, slot: Int, row: Int)] = []
        places.reserveCapacity(count)
        for (number, slot) in slots.enumerated() {
            for row in 0..<slot.segment.count where slot.isLive(row) {
                places.append((id: slot.segment.ids[row], slot: number, row: row))
            }
        }
        places.sort { ($0.id, $0.slot, $0.row) < ($1.id, $1.slot, $1.row) }
        guard var newest = places.first else { return }
        for place in places.dropFirst() {
            let (old, new) = (slots[newest.slot].segment[newest.row], slots[place.slot].segment[place.row])
            guard old.id == new.id, old.path == new.path else {
                newest = place
                continue
            }
            let isNewer = new.addedAtVersion >= old.addedAtVersion
            let loser = isNewer ? newest : place
            remove(loser.row, of: loser.slot)
            if isNewer { newest = place }
        }
    }

    /// The same files after the manifest writer's work: the slots for which `keep` answers true as they are,
    /// and the segments that now stand for all the others.
    package func rewritten(
        keeping keep: (Slot) -> Bool, adding written: [(segment: FileSegment, manifest: any ManifestIdentity)]
    ) -> FileSet {
        var result = FileSet(partitionColumns: partitionColumns)
        result.slots =
            slots.filter { $0.manifest != nil && keep($0) }
            + written.map { Slot(segment: $0.segment, manifest: $0.manifest) }
        result.count = result.slots.reduce(0) { $0 + $1.liveCount }
        precondition(result.count == count, "rewritten manifests hold \(result.count) of \(count) files")
        result.totalBytes = totalBytes
        result.totalRows = totalRows
        result.writtenFilter = filter(writtenFilter, with: written.map(\.segment), areWritten: true)
        return result
    }

    /// Takes over what a set knows of the ids of its manifests, many of which are this one's too.
    package mutating func shareFilter(of other: FileSet) {
        let known = Set(other.segments(areWritten: true).map { ObjectIdentifier($0) })
        let new = segments(areWritten: true).filter { !known.contains(ObjectIdentifier($0)) }
        writtenFilter = other.filter(other.writtenFilter, with: new, areWritten: true)
    }
}
