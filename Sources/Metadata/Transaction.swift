package import Bytes

/// A change that is committed whole or not at all, with what it read.
package struct Transaction: Sendable {
    package var id: CommitID
    /// `INGEST`, `COMPACT`, `ASSIGN`, `SET PROPERTY`, ….
    package var operation: ByteString
    package var session: SessionID?
    package var preconditions: [Precondition]
    package var actions: [Action]
    /// Free facts for `commitInfo` (user, source), shown in events and history.
    package var notes: [(name: ByteString, value: ByteString)]
    /// Where an earlier attempt was never answered (its process died, its outcome was unknown): a version that
    /// was there before it began. The versions after it are searched for the id before anything is written.
    package var attemptedAfter: Version?

    package init(
        id: CommitID, operation: ByteString, session: SessionID?, preconditions: [Precondition] = [],
        actions: [Action], notes: [(name: ByteString, value: ByteString)] = [],
        attemptedAfter: Version? = nil
    ) {
        self.attemptedAfter = attemptedAfter
        self.id = id
        self.operation = operation
        self.session = session
        self.preconditions = preconditions
        self.actions = actions
        self.notes = notes
    }
}

/// Something a transaction read and that must still be so when it commits.
package enum Precondition: Hashable, Sendable {
    /// The table has exactly this schema id (nil: none yet).
    case schema(id: ByteString?)
    /// The file is live and referenced in the partition, and no job holds that reference.
    case unassigned(file: FileID, partition: PartitionID)
    /// The job is running as this attempt, held by this session, which was not declared dead.
    case holdsJob(JobID, attempt: Int, session: SessionID)
    /// The job exists and is waiting as this attempt.
    case jobIsWaiting(JobID, attempt: Int)
    case jobExists(JobID)
    /// No file of this id is or was known.
    case unknownFile(FileID)
    case isLive(FileID)
    case partitionIsLeaf(PartitionID)
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
    package var precondition: Precondition
    package var message: String
    /// The version at which the check failed.
    package var version: Version

    package init(_ precondition: Precondition, message: String, version: Version) {
        self.precondition = precondition
        self.message = message
        self.version = version
    }

    package var description: String { message }
}

/// A transaction as it stands in the log.
package struct CommittedTransaction: Sendable {
    package var id: CommitID
    package var version: Version
    package var ordinal: Int
    package var timestamp: Int64
    package var operation: ByteString
    package var session: SessionID?
    package var notes: [(name: ByteString, value: ByteString)]
    package var actions: [Action]

    package init(
        id: CommitID, version: Version, ordinal: Int, timestamp: Int64, operation: ByteString,
        session: SessionID?, notes: [(name: ByteString, value: ByteString)], actions: [Action]
    ) {
        self.id = id
        self.version = version
        self.ordinal = ordinal
        self.timestamp = timestamp
        self.operation = operation
        self.session = session
        self.notes = notes
        self.actions = actions
    }
}
