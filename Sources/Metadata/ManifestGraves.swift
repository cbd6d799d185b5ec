/// The dead entries that manifests list, by key: what tombstones are written for.
struct ManifestGraves<Key: Hashable & Sendable>: Sendable {
    /// A key with dead entries: the version before which they are dead, and the manifests that list them.
    struct Death: Sendable {
        var version: Version
        var manifests: [any ManifestIdentity]
    }

    private var deaths = LayeredMap<Key, Death>()
    /// How many dead entries each manifest lists; nothing where it lists none.
    private var counts: [ObjectIdentifier: Int] = [:]

    init() {}

    /// How many keys have dead entries.
    var count: Int { deaths.count }

    func forEach(_ body: (Key, Version) throws -> Void) rethrows {
        try deaths.forEach { try body($0, $1.version) }
    }

    func count(in manifest: any ManifestIdentity) -> Int { counts[ObjectIdentifier(manifest)] ?? 0 }

    /// An entry of the manifest is dead, as all of the key are that are older than the version.
    mutating func bury(_ key: Key, before version: Version, in manifest: any ManifestIdentity) {
        let known = deaths[key]
        deaths.set(
            key,
            Death(
                version: max(version, known?.version ?? version),
                manifests: (known?.manifests ?? []) + [manifest]))
        counts[ObjectIdentifier(manifest), default: 0] += 1
    }

    /// Some manifests are gone, and what they list with them: a death is forgotten with the last of its manifests.
    mutating func forget(_ gone: Set<ObjectIdentifier>) {
        guard gone.contains(where: { counts[$0] != nil }) else { return }
        for identifier in gone { counts[identifier] = nil }
        var changed: [Key: Death?] = [:]
        deaths.forEach { key, death in
            guard death.manifests.contains(where: { gone.contains(ObjectIdentifier($0)) }) else { return }
            var death = death
            death.manifests.removeAll { gone.contains(ObjectIdentifier($0)) }
            changed[key] = .some(death.manifests.isEmpty ? nil : death)
        }
        deaths.merge(changed)
    }
}
