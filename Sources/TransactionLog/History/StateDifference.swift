import Bytes
import Metadata

/// The files in which two states differ.
struct StateDifference {
    let old: Version
    let new: Version
    let timestamp: Int64
    let added: [FileView]
    let removed: [FileRemoval]

    /// Calls `body` with the difference in pieces, at least one, what is gone first; false where it wants no more.
    func forEachPiece(of count: Int, _ body: (VersionChange) -> Bool) -> Bool {
        let total = removed.count + added.count
        var start = 0
        repeat {
            let end = min(total, start + count)
            var files: [FileChange] = []
            files.reserveCapacity(end - start)
            for index in start..<end {
                files.append(
                    index < removed.count
                        ? .removed(removed[index]) : .added(added[index - removed.count].entry))
            }
            guard body(VersionChange(from: old, to: new, timestamp: timestamp, files)) else { return false }
            start = end
        } while start < total
        return true
    }
}

extension ChangeReader {
    /// What the state at `new` has and the one at `old` has not, and the other way round.
    ///
    /// Of two states of Firn's that are both stored, only the manifests that may matter are read. Else `known` may
    /// be the older state, and is the newer one afterwards.
    func difference(
        from old: Version, to new: Version, _ known: inout TableState?
    ) throws(LogError) -> StateDifference {
        let reader = StateReader(store, options)
        if let manifests = try ownManifests(old, new, reader) {
            known = nil
            do throws(LogError) {
                return try manifests.difference()
            } catch {
                guard error.isDamage else { throw error }
                options.warn("what changed from version \(old) to \(new) is found the long way: \(error)")
            }
        }
        var base = known
        if old >= Version(0), base?.version != old {
            base = try Replay.state(at: old, store, options: options).state
        }
        let state = try Replay.state(at: new, store, options: options).state
        known = state
        return StateDifference(from: old < Version(0) ? nil : base, old, to: state)
    }

    /// The manifests of the two versions' states, where Firn wrote both; none before the first version.
    private func ownManifests(
        _ old: Version, _ new: Version, _ reader: StateReader
    ) throws(LogError) -> ManifestDifference? {
        do throws(LogError) {
            guard try store.exists(store.path.stateManifest(new)) else { return nil }
            let record = try reader.manifest(new)
            if record.metadata == nil { return nil }
            let head = try record.head { () throws(LogError) in throw .expired(new) }
            guard head.definition.provider == "firn" else { return nil }
            var base = StateManifest.beforeTheFirst
            if old > Self.beginning {
                guard try store.exists(store.path.stateManifest(old)) else { return nil }
                base = try reader.manifest(old)
            }
            return ManifestDifference(reader, base, record, head.definition.partitionColumns)
        } catch {
            guard error.isDamage else { throw error }
            return nil
        }
    }
}

extension StateDifference {
    /// By comparing all files of two states; nil is a table without files.
    init(from base: TableState?, _ old: Version, to state: TableState) {
        var added: [(path: ByteString, file: FileView)] = []
        var removed: [FileRemoval] = []
        state.files.forEach { file in
            let path = file.path
            if let before = base?.files.view(path: path) {
                if before.isSameFile(as: file) { return }
                // Other programs may write a file in place: one is gone, another came.
                removed.append(FileRemoval(before, in: nil, by: state.timestamp))
            }
            added.append((path, file))
        }
        base?.files.forEach { file in
            if state.files.view(path: file.path) != nil { return }
            removed.append(FileRemoval(file, in: state.garbage[file.id], by: state.timestamp))
        }
        self.init(
            old: old, new: state.version, timestamp: state.timestamp,
            added: added.sorted { $0.path < $1.path }.map(\.file),
            removed: removed.sorted { $0.path < $1.path })
    }
}

extension FileView {
    /// Whether an entry of the same path stands for the same bytes.
    fileprivate func isSameFile(as other: FileView) -> Bool {
        sizeBytes == other.sizeBytes && modificationTime == other.modificationTime
    }
}

extension FileRemoval {
    /// The removal of a file that was live; its garbage entry knows when and by whom.
    init(_ file: FileView, in garbage: GarbageEntry?, by timestamp: Int64) {
        self.init(
            path: file.path, id: file.id, deletionTimestamp: garbage?.removedAtTimestamp ?? timestamp,
            dataChange: true, sizeBytes: file.sizeBytes, job: garbage?.job)
    }
}

extension StateManifest {
    /// A table before its version 0: nothing is in it.
    static var beforeTheFirst: StateManifest {
        StateManifest(
            version: ChangePlan.beginning, createdAt: 0, timestamp: 0, fileCount: 0, totalBytes: 0,
            files: StoredSet(), references: StoredSet(), garbage: StoredSet(), partitions: StoredSet(),
            schemaRegistry: [], protocolVersion: 0, properties: [], tags: [], jobs: [],
            listedJobs: StoredSet(), receipts: [], receiptManifests: [], deadSessions: [])
    }
}
