import Bytes

extension FileSet {
    /// Unwritten segments grow by merging to this many rows and no further.
    static let largestMerge = 32_768

    /// Adds files that are not live yet.
    package mutating func add(_ entries: [FileEntry]) {
        guard !entries.isEmpty else { return }
        var builder = FileSegment.Builder(partitionColumns: partitionColumns, capacity: entries.count)
        for entry in entries { builder.append(entry) }
        add(builder.finish())
    }

    /// Adds a segment of files that are not live yet and in no manifest.
    package mutating func add(_ segment: FileSegment) {
        guard segment.count > 0 else { return }
        slots.append(Slot(segment: segment, manifest: nil))
        count += segment.count
        totalBytes += segment.totalBytes
        totalRows += segment.totalRows
        rootSums = LazyRootSums()
        mergeTail()
    }

    /// Removes a live file and returns it; nil where there is none of this id.
    package mutating func remove(_ id: FileID) -> FileView? {
        guard let place = place(of: id) else { return nil }
        remove(place.row, of: place.slot)
        let slot = slots[place.slot]
        // A segment without a live row is still needed for its tombstones where a manifest lists it.
        if slot.liveCount == 0, slot.manifest == nil { slots.remove(at: place.slot) }
        return slot.segment[place.row]
    }

    /// Merges the newest unwritten segments while the last is as large as the one before, like the carries
    /// of a binary counter: each row takes part in at most log2(`largestMerge`) merges.
    private mutating func mergeTail() {
        while slots.count >= 2 {
            let last = slots[slots.count - 1]
            let previous = slots[slots.count - 2]
            guard last.manifest == nil, previous.manifest == nil, last.liveCount >= previous.liveCount,
                last.liveCount + previous.liveCount <= Self.largestMerge
            else { return }
            slots.removeLast(2)
            let merged = Self.merge([previous, last], partitionColumns: partitionColumns)
            slots.append(Slot(segment: merged, manifest: nil))
        }
    }

    /// The live rows of some slots in one segment, in their order.
    static func merge(_ slots: [Slot], partitionColumns: [ByteString]) -> FileSegment {
        let live = slots.reduce(0) { $0 + $1.liveCount }
        var builder = FileSegment.Builder(partitionColumns: partitionColumns, capacity: live)
        for slot in slots {
            for row in 0..<slot.segment.count where slot.isLive(row) { builder.append(row, of: slot.segment) }
        }
        return builder.finish()
    }
}
