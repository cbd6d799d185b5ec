package import Bytes
package import Metadata
package import Storage

/// A state before any manifest of files is read: what its record says, and the versions after it.
///
/// Whoever needs some of the files only looks at ``manifests`` and asks for those that may hold them; the whole
/// state is never made. See ``PartialFiles`` for what is checked then.
package struct StateOutline: Sendable {
    package private(set) var version: Version
    /// Of the version's commit, epoch milliseconds.
    package private(set) var timestamp: Int64
    package private(set) var definition: TableDefinition
    /// JSON texts of the table's schemas, by id.
    package private(set) var schemaRegistry: [ByteString: ByteString]
    /// The state in storage that it begins with; nil where that is version 0.
    package let base: StateManifest?
    /// What was committed after ``base``, in order; all there is where there is none.
    package private(set) var tail: [CommittedTransaction]
    /// The files of the JSON checkpoint that it begins with, where it does: they are read with it.
    private let ground: FileSet?
    private let reader: StateReader

    /// The manifests of files of ``base``.
    package var manifests: [ManifestInfo] { base?.files.manifests ?? [] }

    /// True where another program wrote the table.
    package var isForeign: Bool { definition.provider != "firn" }
}

extension TransactionLog {
    /// The newest state of a table, or that at a version, in outline.
    package static func outline(
        storage: any ObjectStorage, table: ByteString, at version: Version? = nil,
        options: LogOptions = LogOptions()
    ) throws(LogError) -> StateOutline {
        let store = LogStorage(storage: storage, path: LogPath(table: table))
        guard let version else { return try Replay.open(store, options: options, as: StateOutline.self) }
        return try Replay.state(at: version, store, options: options, as: StateOutline.self)
    }
}

extension StateOutline: ReplayTarget {
    init(state version: Version, _ reader: StateReader) throws(LogError) {
        let manifest = try reader.manifest(version)
        let head = try manifest.head { () throws(LogError) in try ForeignDefinition.find(in: reader.store) }
        self.init(
            version: version, timestamp: head.timestamp, definition: head.definition,
            schemaRegistry: manifest.schemas(of: head.definition), base: manifest, tail: [], ground: nil,
            reader: reader)
    }

    init(checkpoint version: Version, _ reader: StateReader) throws(LogError) {
        let state = try CheckpointReader(store: reader.store).read(version)
        self.init(
            version: version, timestamp: state.timestamp, definition: state.definition,
            schemaRegistry: state.schemaRegistry, base: nil, tail: [], ground: state.files, reader: reader)
    }

    init(first transactions: [CommittedTransaction], _ reader: StateReader) throws(LogError) {
        let state = try Replay.initialState(transactions)
        self.init(
            version: state.version, timestamp: state.timestamp, definition: state.definition,
            schemaRegistry: state.schemaRegistry, base: nil, tail: transactions, ground: nil,
            reader: reader)
    }

    mutating func apply(_ transactions: [CommittedTransaction]) throws(LogError) {
        for transaction in transactions {
            version = transaction.version
            timestamp = transaction.timestamp
            for case .definition(let found) in transaction.actions {
                definition = found
                guard let schema = found.schema else { continue }
                schemaRegistry[SchemaRegistry.id(of: schema)] = SchemaRegistry.text(of: schema)
                schemaRegistry.merge(found.carriedSchemas) { _, new in new }
            }
        }
        tail += transactions
    }
}

extension StateOutline {
    /// The files of the manifests for which `isNeeded` answers true, and what the versions after them added.
    ///
    /// With `match` some of them may be left out that it does not need, by the bounds of their partition values.
    ///
    /// Where one of these manifests is damaged, the state before is taken, as it is when a whole state is read.
    package func files(
        where isNeeded: (ManifestInfo) -> Bool, selecting match: PartitionSelection.Match? = nil
    ) throws(LogError) -> PartialFiles {
        var outline = self
        var damage: [ReplayBase: LogError] = [:]
        while true {
            let needed = outline.manifests.indices.filter { isNeeded(outline.manifests[$0]) }
            do throws(LogError) {
                return try outline.part(needed, match)
            } catch {
                guard error.isDamage, let base = outline.base else { throw error }
                reader.options.warn("state \(base.version) is passed over: \(error)")
                damage[.state(base.version)] = error
                outline = try Replay.state(
                    at: version, reader.store, options: reader.options, damage: damage, as: StateOutline.self)
            }
        }
    }

