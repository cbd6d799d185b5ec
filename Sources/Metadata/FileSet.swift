package import Bytes
import Synchronization

/// Names the manifest that a part of a state was read from or written to, so that later states share it.
package protocol ManifestIdentity: AnyObject, Sendable {}

/// The live files of one version: immutable segments and what was removed from each.
///
/// Changing one shares the segments: an added batch is a new small segment, and small unwritten segments are
/// merged four by four as they grow, so that an entry is copied a logarithmic number of times; a removal copies
/// the bitmap of the segment that it hits. That a file is not there, which every commit asks of each file that
/// it adds, is told by one filter over all segments. No two live rows have the same id.
package struct FileSet: Sendable {
    /// One segment with what was removed from it.
    package struct Slot: Sendable {
        package let segment: FileSegment
        /// nil where no manifest lists the segment yet.
        package let manifest: (any ManifestIdentity)?
        var removed = RowBitmap()

        package var liveCount: Int { segment.count - removed.count }
        package var removedCount: Int { removed.count }
        package func isLive(_ row: Int) -> Bool { !removed.contains(row) }
    }

    package let partitionColumns: [ByteString]
    /// Segments of manifests first, then the unwritten ones, older first.
    package internal(set) var slots: [Slot]
    package internal(set) var count: Int
    package internal(set) var totalBytes: Int64
    /// Files of unknown row count add nothing.
    package internal(set) var totalRows: Int64
    /// Sums by root partition, made when asked for; replaced at every change.
    var rootSums = LazyRootSums()
    /// Know every id of the slots with and without a manifest, and others: what is in neither is in none. They
    /// are two so that what is applied again after a state was written is as new as it was the first time.
    var writtenFilter = FileFilter()
    var unwrittenFilter = FileFilter()

    package init(partitionColumns: [ByteString]) {
        self.partitionColumns = partitionColumns
        slots = []
        count = 0
        totalBytes = 0
        totalRows = 0
    }

    /// The files of some manifests without those that the tombstones name, by path.
    ///
    /// A tombstone hits every entry of its path: a state in which a removed path lives again has no
    /// tombstone of it, as the manifest with the older entry was written anew.
    package init(
        partitionColumns: [ByteString],
        manifests: [(segment: FileSegment, manifest: (any ManifestIdentity)?)],
        tombstones: [ByteString]
    ) {
        self.init(partitionColumns: partitionColumns)
        for (segment, manifest) in manifests {
            slots.append(Slot(segment: segment, manifest: manifest))
            count += segment.count
            totalBytes += segment.totalBytes
            totalRows += segment.totalRows
        }
        for path in tombstones {
            let id = FileID(path: path)
            for slot in slots.indices {
                guard let row = slots[slot].segment.row(of: id), slots[slot].segment[row].path == path
                else { continue }
                remove(row, of: slot)
            }
        }
    }

    package var isEmpty: Bool { count == 0 }

    package func contains(_ id: FileID) -> Bool { place(of: id) != nil }

    /// The live file of this id.
    package func view(_ id: FileID) -> FileView? {
        place(of: id).map { slots[$0.slot].segment[$0.row] }
    }

    package func file(_ id: FileID) -> FileEntry? { view(id)?.entry }

    /// The live file at this path, relative to the table.
    package func view(path: ByteString) -> FileView? {
        guard let found = view(FileID(path: path)), found.path == path else { return nil }
        return found
    }

    package func file(path: ByteString) -> FileEntry? { view(path: path)?.entry }

    /// Calls `body` with every live file, segment by segment.
    package func forEach(_ body: (FileView) throws -> Void) rethrows {
        for slot in slots {
            for row in 0..<slot.segment.count where slot.isLive(row) { try body(slot.segment[row]) }
        }
    }

    func place(of id: FileID) -> (slot: Int, row: Int)? {
        // What was added last is most likely to be asked for.
        for isWritten in [false, true] where mayContain(id, isWritten) {
            for slot in slots.indices.reversed() where (slots[slot].manifest != nil) == isWritten {
                if let row = slots[slot].segment.row(of: id), slots[slot].isLive(row) { return (slot, row) }
            }
        }
        return nil
    }

    private func mayContain(_ id: FileID, _ isWritten: Bool) -> Bool {
        let filter = isWritten ? writtenFilter : unwrittenFilter
        return filter.mayContain(id.rawValue) { segments(areWritten: isWritten) }
    }

    func segments(areWritten: Bool) -> [FileSegment] {
        slots.filter { ($0.manifest != nil) == areWritten }.map(\.segment)
    }

    /// Marks a live row as removed and keeps the sums.
    mutating func remove(_ row: Int, of slot: Int) {
        let segment = slots[slot].segment
        guard slots[slot].removed.insert(row, of: segment.count) else { return }
        count -= 1
        totalBytes -= segment.sizes[row]
        totalRows -= max(0, segment.rowCounts[row])
        rootSums = LazyRootSums()
    }
}
