package import Bytes
package import Metadata

/// What is in storage of one version.
package struct VersionInfo: Hashable, Sendable {
    package var version: Version
    /// Its transactions can be read.
    package var hasFile: Bool
    /// A state of it was written; whether it can be read whole is not looked at.
    package var hasState: Bool
    /// The time of its commit, epoch milliseconds; nil where that was not asked for or is no longer known.
    package var timestamp: Int64?
    /// Of its transactions, in order; empty where they were not asked for or have expired.
    package var operations: [ByteString]

    package init(
        version: Version, hasFile: Bool, hasState: Bool, timestamp: Int64? = nil,
        operations: [ByteString] = []
    ) {
        self.version = version
        self.hasFile = hasFile
        self.hasState = hasState
        self.timestamp = timestamp
        self.operations = operations
    }
}

/// The objects that a log's past consists of.
package struct StoredHistory: Hashable, Sendable {
    package struct Item: Hashable, Sendable {
        package var version: Version
        /// By the storage's clock, epoch milliseconds; nil where it does not say. Not the age: a copy is younger, and
        /// some storages say 1970.
        package var writtenAt: Int64?
        package var sizeBytes: Int64?
        /// When a state was written, or a version committed, by the object's own word. Of a version file that was not
        /// read, the time of the next newer one that was: it is as old as that at least. nil where it is not known.
        package var datedAt: Int64?
    }

    /// Ascending; only those with a `_manifest.avro`.
    package var states: [Item] = []
    /// Ascending.
    package var versionFiles: [Item] = []
    /// The files of JSON checkpoints by name, complete or not: each checkpoint's own file and the parts that
    /// were written for one.
    package var checkpointFiles: [CheckpointFile] = []

    /// What a version can be read from without those before it: states, and JSON checkpoints where there is no
    /// state. Ascending.
    package var bases: [Item] {
        let stated = Set(states.map(\.version))
        let checkpoints = checkpointFiles.filter { $0.part == nil && !stated.contains($0.version) }
        let items = checkpoints.map {
            Item(version: $0.version, writtenAt: $0.writtenAt, sizeBytes: $0.sizeBytes, datedAt: $0.datedAt)
        }
        return (states + items).sorted { $0.version < $1.version }
    }
}
