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
    package typealias Entries = ReferenceEntries

    /// The entries as manifests and tombstones see them.
    package private(set) var entries: Entries

    package init(_ entries: Entries = Entries()) { self.entries = entries }

    /// The same references as the manifest writer left their entries.
    package func rewritten(_ entries: Entries) -> ReferenceSet {
        precondition(entries.count == count, "\(count) references are rewritten as \(entries.count)")
        return ReferenceSet(entries)
    }

    package var count: Int { entries.count }
    package var isEmpty: Bool { entries.isEmpty }

    package func reference(_ file: FileID, in partition: PartitionID) -> FileReference? {
        entries[ReferenceKey(file: file, partition: partition)]
    }

    /// How many partitions reference the file explicitly; 0 where its reference is implicit.
    package func count(of file: FileID) -> Int { entries.layers.count(of: file) }

    package func contains(_ file: FileID, in partition: PartitionID) -> Bool {
        entries.layers.contains(ReferenceKey(file: file, partition: partition))
    }

    /// The partitions that reference the file explicitly, by name; empty where its reference is implicit.
    package func partitions(of file: FileID) -> [PartitionID] { references(of: file).map(\.partition) }

    /// The explicit references of the file, by the name of the partition.
    package func references(of file: FileID) -> [FileReference] { entries.layers.references(of: file) }

    /// The files that the partition references explicitly, by id.
    package func files(in partition: PartitionID) -> [FileID] { entries.layers.files(in: partition) }

    /// The files with explicit references, by id.
    package func forEachFile(_ body: (FileID) throws -> Void) rethrows {
        try entries.layers.forEachFile(body)
    }

    /// The files with explicit references, by id, each with the rows of all its references.
    func forEachRowCount(_ body: (FileID, Int64) throws -> Void) rethrows {
        guard let columns = entries.layers.flattened() else { return }
        for (index, file) in columns.files.enumerated() {
            try body(FileID(file), columns.rows(ofFile: index).reduce(0) { $0 + columns.rowCounts[$1] })
        }
    }

    /// The partitions that reference some file explicitly, by name.
    func forEachPartition(_ body: (PartitionID) throws -> Void) rethrows {
        try entries.layers.forEachPartition(body)
    }

    mutating func put(_ reference: FileReference, at version: Version) {
        entries.put(
            ReferenceKey(file: reference.file, partition: reference.partition), reference, at: version)
    }

    mutating func remove(_ file: FileID, in partition: PartitionID, at version: Version) -> Bool {
        entries.remove(ReferenceKey(file: file, partition: partition), at: version)
    }

    /// To be done at the end of each transaction, so that the states after it share what it changed.
    mutating func seal() { entries.seal() }
}
