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
