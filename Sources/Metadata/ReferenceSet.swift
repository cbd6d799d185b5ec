/// What a reference is known by.
package struct ReferenceKey: Hashable, Sendable {
    package var file: FileID
    package var partition: PartitionID
    package init(file: FileID, partition: PartitionID) {
        self.file = file
        self.partition = partition
    }
}

/// The explicit references. A file without any has one implicit reference, which its entry tells.
package struct ReferenceSet: Sendable {
    package typealias Entries = ManifestSet<ReferenceKey, FileReference>

    /// The entries as manifests and tombstones see them.
    package private(set) var entries: Entries
    private var partitionsOfFile = LayeredMap<FileID, [PartitionID]>()
    private var filesOfPartition = LayeredMap<PartitionID, LayeredMap<FileID, Bool>>()

    package init() { entries = Entries() }

    package init(_ entries: Entries) {
        self.entries = entries
        var byFile: [FileID: [PartitionID]] = [:]
        var byPartition: [PartitionID: [FileID]] = [:]
        entries.forEach { key, _ in
            byFile[key.file, default: []].append(key.partition)
            byPartition[key.partition, default: []].append(key.file)
        }
        partitionsOfFile = LayeredMap(byFile.lazy.map { ($0.key, $0.value.sorted()) })
        filesOfPartition = LayeredMap(
            byPartition.lazy.map { ($0.key, LayeredMap($0.value.lazy.map { ($0, true) })) })
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package func reference(_ file: FileID, in partition: PartitionID) -> FileReference? {
        entries[ReferenceKey(file: file, partition: partition)]
    }

    /// The partitions that reference the file explicitly, by name; empty where its reference is implicit.
    package func partitions(of file: FileID) -> [PartitionID] { partitionsOfFile[file] ?? [] }

    package func references(of file: FileID) -> [FileReference] {
        partitions(of: file).compactMap { reference(file, in: $0) }
    }

    /// The files that the partition references explicitly, by id.
    package func files(in partition: PartitionID) -> [FileID] {
        var files: [FileID] = []
        filesOfPartition[partition]?.forEach { file, _ in files.append(file) }
        return files.sorted()
    }

    mutating func put(_ reference: FileReference, at version: Version) {
        let key = ReferenceKey(file: reference.file, partition: reference.partition)
        if entries[key] == nil {
            partitionsOfFile.set(key.file, (partitions(of: key.file) + [key.partition]).sorted())
            var files = filesOfPartition[key.partition] ?? LayeredMap()
            files.set(key.file, true)
            filesOfPartition.set(key.partition, files)
        }
        entries.put(key, reference, at: version)
    }

    mutating func remove(_ file: FileID, in partition: PartitionID, at version: Version) -> Bool {
        guard entries.remove(ReferenceKey(file: file, partition: partition), at: version) else {
            return false
        }
        let rest = partitions(of: file).filter { $0 != partition }
        partitionsOfFile.set(file, rest.isEmpty ? nil : rest)
        var files = filesOfPartition[partition] ?? LayeredMap()
        files.set(file, nil)
        filesOfPartition.set(partition, files.isEmpty ? nil : files)
        return true
    }
}
