import Bytes
import JSON
package import Metadata
import Storage
import Synchronization

/// The state in storage that the current one stands on, in numbers.
package struct StoredState: Hashable, Sendable {
    package var format: CheckpointOutcome.Format
    package var version: Version?
    /// When it was written, epoch milliseconds; nil where nothing tells.
    package var createdAt: Int64?
    /// Manifests of files, and files that they list and that are gone.
    package var manifestCount = 0
    package var tombstoneCount = 0
    /// The same of references, garbage, partitions and jobs together.
    package var setManifestCount = 0
    package var setTombstoneCount = 0
    package var liveFileCount: Int64 = 0

    /// Tombstones of files over live files.
    package var tombstoneRatio: Double { Double(tombstoneCount) / Double(max(1, liveFileCount)) }

    init(_ manifest: StateManifest) {
        format = .avroState
        version = manifest.version
        createdAt = manifest.createdAt
        manifestCount = manifest.files.manifests.count
        tombstoneCount = manifest.files.tombstones.count
        let sets = [manifest.references, manifest.garbage, manifest.partitions, manifest.listedJobs]
        setManifestCount = sets.reduce(0) { $0 + $1.manifests.count }
        setTombstoneCount = sets.reduce(0) { $0 + $1.tombstones.count }
        liveFileCount = manifest.fileCount
    }

    init(_ format: CheckpointOutcome.Format, version: Version? = nil, createdAt: Int64? = nil) {
        self.format = format
        self.version = version
        self.createdAt = createdAt
    }
}

extension TransactionLog {
    /// The state or JSON checkpoint that the current state was read from, or that was written since. What a
    /// checkpoint is, is looked at in storage once.
    package var storedState: StoredState {
        let (base, checkpoint) = shared.withLock { ($0.base, $0.checkpoint) }
        if let base, checkpoint.map({ $0 <= base.version }) ?? true { return StoredState(base) }
        guard let checkpoint else { return StoredState(.none) }
        return knownCheckpoint.withLock { known in
            if let known, known.version == checkpoint { return known }
            let found = store.checkpoint(of: checkpoint)
            known = found
            return found
        }
    }
}

extension LogStorage {
    fileprivate func checkpoint(of version: Version) -> StoredState {
        let format = (try? checkpointFormat(of: version)) ?? .json
        return StoredState(format, version: version, createdAt: createdTime(of: version))
    }

    /// What the hint says of its version, or else when the checkpoint's file was written.
    private func createdTime(of version: Version) -> Int64? {
        if let bytes = try? storage.get(path.hint), let hint = try? JSONValue.parse(bytes),
            hint["version"]?.int64Value == version.rawValue, let time = hint["createdTime"]?.int64Value
        {
            return time
        }
        let file = try? storage.metadata(of: path.directory + LogPath.checkpointName(version))
        return file?.modificationMilliseconds
    }
}
