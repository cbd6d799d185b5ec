/// A persistent set of keyed entries that is written as manifests and tombstones: references, garbage,
/// partitions and jobs.
///
/// Entries never change: putting a key again is a new entry of a later version. A tombstone is (key, version)
/// and kills the entries of the key that are older than it; it is made only where a manifest lists such one.
package struct ManifestSet<Key: Hashable & Sendable, Value: Hashable & Sendable>: ManifestListing {
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

    /// What entries, live or dead, stand in, in the order of the state.
    package internal(set) var manifests: [any ManifestIdentity] = []
    /// The live entries that manifests list.
    var written = LayeredMap<Key, Entry>()
    /// The live entries that none lists.
    var recent = LayeredMap<Key, Entry>()
    /// The dead entries that manifests list.
    var graves = ManifestGraves<Key>()

    package init() {}

    /// What manifests and the tombstones of a state say. Of the entries of one key the newest counts.
    ///
    /// `manifests` are all of them, also one whose entries are all dead.
    package init(
        entries: [Entry], tombstones: [Tombstone] = [], manifests: [any ManifestIdentity] = []
    ) {
        self.manifests = manifests
        var killed: [Key: Version] = [:]
        for tombstone in tombstones {
            killed[tombstone.key] = max(tombstone.version, killed[tombstone.key] ?? tombstone.version)
        }
        var newest: [Key: Entry?] = [:]
        newest.reserveCapacity(entries.count)
        var isWritten = true
        var graves = ManifestGraves<Key>()
        func bury(_ entry: Entry, before version: Version) {
            if let manifest = entry.manifest { graves.bury(entry.key, before: version, in: manifest) }
        }
        for entry in entries {
            if let version = killed.isEmpty ? nil : killed[entry.key], entry.version < version {
                bury(entry, before: version)
            } else if let other = newest[entry.key] ?? nil {
                let (older, newer) = other.version < entry.version ? (other, entry) : (entry, other)
                bury(older, before: newer.version)
                newest[entry.key] = newer
            } else {
                newest[entry.key] = entry
            }
            isWritten = isWritten && entry.manifest != nil
        }
        if isWritten {
            written = LayeredMap(adopting: newest)
        } else {
            written = LayeredMap(adopting: newest.filter { $0.value?.manifest != nil })
            recent = LayeredMap(adopting: newest.filter { $0.value?.manifest == nil })
        }
        self.graves = graves
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
        guard let entry = written[key] else { return false }
        written.set(key, nil)
        if let manifest = entry.manifest { graves.bury(key, before: version, in: manifest) }
        return true
    }

    /// Calls `body` with every live entry, in no order.
    package func forEach(_ body: (Key, Value) throws -> Void) rethrows {
        try written.forEach { try body($0, $1.value) }
        try recent.forEach { try body($0, $1.value) }
    }

    /// All live entries, in no order.
    package var live: [Entry] { written.values + recent.values }

    package var values: [Value] {
        var values: [Value] = []
        values.reserveCapacity(count)
        forEach { values.append($1) }
        return values
    }

    /// Of all live entries, in no order.
    package var keys: [Key] { written.keys + recent.keys }
}
