/// Changes of references that are not in a layer yet: those of the transaction that is being applied.
struct PendingReferences: Sendable {
    private(set) var rows: [FileID: [PartitionID: ReferenceRow]] = [:]
    /// The files with a change in a partition.
    private(set) var files: [PartitionID: Set<FileID>] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    subscript(key: ReferenceKey) -> ReferenceRow? { rows[key.file]?[key.partition] }

    /// Puts what happens to the reference after what is known.
    mutating func append(_ row: ReferenceRow, _ key: ReferenceKey) {
        var row = row
        if let known = self[key] {
            guard let effect = known.effect.followed(by: row.effect) else { return forget(key) }
            row.effect = effect
        } else {
            count += 1
            files[key.partition, default: []].insert(key.file)
        }
        rows[key.file, default: [:]][key.partition] = row
    }

    private mutating func forget(_ key: ReferenceKey) {
        count -= 1
        rows[key.file]?[key.partition] = nil
        if rows[key.file]?.isEmpty ?? false { rows[key.file] = nil }
        files[key.partition]?.remove(key.file)
        if files[key.partition]?.isEmpty ?? false { files[key.partition] = nil }
    }

    /// All changes as a layer; nil where there are none.
    func columns() -> ReferenceColumns? {
        guard count > 0 else { return nil }
        let names = files.keys.sorted()
        let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, UInt32($0)) })
        var manifests = ManifestNumbers()
        var result = ReferenceRows()
        result.reserve(count)
        for (file, changes) in rows.sorted(by: { $0.key < $1.key }) {
            let numbered = changes.map { (number: numbers[$0] ?? 0, row: $1) }
            for (number, row) in numbered.sorted(by: { $0.number < $1.number }) {
                result.append(
                    file: file.rawValue, partition: number,
                    flags: ReferenceRows.flags(row.effect, isEstimated: row.isEstimated),
                    rowCount: row.rowCount, version: row.version.rawValue,
                    manifest: manifests.number(of: row.manifest))
            }
        }
        return result.finish(NameTable(names.map(\.name)), manifests: manifests.all)
    }
}
