import Bytes

/// The rows of a segment by root partition and, within one, by path.
final class RootOrder: Sendable {
    /// One root partition's rows and sums.
    struct Range: Sendable {
        var start: Int
        var end: Int
        var bytes: Int64 = 0
        var rows: Int64 = 0
    }

    /// By number of the root.
    let ranges: [Range]
    /// nil where the rows stand in this order already.
    private let permutation: [UInt32]?

    init(_ segment: FileSegment) {
        let roots = segment.roots
        var counts = [Int](repeating: 0, count: roots.partitions.count)
        for row in 0..<segment.count { counts[roots.number(of: row, in: segment)] += 1 }
        var ranges: [Range] = []
        var start = 0
        for count in counts {
            ranges.append(Range(start: start, end: start))
            start += count
        }
        var rows = [UInt32](repeating: 0, count: segment.count)
        for row in 0..<segment.count {
            let root = roots.number(of: row, in: segment)
            rows[ranges[root].end] = UInt32(row)
            ranges[root].end += 1
            ranges[root].bytes += segment.sizes[row]
            ranges[root].rows += max(0, segment.rowCounts[row])
        }
        var isIdentity = rows.indices.allSatisfy { Int(rows[$0]) == $0 }
        for range in ranges where !Self.isSorted(rows, range, segment) {
            rows[range.start..<range.end].sort { segment.comparePaths(Int($0), segment, Int($1)) < 0 }
            isIdentity = false
        }
        self.ranges = ranges
        permutation = isIdentity ? nil : rows
    }

    /// The row at a place of the order.
    func row(at place: Int) -> Int { permutation.map { Int($0[place]) } ?? place }

    private static func isSorted(_ rows: [UInt32], _ range: Range, _ segment: FileSegment) -> Bool {
        guard range.end - range.start > 1 else { return true }
        return ((range.start + 1)..<range.end).allSatisfy { place in
            segment.comparePaths(Int(rows[place - 1]), segment, Int(rows[place])) <= 0
        }
    }
}

extension FileSegment {
    /// Negative, zero or positive as the path of `row` sorts before, with or after that of `otherRow`.
    func comparePaths(_ row: Int, _ other: FileSegment, _ otherRow: Int) -> Int {
        let directory = Int(directoryCodes[row])
        let otherDirectory = Int(other.directoryCodes[otherRow])
        let sameDirectory =
            self === other
            ? directory == otherDirectory : directories[directory] == other.directories[otherDirectory]
        let left = tailRange(of: row)
        let right = other.tailRange(of: otherRow)
        guard sameDirectory, left.isNamedByID, right.isNamedByID, left.range.count == right.range.count
        else { return compareWholePaths(row, other, otherRow) }
        let order = tails.withUnsafeBytes { a in
            other.tails.withUnsafeBytes { b in
                compareBytes(
                    UnsafeRawBufferPointer(rebasing: a[left.range]),
                    UnsafeRawBufferPointer(rebasing: b[right.range]))
            }
        }
        if order != 0 { return order }
        // Hexadecimal digits of equal length sort as the numbers do.
        let (a, b) = (ids[row], other.ids[otherRow])
        return a < b ? -1 : a > b ? 1 : 0
    }

    private func compareWholePaths(_ row: Int, _ other: FileSegment, _ otherRow: Int) -> Int {
        let (left, right) = (self[row].path, other[otherRow].path)
        return left == right ? 0 : left < right ? -1 : 1
    }
}
