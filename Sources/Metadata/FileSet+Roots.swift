package import Bytes
import Synchronization

/// One tuple of partition values with what is live in it.
package struct RootPartition: Hashable, Sendable {
    package var id: PartitionID
    package var tuple: PartitionTuple
    package var fileCount: Int
    package var bytes: Int64
    /// Files of unknown row count add nothing.
    package var rows: Int64

    /// The escaped path, which is the partition's name.
    package var path: ByteString { id.name }
}

/// The root partitions of one set of files, made at the first question.
final class LazyRootSums: Sendable {
    private let sums = Mutex<[RootPartition]?>(nil)

    func get(_ make: () -> [RootPartition]) -> [RootPartition] {
        sums.withLock { sums in
            if let sums { return sums }
            let made = make()
            sums = made
            return made
        }
    }
}

/// The live files of a root partition by path: places in segments, nothing decoded.
package struct RootFiles: RandomAccessCollection, Sendable {
    package let segments: [FileSegment]
    /// Number of the segment in the high half, row in the low one.
    let places: [UInt64]

    package var startIndex: Int { 0 }
    package var endIndex: Int { places.count }
    package subscript(index: Int) -> FileView {
        segments[Int(places[index] >> 32)][Int(places[index] & 0xFFFF_FFFF)]
    }

    /// The number of a file's segment in ``segments``, and its row there.
    package func place(_ index: Int) -> (segment: Int, row: Int) {
        (Int(places[index] >> 32), Int(places[index] & 0xFFFF_FFFF))
    }

    /// Whether the files of the range are neighbouring rows of one segment.
    package func isRun(_ range: Range<Int>) -> Bool {
        guard let first = range.first else { return true }
        return range.allSatisfy { places[$0] == places[first] + UInt64($0 - first) }
    }

    /// The index of the first file whose path is not below `path`.
    package func firstIndex(atOrAfter path: ByteString) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].path < path { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension FileSet {
    /// The root partitions that have live files, by path.
    package func rootPartitions() -> [RootPartition] {
        rootSums.get { sumRoots() }
    }

    package func rootPartition(_ id: PartitionID) -> RootPartition? {
        let roots = rootPartitions()
        var low = 0
        var high = roots.count
        while low < high {
            let middle = (low + high) / 2
            if roots[middle].id < id { low = middle + 1 } else { high = middle }
        }
        return low < roots.count && roots[low].id == id ? roots[low] : nil
    }

    private func sumRoots() -> [RootPartition] {
        var sums: [PartitionID: RootPartition] = [:]
        for slot in slots {
            let segment = slot.segment
            let roots = segment.roots
            var live = segment.order.ranges.map { (files: $0.end - $0.start, bytes: $0.bytes, rows: $0.rows) }
            slot.removed.forEach { row in
                let root = roots.number(of: row, in: segment)
                live[root].files -= 1
                live[root].bytes -= segment.sizes[row]
                live[root].rows -= Swift.max(0, segment.rowCounts[row])
            }
            var tupleOfRoot = [Int](repeating: 0, count: roots.partitions.count)
            for (tuple, root) in roots.ofTuple.enumerated() { tupleOfRoot[root] = tuple }
            for (number, id) in roots.partitions.enumerated() where live[number].files > 0 {
                let empty = RootPartition(
                    id: id, tuple: segment.tuples[tupleOfRoot[number]], fileCount: 0, bytes: 0, rows: 0)
                sums[id, default: empty].fileCount += live[number].files
                sums[id]?.bytes += live[number].bytes
                sums[id]?.rows += live[number].rows
            }
        }
        return sums.values.sorted { $0.id < $1.id }
    }

    /// The live files of a root partition, by path.
    package func files(in root: PartitionID) -> RootFiles {
        RootFiles(segments: slots.map(\.segment), places: places(of: root, in: slots.indices))
    }

    private func places<S: Sequence>(of root: PartitionID, in chosen: S) -> [UInt64] where S.Element == Int {
        var lists: [[UInt64]] = []
        for number in chosen {
            let slot = slots[number]
            guard let range = slot.segment.range(of: root) else { continue }
            let order = slot.segment.order
            var list: [UInt64] = []
            list.reserveCapacity(range.end - range.start)
            for place in range.start..<range.end {
                let row = order.row(at: place)
                if slot.isLive(row) { list.append(UInt64(number) << 32 | UInt64(row)) }
            }
            if !list.isEmpty { lists.append(list) }
        }
        while lists.count > 1 {
            // Neighbours of similar size first: each file takes part in a logarithmic number of merges.
            var merged: [[UInt64]] = []
            for index in stride(from: 0, to: lists.count, by: 2) {
                merged.append(index + 1 < lists.count ? merge(lists[index], lists[index + 1]) : lists[index])
            }
            lists = merged
        }
        return lists.first ?? []
    }

    private func merge(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        var result: [UInt64] = []
        result.reserveCapacity(left.count + right.count)
        var (a, b) = (0, 0)
        while a < left.count, b < right.count {
            if comparePaths(left[a], right[b]) <= 0 {
                result.append(left[a])
                a += 1
            } else {
                result.append(right[b])
                b += 1
            }
        }
        result.append(contentsOf: left[a...])
        result.append(contentsOf: right[b...])
        return result
    }

    func comparePaths(_ left: UInt64, _ right: UInt64) -> Int {
        slots[Int(left >> 32)].segment.comparePaths(
            Int(left & 0xFFFF_FFFF), slots[Int(right >> 32)].segment, Int(right & 0xFFFF_FFFF))
    }
}

extension FileSegment {
    /// The places of a root partition in the segment's order.
    func range(of root: PartitionID) -> RootOrder.Range? {
        let roots = roots.partitions
        var low = 0
        var high = roots.count
        while low < high {
            let middle = (low + high) / 2
            if roots[middle] < root { low = middle + 1 } else { high = middle }
        }
        guard low < roots.count, roots[low] == root else { return nil }
        return order.ranges[low]
    }
}
