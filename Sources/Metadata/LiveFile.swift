import Bytes

/// What applying a transaction asks of a file that lives: the details of its entry stay encoded.
struct LiveFile {
    let id: FileID
    let path: ByteString
    let partitionValues: PartitionTuple
    let partition: PartitionID?
    let sizeBytes: Int64
    let addedAtVersion: Version
    let rowCount: Int64?

    init(_ entry: FileEntry) {
        id = entry.id
        path = entry.path
        partitionValues = entry.partitionValues
        partition = entry.partition
        sizeBytes = entry.sizeBytes
        addedAtVersion = entry.addedAtVersion
        rowCount = entry.rowCount
    }

    init(_ view: FileView) {
        id = view.id
        path = view.path
        partitionValues = view.partitionValues
        partition = view.namedPartition
        sizeBytes = view.sizeBytes
        addedAtVersion = view.addedAtVersion
        rowCount = view.rowCount
    }
}
