/// The files that nothing references any more and whose bytes are still there.
///
/// A file that is taken back (its path is added again) keeps its entry, so that the versions in which it
/// lived before still hold it; removed again, its interval spans both lives.
package struct GarbageSet: Sendable {
    package typealias Entries = ManifestSet<FileID, GarbageEntry>

    package private(set) var entries: Entries
    /// The sum of the files' sizes.
    package private(set) var totalBytes: Int64

    package init() { self.init(Entries()) }

    package init(_ entries: Entries) {
        self.entries = entries
        var total: Int64 = 0
        entries.forEach { total += $1.sizeBytes }
        totalBytes = total
    }

    /// The same garbage as the manifest writer left its entries.
    package func rewritten(_ entries: Entries) -> GarbageSet {
        precondition(entries.count == count, "\(count) files of garbage are rewritten as \(entries.count)")
        var result = self
        result.entries = entries
        return result
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }
    package subscript(id: FileID) -> GarbageEntry? { entries[id] }

    /// All entries by id.
    package func sorted() -> [GarbageEntry] { entries.values.sorted { $0.file < $1.file } }

    package func forEach(_ body: (GarbageEntry) throws -> Void) rethrows {
        try entries.forEach { try body($1) }
    }

    mutating func add(_ entry: GarbageEntry, at version: Version) {
        var entry = entry
        if let earlier = entries[entry.file] {
            entry.addedAtVersion = min(entry.addedAtVersion, earlier.addedAtVersion)
            totalBytes -= earlier.sizeBytes
        }
        totalBytes += entry.sizeBytes
        entries.put(entry.file, entry, at: version)
    }

    mutating func condemn(_ id: FileID, at version: Version) {
        guard var entry = entries[id], entry.condemnedAtVersion == nil else { return }
        entry.condemnedAtVersion = version
        entries.put(id, entry, at: version)
    }

    mutating func forget(_ id: FileID, at version: Version) {
        totalBytes -= entries[id]?.sizeBytes ?? 0
        entries.remove(id, at: version)
    }
}
