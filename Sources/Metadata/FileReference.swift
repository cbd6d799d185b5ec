package import Bytes

/// "This file's rows inside this partition are live." Identity is (file, partition).
///
/// A file without explicit references has one implicit reference, to the partition named in its entry.
package struct FileReference: Hashable, Sendable {
    package var file: FileID
    package var partition: PartitionID
    package var rowCount: Int64
    /// True where the row count is an estimate.
    package var isEstimated: Bool

    package init(file: FileID, partition: PartitionID, rowCount: Int64, isEstimated: Bool = false) {
        self.file = file
        self.partition = partition
        self.rowCount = rowCount
        self.isEstimated = isEstimated
    }
}

/// One reference becomes one in a child of its partition, or one in each: a split that copies nothing.
package struct ReferenceSplit: Hashable, Sendable {
    package var file: FileID
    /// The node whose reference goes.
    package var partition: PartitionID
    /// References in its children, whose rows add up to those of the one that goes. One alone where the file
    /// has keys of that child only.
    package var parts: [FileReference]

    package init(file: FileID, partition: PartitionID, parts: [FileReference]) {
        self.file = file
        self.partition = partition
        self.parts = parts
    }

    /// Half of the rows to each child: an estimate, for where nothing tells how many keys are below the split.
    package init(halving reference: FileReference, into children: [PartitionID]) {
        let half = reference.rowCount / 2
        self.init(
            file: reference.file, partition: reference.partition,
            parts: zip(children, [half, reference.rowCount - half]).map { child, rows in
                FileReference(file: reference.file, partition: child, rowCount: rows, isEstimated: true)
            })
    }

    /// Counted: the left child has so many of the reference's rows. A child without any gets no reference where
    /// `keys`, the file's first and last, are beside its range.
    package init(
        _ reference: FileReference, leftRows: Int64, isEstimated: Bool, at key: ByteString,
        keys: (min: ByteString, max: ByteString)?, into children: [PartitionID]
    ) {
        let rows = [leftRows, reference.rowCount - leftRows]
        let lies = [keys.map { $0.min < key } ?? true, keys.map { key <= $0.max } ?? true]
        self.init(
            file: reference.file, partition: reference.partition,
            parts: children.indices.filter { lies[$0] }.map { index in
                let isWhole = !lies[1 - index]
                return FileReference(
                    file: reference.file, partition: children[index],
                    rowCount: isWhole ? reference.rowCount : rows[index],
                    // A count of an estimated number of rows is one as well.
                    isEstimated: reference.isEstimated || (isEstimated && !isWhole))
            })
    }
}

/// A data file that nothing references any more and that waits to be deleted.
package struct GarbageEntry: Hashable, Sendable {
    package var file: FileID
    package var path: ByteString
    package var sizeBytes: Int64
    /// The file was live in [addedAtVersion, removedAtVersion).
    package var addedAtVersion: Version
    package var removedAtVersion: Version
    /// When its last reference went, epoch milliseconds: the delay counts from here, never from its mtime.
    package var removedAtTimestamp: Int64
    /// The job that replaced it, or nil.
    package var job: JobID?
    /// The version at which GC announced that it will delete it, or nil.
    package var condemnedAtVersion: Version?

    package init(
        file: FileID, path: ByteString, sizeBytes: Int64, addedAtVersion: Version, removedAtVersion: Version,
        removedAtTimestamp: Int64, job: JobID? = nil, condemnedAtVersion: Version? = nil
    ) {
        self.file = file
        self.path = path
        self.sizeBytes = sizeBytes
        self.addedAtVersion = addedAtVersion
        self.removedAtVersion = removedAtVersion
        self.removedAtTimestamp = removedAtTimestamp
        self.job = job
        self.condemnedAtVersion = condemnedAtVersion
    }
}

/// A node of a root partition's tree: the rows of the root whose normalised key lies in [minKey, maxKey).
///
/// A root partition that was never split has no entry: its one node is implied by its files.
package struct Partition: Hashable, Sendable {
    package var id: PartitionID
    /// The root partition's values.
    package var root: PartitionTuple
    package var parent: PartitionID?
    /// Empty for a leaf, else exactly two, left first.
    package var children: [PartitionID]
    /// nil is unbounded.
    package var minKey: ByteString?
    package var maxKey: ByteString?

    package init(
        id: PartitionID, root: PartitionTuple, parent: PartitionID?, children: [PartitionID] = [],
        minKey: ByteString?, maxKey: ByteString?
    ) {
        self.id = id
        self.root = root
        self.parent = parent
        self.children = children
        self.minKey = minKey
        self.maxKey = maxKey
    }
}
