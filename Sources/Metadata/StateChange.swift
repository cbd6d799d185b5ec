import Bytes
import Synchronization

/// One transaction on its way into a state: its actions in order, then what must hold at its end.
struct StateChange {
    let transaction: CommittedTransaction
    var facts: TableState.Facts
    var holders: LayeredMap<ReferenceKey, JobID>
    /// Added and not yet in the set: they become one segment.
    var pending: [FileEntry] = []
    var pendingIDs: [FileID: Int] = [:]
    /// References that went, explicit and implicit: no job may hold one at the end.
    var released: [ReferenceKey] = []
    /// Files that this transaction adds with references of their own.
    var referenced: Set<FileID> = []
    /// Files that lost a reference.
    var bereft: Set<FileID> = []
    /// Nodes that were put or removed, or are the neighbours of such.
    var nodes: Set<PartitionID> = []
    /// Partitions whose runs are to be made anew; nil where all are.
    var affected: Set<PartitionID>? = []
    private let runs: LayeredMap<PartitionID, PartitionRuns>

    init(_ state: TableState, _ transaction: CommittedTransaction) {
        self.transaction = transaction
        facts = state.facts
        facts.takenRows = state.takenCache.withLock { $0 }
        runs = state.runCache.withLock { $0 }
        holders = state.holders
        // What was never asked for need not be kept apart.
        if runs.isEmpty { affected = nil }
        if transaction.version != facts.version { facts.addedInVersion = 0 }
        facts.version = transaction.version
        facts.timestamp = transaction.timestamp
        facts.ordinal = transaction.ordinal
    }

    var version: Version { transaction.version }

    /// Other engines' logs repeat removals and replace files in place; ours never do.
    var isOwn: Bool { facts.definition.provider == "firn" }

    func error(_ message: String) -> StateError { StateError(message, at: version) }

    mutating func applyAll() throws(StateError) {
        for action in transaction.actions { try apply(action) }
        facts.files.add(takePending())
        try checkReleased()
        try checkReferences()
        try checkTree()
        let window = facts.properties.ingestDedupeDays * 86_400_000
        facts.receipts.drop(before: transaction.timestamp - window)
    }

    func finish() -> TableState {
        var facts = facts
        facts.references.seal()
        var kept = LayeredMap<PartitionID, PartitionRuns>()
        if var affected {
            for key in released { affected.insert(key.partition) }
            kept = runs
            kept.merge(Dictionary(uniqueKeysWithValues: affected.map { ($0, nil) }))
        }
        return TableState(facts, holders: holders, runs: kept)
    }

    private mutating func apply(_ action: Action) throws(StateError) {
        switch action {
        case .tableProtocol(let tableProtocol): facts.tableProtocol = tableProtocol
        case .definition(let definition): try define(definition)
        case .add(let entry): try add(entry)
        case .remove(let removal): try remove(removal)
        case .mergeSkip: break
        case .operation(let operation): try apply(operation)
        }
    }

    private mutating func define(_ definition: TableDefinition) throws(StateError) {
        guard !isOwn || definition.id == facts.definition.id else {
            throw error("metaData is of another table, \(definition.id.display)")
        }
        let columns = definition.partitionColumns
        if columns != facts.files.partitionColumns {
            guard facts.files.isEmpty, pending.isEmpty, facts.partitions.isEmpty else {
                throw error("the partition columns change while the table has files")
            }
            facts.files = FileSet(partitionColumns: columns)
            facts.partitions = PartitionSet(partitionColumns: columns)
        }
        facts.register(definition)
        affected = nil
    }

    // MARK: Files

    private mutating func add(_ entry: FileEntry) throws(StateError) {
        guard entry.id == FileID(path: entry.path) else {
            throw error("file \(entry.path.display) does not have the id \(entry.id)")
        }
        if let known = liveFile(entry.id) {
            guard !isOwn, known.path == entry.path else {
                throw error("file \(entry.path.display) is live already")
            }
            _ = takeAway(entry.id)
        }
        if let garbage = facts.garbage[entry.id] {
            guard garbage.path == entry.path else {
                throw error("file \(entry.path.display) has the id of garbage \(garbage.path.display)")
            }
            guard garbage.condemnedAtVersion == nil else {
                throw error("file \(entry.path.display) is taken back after it was condemned")
            }
        }
        if isOwn, entry.partitionValues.values.count != facts.files.partitionColumns.count {
            throw error("file \(entry.path.display) has the wrong number of partition values")
        }
        var entry = entry
        entry.addedAtVersion = version
        entry.addedAtTimestamp = transaction.timestamp
        entry.ordinal = Int32(facts.addedInVersion)
        facts.addedInVersion += 1
        guard facts.addedInVersion < 1 << 20 else { throw error("more than 1,048,575 files are added") }
        if affected != nil { affect(implicitPartition(of: LiveFile(entry))) }
        pendingIDs[entry.id] = pending.count
        pending.append(entry)
    }

    private mutating func remove(_ removal: FileRemoval) throws(StateError) {
        guard let file = takeAway(removal.id), file.path == removal.path else {
            if !isOwn { return }
            throw error("file \(removal.path.display) is removed and is not live")
        }
        let explicit = facts.references.references(of: file.id)
        for reference in explicit {
            _ = facts.references.remove(file.id, in: reference.partition, at: version)
            released.append(ReferenceKey(file: file.id, partition: reference.partition))
        }
        if explicit.isEmpty {
            released.append(ReferenceKey(file: file.id, partition: implicitPartition(of: file)))
        } else {
            facts.takenRows? -= (file.rowCount ?? 0) - explicit.reduce(0) { $0 + $1.rowCount }
        }
        referenced.remove(file.id)
        bereft.remove(file.id)
        guard isOwn else { return }
        let garbage = GarbageEntry(
            file: file.id, path: file.path, sizeBytes: file.sizeBytes,
            addedAtVersion: file.addedAtVersion, removedAtVersion: version,
            removedAtTimestamp: transaction.timestamp, job: removal.job)
        facts.garbage.add(garbage, at: version)
    }

    /// The live file, also one that this transaction adds.
    func liveFile(_ id: FileID) -> LiveFile? {
        if let index = pendingIDs[id] { return LiveFile(pending[index]) }
        return facts.files.view(id).map { LiveFile($0) }
    }

    func isLive(_ id: FileID) -> Bool { pendingIDs[id] != nil || facts.files.contains(id) }

    mutating func affect(_ partition: PartitionID) { affected?.insert(partition) }

    func implicitPartition(of file: LiveFile) -> PartitionID {
        file.partition
            ?? PartitionID(
                RootPath.path(columns: facts.files.partitionColumns, tuple: file.partitionValues))
    }

    private mutating func takeAway(_ id: FileID) -> LiveFile? {
        if pendingIDs[id] != nil { facts.files.add(takePending()) }
        return facts.files.remove(id).map { LiveFile($0) }
    }

    private mutating func takePending() -> [FileEntry] {
        defer {
            pending = []
            pendingIDs = [:]
        }
        return pending
    }

    // MARK: At the end

    private func checkReleased() throws(StateError) {
        for key in released {
            guard let holder = holders[key] else { continue }
            throw error(
                "file \(key.file) leaves partition \"\(key.partition)\" while job \(holder) holds it")
        }
    }
}
