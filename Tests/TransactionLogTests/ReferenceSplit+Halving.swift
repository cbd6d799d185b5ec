import Metadata

extension ReferenceSplit {
    /// A file's one reference, as its entry has it, halved.
    init(halving entry: FileEntry, in partition: PartitionID, into children: [PartitionID]) {
        self.init(
            halving: FileReference(file: entry.id, partition: partition, rowCount: entry.rowCount ?? 0),
            into: children)
    }

    init(halving file: FileView, in partition: PartitionID, into children: [PartitionID]) {
        self.init(halving: file.entry, in: partition, into: children)
    }
}
