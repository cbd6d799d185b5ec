/// A persistent set of keyed entries that is written as manifests and tombstones: references, garbage and
/// partitions.
///
/// Entries never change: putting a key again is a new entry of a later version. A tombstone is (key, version)
/// and kills the entries of the key that are older than it; it is made only where a manifest lists such one.
package struct ManifestSet<Key: Hashable & Sendable, Value: Hashable & Sendable>: Sendable {
    package struct Tombstone: Hashable, Sendable {
        package var key: Key
        package var version: Version
        package init(key: Key, version: Version) {
            self.key = key
            self.version = version
        }
    }

    /// An entry and the version that made it.
    package struct Entry: Sendable {
        package var key: Key
        package var value: Value
        package var version: Version
        package var manifest: (any ManifestIdentity)?
        package init(key: Key, value: Value, version: Version, manifest: (any ManifestIdentity)? = nil) {
            self.key = key
            self.value = value
            self.version = version
            self.manifest = manifest
        }
    }

    /// The live entries that manifests list.
    private var written = LayeredMap<Key, Entry>()
    /// The live entries that none lists.
    private var recent = LayeredMap<Key, Entry>()
    private var dead = LayeredMap<Key, Version>()

    package init() {}

    /// What manifests and the tombstones of a state say. Of the entries of one key the newest counts.
    package init(entries: [Entry], tombstones: [Tombstone]) {
        var killed: [Key: Version] = [:]
        for tombstone in tombstones {
            killed[tombstone.key] = max(tombstone.version, killed[tombstone.key] ?? tombstone.version)
        }
        var newest: [Key: Entry] = [:]
        for entry in entries {
            if let version = killed[entry.key], entry.version < version { continue }
            if let other = newest[entry.key], other.version >= entry.version { continue }
            newest[entry.key] = entry
        }
        written = LayeredMap(newest.lazy.filter { $0.value.manifest != nil }.map { ($0.key, $0.value) })
        recent = LayeredMap(newest.lazy.filter { $0.value.manifest == nil }.map { ($0.key, $0.value) })
        dead = LayeredMap(killed.lazy.map { ($0.key, $0.value) })
    }

    package var count: Int { written.count + recent.count }
    package var isEmpty: Bool { count == 0 }

    package subscript(key: Key) -> Value? { (recent[key] ?? written[key])?.value }

    /// Puts an entry in place of the one that the key has.
    package mutating func put(_ key: Key, _ value: Value, at version: Version) {
        kill(key, at: version)
        recent.set(key, Entry(key: key, value: value, version: version))
    }

    /// Returns false where there is no such key.
    @discardableResult
    package mutating func remove(_ key: Key, at version: Version) -> Bool {
        let wasKilled = kill(key, at: version)
        guard recent[key] != nil else { return wasKilled }
        recent.set(key, nil)
        return true
    }

    @discardableResult
    private mutating func kill(_ key: Key, at version: Version) -> Bool {
        guard written[key] != nil else { return false }
        written.set(key, nil)
        dead.set(key, version)
        return true
    }

    /// Calls `body` with every live entry, in no order.
    package func forEach(_ body: (Key, Value) throws -> Void) rethrows {
        try written.forEach { try body($0, $1.value) }
        try recent.forEach { try body($0, $1.value) }
    }

    package var values: [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        forEach { values.append($1) }
        return values
    }

    /// The live entries that no manifest lists, in no order.
    package var unwritten: [Entry] { recent.values }
    /// The live entries that manifests list, in no order.
    package var inManifests: [Entry] { written.values }
    package var tombstoneCount: Int { dead.count }

    package var tombstones: [Tombstone] {
        var result: [Tombstone] = []
        dead.forEach { result.append(Tombstone(key: $0, version: $1)) }
        return result
    }

    /// The same entries once `manifest` lists those that none did.
    package func written(as manifest: any ManifestIdentity) -> ManifestSet {
        var result = self
        var moved: [Key: Entry?] = [:]
        recent.forEach { key, entry in
            var entry = entry
            entry.manifest = manifest
            moved[key] = .some(entry)
        }
        result.written.merge(moved)
        result.recent = LayeredMap()
        return result
    }

    /// The same entries with the manifest that `manifest` names for each, and no tombstones: all were written
    /// anew.
    package func rewritten(_ manifest: (Entry) -> any ManifestIdentity) -> ManifestSet {
        var entries: [Entry] = []
        for var entry in inManifests + unwritten {
            entry.manifest = manifest(entry)
            entries.append(entry)
        }
        return ManifestSet(entries: entries, tombstones: [])
    }
}
