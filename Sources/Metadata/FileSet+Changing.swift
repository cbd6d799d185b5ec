import Bytes

extension FileSet {
    /// Unwritten segments grow by merging to this many rows and no further.
    static let largestMerge = 32_768
    private static let mergeFanIn = 4

    /// Adds files that are not live yet.
    package mutating func add(_ entries: [FileEntry]) {
        guard !entries.isEmpty else { return }
        var builder = FileSegment.Builder(partitionColumns: partitionColumns, capacity: entries.count)
        builder.append(contentsOf: entries)
        add(builder.finish())
    }

    /// Adds a segment of files that are not live yet and in no manifest.
    package mutating func add(_ segment: FileSegment) {
        guard segment.count > 0 else { return }
        unwrittenFilter = filter(unwrittenFilter, with: [segment], areWritten: false)
        slots.append(Slot(segment: segment, manifest: nil))
        count += segment.count
        totalBytes += segment.totalBytes
        totalRows += segment.totalRows
        rootSums = LazyRootSums()
        mergeTail()
    }

    /// The filter that knows of these segments too, which the set is about to hold, or a larger one.
    func filter(_ filter: FileFilter, with new: [FileSegment], areWritten: Bool) -> FileFilter {
        for segment in new where !filter.insert(segment, besides: { segments(areWritten: areWritten) }) {
            return FileFilter(of: segments(areWritten: areWritten) + new)
        }
        return filter
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

    /// Merges the newest unwritten segments where there are `mergeFanIn` of about one size, at most twice the
    /// last: each row takes part in about log4(`largestMerge`) merges, and few segments stay.
    private mutating func mergeTail() {
        while let last = slots.last {
            let start = slots.lastIndex { $0.manifest != nil || $0.liveCount > last.liveCount * 2 } ?? -1
            let tail = slots[(start + 1)...]
            guard tail.count >= Self.mergeFanIn,
                tail.reduce(0, { $0 + $1.liveCount }) <= Self.largestMerge
            else { return }
            let merged = Self.merge(Array(tail), partitionColumns: partitionColumns)
            slots.removeLast(tail.count)
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
