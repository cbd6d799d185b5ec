/// What the manifest writer asks of a set, and the set after its work.
extension ManifestSet {
    /// How many live entries no manifest lists.
    package var unwrittenCount: Int { recent.count }

    /// The live entries that no manifest lists, in no order.
    package var unwritten: [Entry] { recent.values }

    /// Keys of which a manifest lists a dead entry.
    package var tombstoneCount: Int { graves.count }

    package var tombstones: [Tombstone] {
        var result: [Tombstone] = []
        graves.forEach { result.append(Tombstone(key: $0, version: $1)) }
        return result
    }

    /// The number of dead entries in each of ``manifests``.
    package func deadCounts() -> [Int] { manifests.map { graves.count(in: $0) } }

    /// The live entries that are to be written: those that no manifest lists and those of `manifests` by
    /// index, in no order.
    package func entriesToWrite(rewriting indices: [Int]) -> [Entry] {
        guard !indices.isEmpty else { return recent.values }
        let gone = identifiers(indices)
        var entries = recent.values
        written.forEach { _, entry in
            if entry.manifest.map({ gone.contains(ObjectIdentifier($0)) }) ?? true { entries.append(entry) }
        }
        return entries
    }

    /// The same entries once the manifests of `indices` have made way and `batches` are written.
    ///
    /// A tombstone stays as long as a manifest that stays lists an entry that it kills.
    ///
    /// - Parameter left: entries that no manifest lists from now on.
    /// - Precondition: `batches` and `left` hold what ``entriesToWrite(rewriting:)`` gave for `indices`, each
    ///   once.
    package func rewritten(
        without indices: [Int],
        adding batches: [(entries: ArraySlice<Entry>, manifest: any ManifestIdentity)],
        leaving left: [Entry] = []
    ) -> ManifestSet {
        var placed: [Key: Entry?] = [:]
        for entry in left { placed[entry.key] = .some(nil) }
        for batch in batches {
            for var entry in batch.entries {
                entry.manifest = batch.manifest
                placed[entry.key] = .some(entry)
            }
        }
        var result = self
        result.recent = LayeredMap(
            left.lazy.map { ($0.key, Entry(key: $0.key, value: $0.value, version: $0.version)) })
        result.written.merge(placed)
        precondition(result.count == count, "rewritten manifests hold \(result.count) of \(count) entries")
        let gone = identifiers(indices)
        result.manifests =
            manifests.filter { !gone.contains(ObjectIdentifier($0)) } + batches.map(\.manifest)
        result.graves.forget(gone)
        return result
    }

    private func identifiers(_ indices: [Int]) -> Set<ObjectIdentifier> {
        Set(indices.map { ObjectIdentifier(manifests[$0]) })
    }
}
