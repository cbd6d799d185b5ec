/// The rows of a segment by the partition that their entries name: where files of split roots are found.
final class NamedRows: Sendable {
    /// Rows that name a partition, ascending.
    let rows: [PartitionID: [UInt32]]

    init(_ segment: FileSegment) {
        var rows: [PartitionID: [UInt32]] = [:]
        if segment.partitions.count > 1 {
            var byCode = [[UInt32]](repeating: [], count: segment.partitions.count)
            for row in 0..<segment.count {
                let code = Int(segment.partitionCodes[row])
                if code > 0 { byCode[code].append(UInt32(row)) }
            }
            for (partition, found) in zip(segment.partitions, byCode) where !found.isEmpty {
                if let partition { rows[partition] = found }
            }
        }
        self.rows = rows
    }
}

extension FileSet {
    /// The live files whose entries name the partition.
    func files(named partition: PartitionID) -> [FileView] {
        var result: [FileView] = []
        for slot in slots {
            for row in slot.segment.named.rows[partition] ?? [] where slot.isLive(Int(row)) {
                result.append(slot.segment[Int(row)])
            }
        }
        return result
    }

    /// The live files of a root partition whose entries name no partition, or the root itself.
    func unnamedFiles(in root: PartitionID) -> [FileView] {
        files(in: root).filter { ($0.namedPartition ?? root) == root }
    }

    /// The partitions that the entries of some files, live or not, name.
    func namedPartitions() -> Set<PartitionID> {
        slots.reduce(into: []) { names, slot in names.formUnion(slot.segment.named.rows.keys) }
    }
}
