package import Bytes
package import Metadata

/// What one `_manifest.avro` says: everything true of a table at one version, what can be large by its manifests.
package struct StateManifest: Sendable {
    package static let formatVersion: Int32 = 1

    package var version: Version
    /// When the state was written, epoch milliseconds.
    package var createdAt: Int64
    /// The time of the commit that made the version; commits after it are later.
    package var timestamp: Int64
    package var fileCount: Int64
    package var totalBytes: Int64
    package var files: StoredSet<ByteString>
    package var references: StoredSet<KeyTombstone>
    package var garbage: StoredSet<KeyTombstone>
    package var partitions: StoredSet<KeyTombstone>
    /// Schema id → the schema's JSON text.
    package var schemaRegistry: [(id: ByteString, text: ByteString)]
    /// `{"metaData":{…},"protocol":{…}}`.
    package var metadata: ByteString?
    package var protocolVersion: Int32
    package var properties: [(name: ByteString, value: ByteString)]
    package var tags: [(name: ByteString, version: Version)]
    /// Those that no manifest lists, each as JSON, as in version files but with its version and time.
    package var jobs: [ByteString]
    package var listedJobs: StoredSet<KeyTombstone>
    /// As `jobs`; they follow those that manifests list.
    package var receipts: [ByteString]
    /// In the order of their receipts. Of the first, as many as it has tombstones have left.
    package var receiptManifests: [ManifestInfo]
    package var deadSessions: [SessionID]
}

/// Immutable manifests and what is gone of them: the mechanism of all large sets.
package struct StoredSet<Tombstone: Hashable & Sendable>: Sendable {
    package var manifests: [ManifestInfo]
    package var tombstones: [Tombstone]

    package init(manifests: [ManifestInfo] = [], tombstones: [Tombstone] = []) {
        self.manifests = manifests
        self.tombstones = tombstones
    }

    package var entryCount: Int { manifests.reduce(0) { $0 + Int($1.entryCount) } }
}

/// A key that is gone, or written anew: it kills the entries that were written before its version.
package struct KeyTombstone: Hashable, Sendable {
    package var key: ByteString
    package var version: Version
    package init(key: ByteString, version: Version) {
        self.key = key
        self.version = version
    }
}

/// Which set a manifest belongs to.
package enum ManifestKind: String, Hashable, Sendable {
    case files, references, garbage, partitions, jobs, receipts
}

/// One manifest as a state names it.
package struct ManifestInfo: Hashable, Sendable {
    /// Relative to the log's directory: `manifests/manifest-<16 hex>.avro`.
    package var path: ByteString
    package var kind: ManifestKind
    package var entryCount: Int64
    package var minAddedAtVersion: Version
    package var maxAddedAtVersion: Version
    /// By partition column; nil where nothing is known.
    package var partitionBounds: [PartitionBounds]?
    /// How many of its entries are gone; the rest is live.
    package var tombstoneCount: Int64
    package var liveEntryCount: Int64
    /// nil in states of other programs.
    package var lengthBytes: Int64?
    package var checksum: UInt32?

    package typealias PartitionBounds = Metadata.PartitionBounds

    package init(
        path: ByteString, kind: ManifestKind, entryCount: Int64, minAddedAtVersion: Version,
        maxAddedAtVersion: Version
    ) {
        self.path = path
        self.kind = kind
        self.entryCount = entryCount
        self.minAddedAtVersion = minAddedAtVersion
        self.maxAddedAtVersion = maxAddedAtVersion
        tombstoneCount = 0
        liveEntryCount = entryCount
    }
}
