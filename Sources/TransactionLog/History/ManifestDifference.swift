import Bytes
import Metadata

/// Compares two stored states of one table by their manifests, and reads as few of them as it can.
///
/// What was added lies in manifests of the newer state whose greatest version is above the older state's. How many
/// files are gone then follows from the counts of both. If there are any: of the manifests that both states share,
/// it is what only the newer state has tombstones for; the others are compared entry by entry.
struct ManifestDifference {
    private let reader: StateReader
    private let old: StateManifest
    private let new: StateManifest
    private let partitionColumns: [ByteString]

    init(
        _ reader: StateReader, _ old: StateManifest, _ new: StateManifest, _ partitionColumns: [ByteString]
    ) {
        self.reader = reader
        self.old = old
        self.new = new
        self.partitionColumns = partitionColumns
    }

    func difference() throws(LogError) -> StateDifference {
        let oldPaths = Set(old.files.manifests.map(\.path))
        let unshared = new.files.manifests.indices.filter { !oldPaths.contains(new.files.manifests[$0].path) }
        let isRecent = { (index: Int) in new.files.manifests[index].maxAddedAtVersion > old.version }
        let recent = try files(new, unshared.filter(isRecent))
        var added: [FileView] = []
        recent.forEach { if $0.addedAtVersion > old.version { added.append($0) } }
        let goneCount = Int(old.fileCount) - (Int(new.fileCount) - added.count)
        var gone: [ByteString: FileView?] = [:]
        if goneCount != 0 {
            gone = try removed(recent, rest: unshared.filter { !isRecent($0) })
        }
        guard gone.count == goneCount else {
            throw .damaged(
                file: LogPath.stateName(new.version).display, line: nil,
                "\(goneCount) files are gone since version \(old.version) by the counts, \(gone.count) are found"
            )
        }
        // Removed and taken back: there at both ends.
        added.removeAll { gone.removeValue(forKey: $0.path) != nil }
        return StateDifference(
            old: old.version, new: new.version, timestamp: new.timestamp, added: added,
            removed: try removals(gone))
    }

    /// What was live in the older state and was removed since, taken back or not; nil where its entry was not read.
    private func removed(_ recent: FileSet, rest: [Int]) throws(LogError) -> [ByteString: FileView?] {
        let newPaths = Set(new.files.manifests.map(\.path))
        let dropped = old.files.manifests.indices.filter { !newPaths.contains(old.files.manifests[$0].path) }
        var gone: [ByteString: FileView?] = [:]
        if !dropped.isEmpty {
            let kept = [recent, try files(new, rest)]
            try files(old, dropped).forEach { file in
                let path = file.path
                // A file that was taken back is another than the one that was there.
                let isKept = kept.contains { set in
                    set.view(path: path).map { $0.addedAtVersion <= old.version } ?? false
                }
                if !isKept { gone[path] = .some(file) }
            }
        }
        // Came and went since, and a manifest was written in between.
        var passing: Set<ByteString> = []
        for slot in recent.slots where slot.removedCount > 0 {
            for row in 0..<slot.segment.count where !slot.isLive(row) {
                let file = slot.segment[row]
                if file.addedAtVersion > old.version { passing.insert(file.path) }
            }
        }
        for path in Set(new.files.tombstones).subtracting(old.files.tombstones)
        where gone[path] == nil && !passing.contains(path) {
            gone[path] = .some(nil)
        }
        return gone
    }

    private func files(_ state: StateManifest, _ manifests: [Int]) throws(LogError) -> FileSet {
        if manifests.isEmpty { return FileSet(partitionColumns: partitionColumns) }
        return try reader.files(state, partitionColumns: partitionColumns, ofManifests: manifests)
    }

    /// In the order of their paths, with what the newer state's garbage knows of them.
    private func removals(_ gone: [ByteString: FileView?]) throws(LogError) -> [FileRemoval] {
        if gone.isEmpty { return [] }
        var garbage: [ByteString: GarbageEntry] = [:]
        let recent = new.garbage.manifests.filter { $0.maxAddedAtVersion > old.version }
        for entry in try reader.garbage(recent) where gone[entry.path] != nil {
            if let known = garbage[entry.path], known.removedAtVersion > entry.removedAtVersion { continue }
            garbage[entry.path] = entry
        }
        return gone.sorted { $0.key < $1.key }.map { path, file in
            let entry = garbage[path]
            if let file { return FileRemoval(file, in: entry, by: new.timestamp) }
            return FileRemoval(
                path: path, id: FileID(path: path),
                deletionTimestamp: entry?.removedAtTimestamp ?? new.timestamp, dataChange: true,
                sizeBytes: entry?.sizeBytes, job: entry?.job)
        }
    }
}
