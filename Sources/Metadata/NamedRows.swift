/// The rows of a segment by the partition that their entries name: where files of split roots are found.
final class NamedRows: Sendable {
    /// Rows that name a partition, ascending.
    let rows: [PartitionID: [UInt32]]
    /// Rows that name none, by their root partition; nil where no row names one.
    let unnamed: [PartitionID: [UInt32]]?

    init(_ segment: FileSegment) {
        var rows: [PartitionID: [UInt32]] = [:]
        var unnamed: [PartitionID: [UInt32]]?
        if segment.partitions.count > 1 {
            var byCode = [[UInt32]](repeating: [], count: segment.partitions.count)
            for row in 0..<segment.count {
                let code = Int(segment.partitionCodes[row])
                if code > 0 { byCode[code].append(UInt32(row)) }
            }
            for (partition, found) in zip(segment.partitions, byCode) where !found.isEmpty {
                if let partition { rows[partition] = found }
            }
            unnamed = Self.unnamed(segment)
        }
        self.rows = rows
        self.unnamed = unnamed
    }

    private static func unnamed(_ segment: FileSegment) -> [PartitionID: [UInt32]] {
        let roots = segment.roots
        var byRoot = [[UInt32]](repeating: [], count: roots.partitions.count)
        for row in 0..<segment.count where segment.partitionCodes[row] == 0 {
            byRoot[roots.number(of: row, in: segment)].append(UInt32(row))
        }
        var rows: [PartitionID: [UInt32]] = [:]
        for (root, found) in zip(roots.partitions, byRoot) where !found.isEmpty { rows[root] = found }
        return rows
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
    ///
    /// Costs what it gives, also where most files of the root name partitions below it.
    func unnamedFiles(in root: PartitionID) -> [FileView] {
        var result = files(named: root)
        for slot in slots {
            if let unnamed = slot.segment.named.unnamed {
                for row in unnamed[root] ?? [] where slot.isLive(Int(row)) {
                    result.append(slot.segment[Int(row)])
                }
            } else if let range = slot.segment.range(of: root) {
                for place in range.start..<range.end {
                    let row = slot.segment.order.row(at: place)
                    if slot.isLive(row) { result.append(slot.segment[row]) }
                }
            }
        }
        return result
    }

    /// The partitions that the entries of some files, live or not, name.
    func namedPartitions() -> Set<PartitionID> {
        slots.reduce(into: []) { names, slot in names.formUnion(slot.segment.named.rows.keys) }
    }
}
