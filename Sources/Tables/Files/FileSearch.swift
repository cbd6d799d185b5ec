package import Bytes
package import Metadata
import Planning
import Platform
import Records
package import Storage
import TransactionLog

/// The live files of a table that may hold rows of a filter, found without opening the whole table.
///
/// No session, no service and no state in memory: the state's record, the manifests that the filter cannot rule
/// out, and the versions after the state. Tables of other programs are searched as our own.
package struct FileSearch: Sendable {
    /// What became of one manifest of files.
    package struct Manifest: Sendable {
        /// Relative to the log's directory.
        package var path: ByteString
        package var entryCount: Int64
        /// How many of its entries were decoded: of a manifest in the order of partitions not all.
        package var readCount: Int
        /// Why it was not read; nil where it was.
        package var skipped: String?
    }

    /// What became of the files that were looked at.
    package struct Counts: Hashable, Sendable {
        package var listed = 0
        package var skippedByPartitionValues = 0
        package var skippedByStatistics = 0
    }

    package let table: ByteString
    package let definition: TableDefinition
    /// The version whose files these are.
    package let version: Version
    /// The state that was read; nil where there is none.
    package let stateVersion: Version?
    package let manifests: [Manifest]
    /// The versions after the state, and the files that they add and remove.
    package let tail: (versions: Int, added: Int, removed: Int)
    private let pruning: Pruning?
    private let files: FileSet

    /// - Parameters:
    ///   - text: a filter (see `Filter`); without one, all files.
    ///   - version: of the table, where that is not the newest one.
    /// - Throws: `FilterError`, or ``StoreError``.
    package init(
        _ storage: any ObjectStorage, table: ByteString, where text: ByteString? = nil,
        at version: Version? = nil, warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        var options = LogOptions()
        options.warn = warn
        do {
            let outline = try TransactionLog.outline(
                storage: storage, table: table, at: version, options: options)
            let pruning = try text.map { try Self.pruning($0, outline) }
            let selection = pruning.flatMap { pruning -> PartitionSelection.Match? in
                guard pruning.usesPartitions else { return nil }
                return { bounds in pruning.match(bounds) }
            }
            let part = try outline.files(
                where: { Self.reason($0, pruning, isForeign: outline.isForeign) == nil },
                selecting: selection)
            self.init(table, part, pruning)
        } catch let error as LogError {
            throw StoreError(error)
        }
    }

    /// The same in the store at a path.
    package init(
        store root: ByteString, table: ByteString, where text: ByteString? = nil, at version: Version? = nil,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws {
        try self.init(
            Store.directory(root, entropy: SystemEntropy()), table: table, where: text, at: version,
            warn: warn)
    }

    private init(_ table: ByteString, _ part: PartialFiles, _ pruning: Pruning?) {
        let outline = part.outline
        self.table = table
        self.pruning = pruning
        files = part.files
        definition = outline.definition
        version = outline.version
        stateVersion = outline.base?.version
        var manifests = outline.manifests.map { info in
            Manifest(
                path: info.path, entryCount: info.entryCount, readCount: 0,
                skipped: Self.reason(info, pruning, isForeign: outline.isForeign))
        }
        for (index, count) in zip(part.readManifests, part.readCounts) { manifests[index].readCount = count }
        self.manifests = manifests
        var tail = (versions: Set(outline.tail.map(\.version)).count, added: 0, removed: 0)
        for action in outline.tail.lazy.flatMap(\.actions) {
            switch action {
            case .add: tail.added += 1
            case .remove: tail.removed += 1
            default: break
            }
        }
        self.tail = tail
    }

    private static func pruning(_ text: ByteString, _ outline: StateOutline) throws(FilterError) -> Pruning {
        let definition = outline.definition
        // Without a schema the partition columns are known by name; their values are texts.
        let schema =
            definition.schema
            ?? TableSchema(
                columns: definition.partitionColumns.enumerated().map {
                    TableSchema.Column(id: $0.offset + 1, name: $0.element, type: .undecided)
                }, partitionColumns: definition.partitionColumns)
        return Pruning(
            try Filter(text, schema: schema), definition: definition, schemaRegistry: outline.schemaRegistry,
            isOfNewestRows: true)
    }

    /// Why a manifest need not be read.
    private static func reason(_ info: ManifestInfo, _ pruning: Pruning?, isForeign: Bool) -> String? {
        // Other programs' counts are not kept true.
        if !isForeign, info.liveEntryCount == 0, info.entryCount > 0 { return "all of its files are removed" }
        return pruning?.reason(info.partitionBounds)
    }

    /// Calls `body` with every file that may have rows of the filter, manifest by manifest.
    ///
    /// - Returns: What became of the files of the manifests that were read and of the versions after them.
    @discardableResult
    package func forEach(_ body: (FileView) throws -> Void) rethrows -> Counts {
        var counts = Counts()
        guard let pruning else {
            try files.forEach { file in
                counts.listed += 1
                try body(file)
            }
            return counts
        }
        // What was left out in its manifest was so by partition values.
        counts.skippedByPartitionValues = manifests.reduce(0) {
            $0 + ($1.skipped == nil ? Int($1.entryCount) - $1.readCount : 0)
        }
        var pass = PruningPass(pruning)
        try files.forEach { file in
            switch pass.match(file) {
            case (.never, .partitionValues): counts.skippedByPartitionValues += 1
            case (.never, .statistics): counts.skippedByStatistics += 1
            default:
                counts.listed += 1
                try body(file)
            }
        }
        return counts
    }
}
