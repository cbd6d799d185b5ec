package import Bytes
import Synchronization

/// Everything true of a table at one version. Immutable; a commit makes a new one that shares what it does
/// not change.
package final class TableState: Sendable {
    package let facts: Facts
    /// The runs that were asked for, also by the states before where they are still so.
    let runCache: Mutex<[PartitionID: PartitionRuns]>

    /// The fields of a state, for whoever reads one from disk or makes the next.
    package struct Facts: Sendable {
        package var version: Version
        /// Of the last transaction, epoch milliseconds; ascends with the versions.
        package var timestamp: Int64
        /// Place of the last applied transaction in its version.
        package var ordinal: Int
        /// Files added by this version so far: the next one's ordinal.
        package var addedInVersion: Int
        package var tableProtocol: TableProtocol
        package var definition: TableDefinition
        /// nil until there is a schema.
        package var schemaID: ByteString?
        /// JSON texts of all schemas that the table had, by id.
        package var schemaRegistry: [ByteString: ByteString]
        package var properties: TableProperties
        package var tags: [ByteString: Version]
        package var jobs: [JobID: Job]
        package var receipts: ReceiptWindow
        package var deadSessions: Set<SessionID>
        package var files: FileSet
        package var references: ReferenceSet
        package var garbage: GarbageSet
        package var partitions: PartitionSet

        /// A table with nothing in it.
        package init(
            version: Version, timestamp: Int64, tableProtocol: TableProtocol, definition: TableDefinition
        ) {
            self.version = version
            self.timestamp = timestamp
            ordinal = 0
            addedInVersion = 0
            self.tableProtocol = tableProtocol
            self.definition = definition
            schemaRegistry = [:]
            properties = TableProperties()
            tags = [:]
            jobs = [:]
            receipts = ReceiptWindow()
            deadSessions = []
            files = FileSet(partitionColumns: definition.partitionColumns)
            references = ReferenceSet()
            garbage = GarbageSet()
            partitions = PartitionSet(partitionColumns: definition.partitionColumns)
            register(definition)
        }

        /// Takes the definition's schema into the registry and as the table's own.
        mutating func register(_ definition: TableDefinition) {
            self.definition = definition
            schemaID = definition.schema.map { SchemaRegistry.id(of: $0) }
            if let schema = definition.schema, let schemaID {
                schemaRegistry[schemaID] = SchemaRegistry.text(of: schema)
            }
            schemaRegistry.merge(definition.carriedSchemas) { _, new in new }
        }
    }

    /// Which job holds a reference.
    let holders: [ReferenceKey: JobID]

    package convenience init(_ facts: Facts) {
        self.init(facts, holders: Self.holders(of: facts.jobs))
    }

    init(_ facts: Facts, holders: [ReferenceKey: JobID], runs: [PartitionID: PartitionRuns] = [:]) {
        self.facts = facts
        self.holders = holders
        runCache = Mutex(runs)
    }

    static func holders(of jobs: [JobID: Job]) -> [ReferenceKey: JobID] {
        var holders: [ReferenceKey: JobID] = [:]
        for job in jobs.values {
            for file in job.inputs {
                holders[ReferenceKey(file: file, partition: job.partition)] = job.id
            }
        }
        return holders
    }
}

extension TableState {
    package var version: Version { facts.version }
    package var timestamp: Int64 { facts.timestamp }
    package var tableProtocol: TableProtocol { facts.tableProtocol }
    package var definition: TableDefinition { facts.definition }
    package var schemaID: ByteString? { facts.schemaID }
    package var schemaRegistry: [ByteString: ByteString] { facts.schemaRegistry }
    package var properties: TableProperties { facts.properties }
    package var tags: [ByteString: Version] { facts.tags }
    package var jobs: [JobID: Job] { facts.jobs }
    package var receipts: ReceiptWindow { facts.receipts }
    package var deadSessions: Set<SessionID> { facts.deadSessions }
    package var files: FileSet { facts.files }
    package var references: ReferenceSet { facts.references }
    package var garbage: GarbageSet { facts.garbage }
    package var partitions: PartitionSet { facts.partitions }

    package var fileCount: Int { facts.files.count }
    package var totalBytes: Int64 { facts.files.totalBytes }
    package var totalRows: Int64 { facts.files.totalRows }

    /// The partitions in which the file is live: its explicit references', or the one of its entry.
    package func partitions(of file: FileView) -> [PartitionID] {
        let explicit = facts.references.partitions(of: file.id)
        return explicit.isEmpty ? [file.partition] : explicit
    }

    /// All references of the file, the implicit one too.
    package func references(of file: FileView) -> [FileReference] {
        let explicit = facts.references.references(of: file.id)
        guard explicit.isEmpty else { return explicit }
        return [FileReference(file: file.id, partition: file.partition, rowCount: file.rowCount ?? 0)]
    }

    /// The job that holds the file's reference in the partition.
    package func job(holding file: FileID, in partition: PartitionID) -> Job? {
        holders[ReferenceKey(file: file, partition: partition)].flatMap { facts.jobs[$0] }
    }

    /// The same state after the manifest writer put the sets on disk: only the bookkeeping of what is in
    /// which manifest differs. Newer transactions are applied to it again.
    package func replacingSets(
        files: FileSet? = nil, references: ReferenceSet? = nil, garbage: GarbageSet? = nil,
        partitions: PartitionSet? = nil
    ) -> TableState {
        var facts = facts
        if let files { facts.files = files }
        if let references { facts.references = references }
        if let garbage { facts.garbage = garbage }
        if let partitions { facts.partitions = partitions }
        return TableState(facts, holders: holders)
    }
}
