/// What a reference is known by.
package struct ReferenceKey: Hashable, Comparable, Sendable {
    package var file: FileID
    package var partition: PartitionID
    package init(file: FileID, partition: PartitionID) {
        self.file = file
        self.partition = partition
    }

    package static func < (left: ReferenceKey, right: ReferenceKey) -> Bool {
        (left.file, left.partition) < (right.file, right.partition)
    }
}

/// The explicit references. A file without any has one implicit reference, which its entry tells.
package struct ReferenceSet: Sendable {
    package typealias Entries = ManifestSet<ReferenceKey, FileReference>

    /// The entries as manifests and tombstones see them.
    package private(set) var entries: Entries
    private var partitionsOfFile = LayeredMap<FileID, LayeredSet<PartitionID>>()
    private var filesOfPartition = LayeredMap<PartitionID, LayeredSet<FileID>>()

    package init() { entries = Entries() }

    package init(_ entries: Entries) {
        self.entries = entries
        var byFile: [FileID: [PartitionID]] = [:]
        var byPartition: [PartitionID: [FileID]] = [:]
        entries.forEach { key, _ in
            byFile[key.file, default: []].append(key.partition)
            byPartition[key.partition, default: []].append(key.file)
        }
        partitionsOfFile = LayeredMap(byFile.lazy.map { ($0.key, LayeredSet($0.value)) })
        filesOfPartition = LayeredMap(byPartition.lazy.map { ($0.key, LayeredSet($0.value)) })
    }

    /// The same references as the manifest writer left their entries: which partition has which file does not
    /// depend on what manifest lists it.
    package func rewritten(_ entries: Entries) -> ReferenceSet {
        precondition(entries.count == count, "\(count) references are rewritten as \(entries.count)")
        var result = self
        result.entries = entries
        return result
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package func reference(_ file: FileID, in partition: PartitionID) -> FileReference? {
        entries[ReferenceKey(file: file, partition: partition)]
    }

    /// How many partitions reference the file explicitly; 0 where its reference is implicit.
    package func count(of file: FileID) -> Int { partitionsOfFile[file]?.count ?? 0 }

    package func contains(_ file: FileID, in partition: PartitionID) -> Bool {
        partitionsOfFile[file]?.contains(partition) ?? false
    }

    /// The partitions that reference the file explicitly, by name; empty where its reference is implicit.
    package func partitions(of file: FileID) -> [PartitionID] { partitionsOfFile[file]?.sorted() ?? [] }

    package func references(of file: FileID) -> [FileReference] {
        partitions(of: file).compactMap { reference(file, in: $0) }
    }

    /// The files that the partition references explicitly, by id.
    package func files(in partition: PartitionID) -> [FileID] { filesOfPartition[partition]?.sorted() ?? [] }

    /// The files with explicit references, in no order.
    package func forEachFile(_ body: (FileID) throws -> Void) rethrows {
        try partitionsOfFile.forEach { file, _ in try body(file) }
    }

    /// The partitions that reference some file explicitly, in no order.
    func forEachPartition(_ body: (PartitionID) throws -> Void) rethrows {
        try filesOfPartition.forEach { partition, _ in try body(partition) }
    }

    mutating func put(_ reference: FileReference, at version: Version) {
        let key = ReferenceKey(file: reference.file, partition: reference.partition)
        if entries[key] == nil {
            var partitions = partitionsOfFile[key.file] ?? LayeredSet()
            partitions.insert(key.partition)
            partitionsOfFile.set(key.file, partitions)
            var files = filesOfPartition[key.partition] ?? LayeredSet()
            files.insert(key.file)
            filesOfPartition.set(key.partition, files)
        }
        entries.put(key, reference, at: version)
    }

    mutating func remove(_ file: FileID, in partition: PartitionID, at version: Version) -> Bool {
        guard entries.remove(ReferenceKey(file: file, partition: partition), at: version) else {
            return false
        }
        var partitions = partitionsOfFile[file] ?? LayeredSet()
        partitions.remove(partition)
        partitionsOfFile.set(file, partitions.isEmpty ? nil : partitions)
        var files = filesOfPartition[partition] ?? LayeredSet()
        files.remove(file)
        filesOfPartition.set(partition, files.isEmpty ? nil : files)
        return true
    }
}
