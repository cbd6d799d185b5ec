package import Bytes

/// The jobs of a table: mostly a few, tens of thousands where a person asks for everything at once.
package typealias JobSet = ManifestSet<JobID, Job>

/// A compaction: input references in one partition, an attempt, an outcome.
package struct Job: Hashable, Sendable {
    /// Where a job stands in the log. Progress inside `running` is the session's own knowledge.
    package enum Status: String, Hashable, Sendable {
        /// Durable and not taken by a session (asked for by a person, or released by a failure).
        case waiting
        /// A session works on it.
        case running
        /// Failed three times; its inputs do not count as work until someone retries it.
        case setAside
    }

    package var id: JobID
    package var partition: PartitionID
    /// Files referenced in the partition.
    package var inputs: [FileID]
    /// What the inputs hold for other partitions, where the job finishes its files: these references go with the
    /// job too, and their rows are written to files of their own. Ascending; empty where every input is
    /// referenced in the partition alone, or where the table keeps partial references.
    package var finishes: [ReferenceKey]
    /// Ranges of keys of the partition that are merged already: a later attempt goes on behind them.
    package var parts: [JobPart]
    /// Where delete markers were left out of the parts: the sequence that nothing else may hold rows as old as.
    package var proof: Int64?
    package var status: Status
    /// Counts from 1; the commit of an earlier attempt is refused.
    package var attempt: Int
    package var session: SessionID?
    /// Why it exists: `lazy-leveled`, `basic`, `requested`, ….
    package var strategy: ByteString
    package var reason: ByteString
    package var createdAtVersion: Version
    package var createdAtTimestamp: Int64
    package var failureCount: Int
    package var lastError: ByteString?

    package init(
        id: JobID, partition: PartitionID, inputs: [FileID], finishes: [ReferenceKey] = [], status: Status,
        attempt: Int = 1, session: SessionID?, strategy: ByteString, reason: ByteString
    ) {
        self.id = id
        self.partition = partition
        self.inputs = inputs
        self.finishes = finishes
        parts = []
        self.status = status
        self.attempt = attempt
        self.session = session
        self.strategy = strategy
        self.reason = reason
        createdAtVersion = Version(0)
        createdAtTimestamp = 0
        failureCount = 0
    }

    /// All references that the job holds.
    package var references: [ReferenceKey] {
        inputs.map { ReferenceKey(file: $0, partition: partition) } + finishes
    }
}
