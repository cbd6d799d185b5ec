extension FileSet {
    /// Whether the live files stand, slot after slot, in the order of ``files(ofSlots:by:)``: root partitions in
    /// the order given, files of one by path.
    package func isOrdered(by areInIncreasingOrder: (PartitionTuple, PartitionTuple) -> Bool) -> Bool {
        var last: FileView?
        for slot in slots {
            let segment = slot.segment
            for row in 0..<segment.count where slot.isLive(row) {
                let view = segment[row]
                defer { last = view }
                guard let last else { continue }
                let isSameTuple =
                    last.segment === segment && last.segment.tupleCodes[last.row] == segment.tupleCodes[row]
                if isSameTuple || last.partitionValues == view.partitionValues {
                    if last.segment.comparePaths(last.row, segment, row) > 0 { return false }
                } else if !areInIncreasingOrder(last.partitionValues, view.partitionValues) {
                    return false
                }
            }
        }
        return true
    }
}
