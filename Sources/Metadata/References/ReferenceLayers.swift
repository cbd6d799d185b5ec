/// A persistent set of references: immutable columns under what changed since, each layer several times as large as
/// the next.
///
/// Copies share all layers. A change of n references costs about n log(size) amortised; a lookup is a binary search in
/// each of the few layers.
struct ReferenceLayers: Sendable {
    /// Oldest and largest first.
    private(set) var layers: [ReferenceColumns] = []
    private var pending = PendingReferences()
    private(set) var count = 0

    /// Changes of which a layer is made though their transaction goes on.
    private static let pendingLimit = 4_096
    /// A layer that is at most so many times as large as the one above it is merged with it.
    private static let ratio = 2

    init() {}

    init(_ columns: ReferenceColumns?) {
        layers = columns.map { [$0] } ?? []
        count = columns?.gain ?? 0
    }

    // MARK: Changing

    /// Makes a layer of what was changed: to be done at the end of each transaction, so that copies share it.
    mutating func seal() {
        guard let columns = pending.columns() else { return }
        pending = PendingReferences()
        push(columns)
    }

    /// The same with nothing pending.
    func sealed() -> ReferenceLayers {
        var result = self
        result.seal()
        return result
    }

    /// Puts a layer on top.
    ///
    /// - Precondition: nothing is pending.
    private mutating func push(_ columns: ReferenceColumns) {
        var top = columns
        while let last = layers.last, last.count <= top.count * Self.ratio {
            layers.removeLast()
            guard let merged = last.merged(with: top) else { return }
            top = merged
        }
        layers.append(top)
    }

    /// Puts a reference, in place of one that is there.
    mutating func put(_ reference: FileReference, at version: Version, isThere: Bool) {
        let row = ReferenceRow(
            effect: isThere ? .replace : .insert, rowCount: reference.rowCount,
            isEstimated: reference.isEstimated, version: version)
        append(row, ReferenceKey(file: reference.file, partition: reference.partition))
    }

    /// - Precondition: the reference is there.
    mutating func remove(_ key: ReferenceKey, at version: Version) {
        append(ReferenceRow(effect: .remove, version: version), key)
    }

    private mutating func append(_ row: ReferenceRow, _ key: ReferenceKey) {
        pending.append(row, key)
        count += row.effect.gain
        if pending.count >= Self.pendingLimit { seal() }
    }

    /// Puts the same references again, as other manifests list them.
    mutating func replace(_ columns: ReferenceColumns) {
        seal()
        push(columns)
    }

    // MARK: Looking up

    /// The reference, where it is there.
    func row(_ key: ReferenceKey) -> ReferenceRow? {
        if let row = pending[key] { return row.isLive ? row : nil }
        for layer in layers.reversed() {
            guard let row = layer.find(key.file, key.partition) else { continue }
            return layer.effect(row) == .remove ? nil : layer.row(row)
        }
        return nil
    }

    func contains(_ key: ReferenceKey) -> Bool {
        if let row = pending[key] { return row.isLive }
        for layer in layers.reversed() {
            if let row = layer.find(key.file, key.partition) { return layer.effect(row) != .remove }
        }
        return false
    }

    func count(of file: FileID) -> Int {
        var count = 0
        for layer in layers {
            if let index = layer.fileIndex(file) { count += layer.gain(ofFile: index) }
        }
        for row in pending.rows[file]?.values ?? [:].values { count += row.effect.gain }
        return count
    }

    /// The references of the file by partition.
    func references(of file: FileID) -> [FileReference] {
        collect(
            layers.compactMap { layer in layer.fileIndex(file).map { (layer, layer.rows(ofFile: $0)) } },
            key: { $0.partition($1) }, pending.rows[file] ?? [:]
        ).map { $1.reference(ReferenceKey(file: file, partition: $0)) }
    }

    /// The files of the partition by id.
    func files(in partition: PartitionID) -> [FileID] {
        var changes: [FileID: ReferenceRow] = [:]
        for file in pending.files[partition] ?? [] { changes[file] = pending.rows[file]?[partition] }
        return collect(
            layers.compactMap { layer in
                layer.names.find(partition.name).map { (layer, layer.rows(ofPartition: $0).map(Int.init)) }
            },
            key: { $0.file($1) }, changes
        ).map(\.0)
    }

    /// What is live of rows of layers, oldest first, and of what is pending, by key.
    private func collect<Key: Hashable & Comparable, Rows: Collection<Int>>(
        _ rows: [(ReferenceColumns, Rows)], key: (ReferenceColumns, Int) -> Key,
        _ pending: [Key: ReferenceRow]
    ) -> [(Key, ReferenceRow)] {
        if rows.count == 1, pending.isEmpty, let (layer, rows) = rows.first {
            return rows.lazy.filter { layer.effect($0) != .remove }.map { (key(layer, $0), layer.row($0)) }
        }
        var found: [Key: ReferenceRow] = [:]
        for (layer, rows) in rows {
            for row in rows { found[key(layer, row)] = layer.row(row) }
        }
        found.merge(pending) { $1 }
        return found.filter(\.value.isLive).map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
    }
}
