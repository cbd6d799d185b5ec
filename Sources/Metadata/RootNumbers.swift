import Bytes

/// The root partitions that a segment's tuples belong to.
struct RootNumbers: Sendable {
    /// By path, ascending.
    let partitions: [PartitionID]
    /// For each tuple of the segment the place of its root partition in `partitions`.
    let ofTuple: [Int]

    init(_ tuples: [PartitionTuple], columns: [ByteString]) {
        let paths = tuples.map { PartitionID(RootPath.path(columns: columns, tuple: $0)) }
        partitions = Set(paths).sorted()
        let numbers = Dictionary(uniqueKeysWithValues: zip(partitions, partitions.indices))
        ofTuple = paths.map { numbers[$0] ?? 0 }
    }

    /// The place of the root partition of a row of the segment.
    func number(of row: Int, in segment: FileSegment) -> Int { ofTuple[Int(segment.tupleCodes[row])] }
}
