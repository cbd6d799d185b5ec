package import Bytes

/// One line of a version file: a change of the table.
package enum Action: Hashable, Sendable {
    case tableProtocol(TableProtocol)
    case definition(TableDefinition)
    case add(FileEntry)
    /// The file's last reference goes: it leaves the live set and becomes garbage.
    case remove(FileRemoval)
    /// IndexTables' record of a file that a merge could not read; changes nothing.
    case mergeSkip(path: ByteString, reason: ByteString)
    case operation(Operation)

    /// The changes that only Firn's tables have (the key `firn` of a version file, with its `op`).
    package enum Operation: Hashable, Sendable {
        /// Of a file that the same transaction adds: all its references come with it.
        case putReference(FileReference)
        case splitReference(ReferenceSplit)
        /// A compaction took the partition's rows, so many, out of a file that stays live elsewhere.
        case removeReference(file: FileID, partition: PartitionID, rowCount: Int64)
        case putPartition(Partition)
        /// A tree is made anew: nothing may be referenced in the node.
        case removePartition(PartitionID)
        /// Also takes the job's references: a reference has one job.
        case putJob(Job)
        /// Done or cancelled; its references are free.
        case removeJob(JobID, outcome: JobOutcome)
        /// nil takes the property back to its default.
        case setProperty(name: ByteString, value: ByteString?)
        case putTag(name: ByteString, version: Version)
        case removeTag(name: ByteString)
        /// Garbage that will be deleted; from here on no reader may start on it.
        case condemn([FileID])
        /// Garbage whose bytes are gone.
        case forget([FileID])
        /// The session's jobs are released.
        case declareDead(SessionID)
        /// Sessions that are dead for so long that nothing of theirs can turn up.
        case forgetSessions([SessionID])
        /// An ingested file: dedupe key and what became of it.
        case receipt(IngestReceipt)
    }
}

/// How a job ended.
package enum JobOutcome: String, Hashable, Sendable {
    case committed, cancelled, failed
}

/// A file that leaves the live set.
package struct FileRemoval: Hashable, Sendable {
    package var path: ByteString
    package var id: FileID
    package var deletionTimestamp: Int64
    package var dataChange: Bool
    package var sizeBytes: Int64?
    package var job: JobID?

    package init(
        path: ByteString, id: FileID, deletionTimestamp: Int64, dataChange: Bool, sizeBytes: Int64?,
        job: JobID? = nil
    ) {
        self.path = path
        self.id = id
        self.deletionTimestamp = deletionTimestamp
        self.dataChange = dataChange
        self.sizeBytes = sizeBytes
        self.job = job
    }
}

/// What an ingested file became: by this a repeated copy is recognised.
package struct IngestReceipt: Hashable, Sendable {
    /// Relative path below `ingest/`, percent-encoded.
    package var name: ByteString
    /// SHA-256 of the content, 64 hex digits.
    package var contentHash: ByteString
    package var rowCount: Int64
    package var fileCount: Int64
    /// Set when committed.
    package var version: Version
    package var timestamp: Int64

    package init(name: ByteString, contentHash: ByteString, rowCount: Int64, fileCount: Int64) {
        self.name = name
        self.contentHash = contentHash
        self.rowCount = rowCount
        self.fileCount = fileCount
        version = Version(0)
        timestamp = 0
    }
}
