package import Bytes
import Synchronization

/// Everything true of a table at one version. Immutable; a commit makes a new one that shares what it does
/// not change.
package final class TableState: Sendable {
    package let facts: Facts
    /// The runs that were asked for, also by the states before where they are still so.
    let runCache: Mutex<LayeredMap<PartitionID, PartitionRuns>>
    let occupiedCache = Mutex<[PartitionID]?>(nil)
    let takenCache: Mutex<Int64?>

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
        package var jobs: JobSet
        package var receipts: ReceiptWindow
        package var deadSessions: Set<SessionID>
        package var files: FileSet
        package var references: ReferenceSet
        package var garbage: GarbageSet
        package var partitions: PartitionSet
        /// Rows that compactions took out of files which are live elsewhere; nil where they were not counted.
        var takenRows: Int64?

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
            jobs = JobSet()
            receipts = ReceiptWindow()
            deadSessions = []
            files = FileSet(partitionColumns: definition.partitionColumns)
            references = ReferenceSet()
            garbage = GarbageSet()
            partitions = PartitionSet(partitionColumns: definition.partitionColumns)
            takenRows = nil
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
    let holders: LayeredMap<ReferenceKey, JobID>

    package convenience init(_ facts: Facts) {
        self.init(facts, holders: Self.holders(of: facts.jobs))
    }

    init(
        _ facts: Facts, holders: LayeredMap<ReferenceKey, JobID>,
        runs: LayeredMap<PartitionID, PartitionRuns> = LayeredMap()
    ) {
        self.facts = facts
        self.holders = holders
        runCache = Mutex(runs)
        takenCache = Mutex(facts.references.isEmpty ? 0 : facts.takenRows)
    }

    private static func holders(of jobs: JobSet) -> LayeredMap<ReferenceKey, JobID> {
        var holders: [(ReferenceKey, JobID)] = []
        jobs.forEach { id, job in
            for reference in job.references { holders.append((reference, id)) }
        }
        return LayeredMap(holders)
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
    package var jobs: JobSet { facts.jobs }
    package var receipts: ReceiptWindow { facts.receipts }
    package var deadSessions: Set<SessionID> { facts.deadSessions }
    package var files: FileSet { facts.files }
    package var references: ReferenceSet { facts.references }
    package var garbage: GarbageSet { facts.garbage }
    package var partitions: PartitionSet { facts.partitions }

    package var fileCount: Int { facts.files.count }
    package var totalBytes: Int64 { facts.files.totalBytes }
    /// Rows of the live files that some reference still holds.
    package var totalRows: Int64 { facts.files.totalRows - takenRows }

    /// Rows that compactions took out of files which are live elsewhere: above 0 only while a table that keeps
    /// partial references has files that are live by halves.
    package var takenRows: Int64 {
        takenCache.withLock { known in
            if let known { return known }
            var taken: Int64 = 0
            references.forEachRowCount { id, rows in taken += (files.view(id)?.rowCount ?? 0) - rows }
            known = taken
            return taken
        }
    }

    /// Whether every row of the file is live.
    package func isWhole(_ file: FileView) -> Bool {
        guard takenRows > 0, references.count(of: file.id) > 0 else { return true }
        return references.references(of: file.id).reduce(0) { $0 + $1.rowCount } == file.rowCount ?? 0
    }

    /// The partitions in which the file is live: its explicit references', or the one of its entry.
    package func partitions(of file: FileView) -> [PartitionID] {
        let explicit = facts.references.partitions(of: file.id)
        return explicit.isEmpty ? [file.partition] : explicit
    }

    /// How many partitions the file is live in.
    package func referenceCount(of file: FileID) -> Int { max(1, facts.references.count(of: file)) }

    /// Whether the file is live in the partition.
    package func isReferenced(_ file: FileView, in partition: PartitionID) -> Bool {
        facts.references.count(of: file.id) == 0
            ? file.partition == partition : facts.references.contains(file.id, in: partition)
    }

    /// The file's reference in the partition, explicit or implicit.
    package func reference(_ file: FileView, in partition: PartitionID) -> FileReference? {
        if facts.references.count(of: file.id) > 0 {
            return facts.references.reference(file.id, in: partition)
        }
        guard file.partition == partition else { return nil }
        return FileReference(file: file.id, partition: partition, rowCount: file.rowCount ?? 0)
    }

    /// The share of the file's bytes that its rows in the partition take; 0 where none are there.
    package func bytes(of id: FileID, in partition: PartitionID) -> Int64 {
        guard let file = facts.files.view(id), let reference = reference(file, in: partition) else {
            return 0
        }
        guard let rows = file.rowCount, rows > 0, reference.rowCount < rows else { return file.sizeBytes }
        return Int64(Int128(file.sizeBytes) * Int128(max(0, reference.rowCount)) / Int128(rows))
    }

    /// Whether a job has written the file and not committed yet.
    package func isFinished(_ id: FileID) -> Bool {
        var isFound = false
        facts.jobs.forEach { _, job in
            if job.parts.contains(where: { $0.outputs.contains { $0.id == id } }) { isFound = true }
        }
        return isFound
    }

    /// The job that stands in the way of another which would take the file's rows of the partition: where the
    /// table keeps no partial references, a job on any of its references.
    package func holder(of id: FileID, in partition: PartitionID) -> Job? {
        if let job = job(holding: id, in: partition) { return job }
        if properties.compactionPartialReferences || facts.references.count(of: id) < 2 { return nil }
        for other in facts.references.partitions(of: id) {
            if let job = job(holding: id, in: other) { return job }
        }
        return nil
    }

    /// The other references that a job on the file's rows of the partition holds as well: all, unless the table
    /// keeps partial references.
    package func finishes(of id: FileID, in partition: PartitionID) -> [ReferenceKey] {
        if properties.compactionPartialReferences { return [] }
        return facts.references.partitions(of: id).filter { $0 != partition }.map {
            ReferenceKey(file: id, partition: $0)
        }
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
        partitions: PartitionSet? = nil, jobs: JobSet? = nil, receipts: ReceiptWindow? = nil
    ) -> TableState {
        var facts = facts
        if let files { facts.files = files }
        if let references { facts.references = references }
        if let garbage { facts.garbage = garbage }
        if let partitions { facts.partitions = partitions }
        if let jobs { facts.jobs = jobs }
        if let receipts { facts.receipts = receipts }
        return TableState(facts, holders: holders)
    }
}
