import Bytes

/// The references as manifests and tombstones see them: what ``ManifestSet`` is to other entries, in columns.
package struct ReferenceEntries: ManifestListing {
    package typealias Entry = ManifestSet<ReferenceKey, FileReference>.Entry
    package typealias Tombstone = ManifestSet<ReferenceKey, FileReference>.Tombstone

    package private(set) var manifests: [any ManifestIdentity] = []
    package private(set) var unwrittenCount = 0
    private(set) var layers = ReferenceLayers()
    private var graves = ManifestGraves<ReferenceKey>()

    package init() {}

    init(
        _ columns: ReferenceColumns?, graves: ManifestGraves<ReferenceKey>, manifests: [any ManifestIdentity]
    ) {
        self.manifests = manifests
        self.graves = graves
        layers = ReferenceLayers(columns)
        unwrittenCount = columns?.unwrittenCount ?? 0
    }

    /// What manifests and the tombstones of a state say. Of the entries of one key the newest counts.
    ///
    /// `manifests` are all of them, also one whose entries are all dead.
    package init(
        entries: [Entry], tombstones: [Tombstone] = [], manifests: [any ManifestIdentity] = []
    ) {
        var numbers = ManifestNumbers()
        for manifest in manifests { _ = numbers.number(of: manifest) }
        var gathering = ReferenceGathering()
        gathering.reserve(entries.count)
        for entry in entries {
            entry.key.partition.name.withUnsafeBytes { name in
                gathering.append(
                    file: entry.key.file.rawValue, partition: name,
                    flags: ReferenceRows.flags(.insert, isEstimated: entry.value.isEstimated),
                    rowCount: entry.value.rowCount, version: entry.version.rawValue,
                    manifest: numbers.number(of: entry.manifest))
            }
        }
        let (columns, graves) = gathering.finish(tombstones: tombstones, manifests: numbers.all)
        self.init(columns, graves: graves, manifests: manifests)
    }

    package var count: Int { layers.count }
    package var isEmpty: Bool { count == 0 }

    package subscript(key: ReferenceKey) -> FileReference? { layers.row(key)?.reference(key) }

    /// Puts an entry in place of the one that the key has.
    package mutating func put(_ key: ReferenceKey, _ value: FileReference, at version: Version) {
        let known = layers.row(key)
        if let known { bury(known, key, before: version) }
        unwrittenCount += 1
        layers.put(value, at: version, isThere: known != nil)
    }

    /// Returns false where there is no such key.
    @discardableResult
    package mutating func remove(_ key: ReferenceKey, at version: Version) -> Bool {
        guard let known = layers.row(key) else { return false }
        bury(known, key, before: version)
        layers.remove(key, at: version)
        return true
    }

    private mutating func bury(_ row: ReferenceRow, _ key: ReferenceKey, before version: Version) {
        if let manifest = row.manifest {
            graves.bury(key, before: version, in: manifest)
        } else {
            unwrittenCount -= 1
        }
    }

    /// To be done at the end of each transaction: makes one layer of what it changed.
    package mutating func seal() { layers.seal() }

    // MARK: All

    /// Calls `body` with every live entry, by key.
    package func forEach(_ body: (ReferenceKey, FileReference) throws -> Void) rethrows {
        try layers.flattened()?.forEach { key, row in try body(key, row.reference(key)) }
    }

    /// All live entries, by key.
    package var live: [Entry] {
        var entries: [Entry] = []
        entries.reserveCapacity(count)
        layers.flattened()?.forEach { key, row in
            entries.append(
                Entry(key: key, value: row.reference(key), version: row.version, manifest: row.manifest))
        }
        return entries
    }

    package var values: [FileReference] {
        var values: [FileReference] = []
        values.reserveCapacity(count)
        forEach { values.append($1) }
        return values
    }

    // MARK: The manifest writer

    package var tombstoneCount: Int { graves.count }

    package var tombstones: [Tombstone] {
        var result: [Tombstone] = []
        graves.forEach { result.append(Tombstone(key: $0, version: $1)) }
        return result
    }

    package func deadCounts() -> [Int] { manifests.map { graves.count(in: $0) } }

    /// The live entries that are to be written, by key: those that no manifest lists and those of `manifests` by
    /// index.
    package func entriesToWrite(rewriting indices: [Int]) -> ReferenceBatch {
        if indices.count == manifests.count { return ReferenceBatch(layers.flattened(), isAll: true) }
        if indices.isEmpty, unwrittenCount == 0 { return ReferenceBatch(nil, isAll: false) }
        return ReferenceBatch(layers.listed(byNoneOr: identifiers(indices)), isAll: false)
    }

    /// The same entries once the manifests of `indices` have made way and those of the batch are written.
    ///
    /// A tombstone stays as long as a manifest that stays lists an entry that it kills.
    ///
    /// - Precondition: `batch` is what ``entriesToWrite(rewriting:)`` gave for `indices`, and `written` has each of its
    ///   entries once.
    package func rewritten(
        without indices: [Int], adding batch: ReferenceBatch,
        in written: [(range: Range<Int>, manifest: any ManifestIdentity)]
    ) -> ReferenceEntries {
        let writtenCount = written.reduce(0) { $0 + $1.range.count }
        precondition(
            writtenCount == batch.count && (!batch.isAll || batch.count == count),
            "rewritten manifests hold \(writtenCount) of \(batch.count) entries, of \(count) in all")
        var result = self
        if batch.isAll {
            result.layers = ReferenceLayers(batch.columns?.listed(in: written))
        } else if let columns = batch.columns {
            result.layers.replace(columns.listed(in: written))
        }
        result.unwrittenCount = 0
        let gone = identifiers(indices)
        result.manifests = manifests.filter { !gone.contains(ObjectIdentifier($0)) } + written.map(\.manifest)
        result.graves.forget(gone)
        return result
    }

    private func identifiers(_ indices: [Int]) -> Set<ObjectIdentifier> {
        Set(indices.map { ObjectIdentifier(manifests[$0]) })
    }
}

/// References that are to be written, in the order of manifests.
package struct ReferenceBatch: Sendable {
    let columns: ReferenceColumns?
    /// Whether these are all that there are.
    let isAll: Bool

    init(_ columns: ReferenceColumns?, isAll: Bool) {
        self.columns = columns
        self.isAll = isAll
    }

    package var count: Int { columns?.count ?? 0 }

    /// Calls `body` with each of some; the name is valid during the call.
    package func forEach(in range: Range<Int>, _ body: (Row) -> Void) {
        guard let columns else { return }
        for row in range {
            let file = columns.file(row)
            columns.names.withName(Int(columns.partitions[row])) { name in
                body(
                    Row(
                        file: file, partition: name, rowCount: columns.rowCounts[row],
                        isEstimated: columns.isEstimated(row), version: Version(columns.versions[row])))
            }
        }
    }

    package struct Row {
        package let file: FileID
        package let partition: UnsafeRawBufferPointer
        package let rowCount: Int64
        package let isEstimated: Bool
        package let version: Version
    }
}
