package import Bytes

/// Something a transaction read and that must still be so when it commits.
package enum Precondition: Hashable, Sendable {
    /// The table has exactly this schema id (nil: none yet).
    case schema(id: ByteString?)
    /// The file is live and referenced in the partition, and no job holds that reference.
    case unassigned(file: FileID, partition: PartitionID)
    /// The file is live and referenced in the partition, and this is its only reference, or is not.
    case reference(file: FileID, partition: PartitionID, isOnly: Bool)
    /// The job is running as this attempt, held by this session, which was not declared dead.
    case holdsJob(JobID, attempt: Int, session: SessionID)
    /// The job exists and is waiting as this attempt.
    case jobIsWaiting(JobID, attempt: Int)
    /// The job exists and was set aside at this attempt.
    case jobIsSetAside(JobID, attempt: Int)
    case jobExists(JobID)
    /// Fewer jobs than this are running in the partition, or in the table where it is nil, whoever runs them.
    case fewerRunning(than: Int, in: PartitionID?)
    /// No file of this id is or was known.
    case unknownFile(FileID)
    case isLive(FileID)
    /// The partition is a node of a tree, or a root's name.
    case partitionExists(PartitionID)
    case partitionIsLeaf(PartitionID)
    /// No reference in a partition that overlaps this one holds a row as old as the sequence, but those of the
    /// job's inputs: what its merge leaves out cannot come back.
    case nothingAsOld(partition: PartitionID, sequence: Int64, besides: JobID)
    /// No file of the root partition is live, or of the table where it is nil.
    case hasNoFiles(root: PartitionID?)
    /// The file is garbage (and, where asked, condemned already).
    case isGarbage(FileID, condemned: Bool)
    /// The property has this value (nil: default).
    case property(name: ByteString, value: ByteString?)
    /// No receipt of this name and content is younger than the table's dedupe window.
    case notReceived(name: ByteString, contentHash: ByteString)
    case sessionIsAlive(SessionID)
    /// Nothing at all was committed since this version.
    case isAt(Version)
    /// The session was declared dead, and that was not forgotten.
    case sessionIsDead(SessionID)
}

/// Why a transaction cannot be committed: the precondition that no longer holds, in words a person understands.
package struct TransactionConflict: Error, Hashable, Sendable, CustomStringConvertible {
    /// What kind of obstacle it is: for whoever decides by it.
    package enum Reason: String, Hashable, Sendable {
        case schemaChanged, propertyChanged, versionMoved
        case fileExists, fileUnknown, fileGone, fileReferenced, fileNotCondemned
        case notReferenced, otherReferences, assigned
        case jobUnknown, jobMoved, tooManyJobs
        case partitionUnknown, partitionSplit, hasFiles, heldAsOld
        case received, sessionDead, sessionUnknown
    }

    package var precondition: Precondition
    package var reason: Reason
    /// The path of the file that stands in the way, or its id where no path is known.
    package var file: ByteString?
    package var partition: PartitionID?
    package var job: JobID?
    package var message: String
    /// The version at which the check failed.
    package var version: Version

    package init(
        _ precondition: Precondition, _ reason: Reason, message: String, version: Version,
        file: ByteString? = nil, partition: PartitionID? = nil, job: JobID? = nil
    ) {
        self.precondition = precondition
        self.reason = reason
        self.file = file
        self.partition = partition
        self.job = job
        self.message = message
        self.version = version
    }

    package var description: String { message }
}