    private func part(
        _ needed: [Int], _ match: PartitionSelection.Match?
    ) throws(LogError) -> PartialFiles {
        var columns = definition.partitionColumns
        var files = ground ?? FileSet(partitionColumns: columns)
        var readCounts: [Int] = []
        if let base {
            columns = try base.head { () throws(LogError) in definition }.definition.partitionColumns
            let selection = match.map { PartitionSelection(definition, $0) }
            files = try reader.files(
                base, partitionColumns: columns, ofManifests: needed, selection: selection)
            readCounts = files.slots.map(\.segment.count)
            if isForeign {
                // The entries of one path have one partition, so that bounds lead to both or to none.
                files.keepNewestOfEachPath()
            } else {
                try check(files, needed)
            }
            guard columns == definition.partitionColumns || base.fileCount == 0 else {
                throw .inconsistent(version, "the partition columns change while the table has files")
            }
            if base.fileCount == 0 { files = FileSet(partitionColumns: definition.partitionColumns) }
        }
        files.replay(tail)
        return PartialFiles(outline: self, readManifests: needed, readCounts: readCounts, files: files)
    }

    /// What a manifest has live is counted in its state.
    private func check(_ files: FileSet, _ needed: [Int]) throws(LogError) {
        for (slot, index) in zip(files.slots, needed) {
            let info = manifests[index]
            // Of a manifest that was read in part the sum is not known.
            guard slot.segment.count == Int(info.entryCount), info.liveEntryCount >= 0,
                info.liveEntryCount != Int64(slot.liveCount)
            else { continue }
            throw .damaged(
                file: info.path.display, line: nil,
                "\(info.liveEntryCount) live files are announced, \(slot.liveCount) are there")
        }
    }
}

/// Some of a state's files: those of the manifests that were asked for and those added since, without what was
/// removed.
///
/// Each manifest is checked by itself (length, checksum, count, live files). What only the whole state could
/// tell is not looked at: a removal of a file that is not here is one of a manifest that was not read.
package struct PartialFiles: Sendable {
    /// What they were read from: an older state and more versions where the newest was damaged.
    package let outline: StateOutline
    /// The manifests that were read, by place in the outline's.
    package let readManifests: [Int]
    /// How many entries of each were decoded.
    package let readCounts: [Int]
    package let files: FileSet
}

extension FileSet {
    /// Takes what the transactions add and remove, in order; of what is not here, removals change nothing.
    fileprivate mutating func replay(_ transactions: [CommittedTransaction]) {
        var pending: [FileEntry] = []
        var pendingIDs: Set<FileID> = []
        var version: Version?
        var addedInVersion = 0
        func flush(_ files: inout FileSet) {
            files.add(pending)
            pending = []
            pendingIDs = []
        }
        for transaction in transactions {
            if transaction.version != version { addedInVersion = 0 }
            version = transaction.version
            for action in transaction.actions {
                switch action {
                case .add(var entry):
                    // Another program adds a path again in place of what it was.
                    if pendingIDs.contains(entry.id) { flush(&self) }
                    if view(path: entry.path) != nil { _ = remove(entry.id) }
                    entry.addedAtVersion = transaction.version
                    entry.addedAtTimestamp = transaction.timestamp
                    entry.ordinal = Int32(addedInVersion)
                    addedInVersion += 1
                    pending.append(entry)
                    pendingIDs.insert(entry.id)
                case .remove(let removal):
                    if pendingIDs.contains(removal.id) { flush(&self) }
                    if view(path: removal.path) != nil { _ = remove(removal.id) }
                default: break
                }
            }
        }
        flush(&self)
    }
}
