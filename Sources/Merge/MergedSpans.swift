import Records

/// The next rows of a merge, as spans of the blocks they came from.
struct MergedSpans {
    private(set) var blocks: [MergeBlock] = []
    /// Of each block, the rows left out because a newer row of the same key came.
    private var superseded: [Int] = []
    private(set) var rows = RowSpans()

    var rowCount: Int { rows.rowCount }
    var supersededCount: Int { superseded.reduce(0, +) }

    init(rowLimit: Int) { rows.reserve(min(rowLimit, 1 << 16)) }

    /// Adds a block without rows yet, and gives its place.
    mutating func add(_ block: MergeBlock) -> Int {
        blocks.append(block)
        superseded.append(0)
        rows.batches.append(block.batch)
        return blocks.count - 1
    }

    @inline(__always)
    mutating func append(_ block: UInt32, _ row: Int, _ count: Int) { rows.append(block, row, count) }

    /// Takes back the row appended last: a newer one of its key has come.
    mutating func supersedeLast() {
        if let block = rows.dropLast() { superseded[block] += 1 }
    }

    /// The key of the first row, and of the last.
    var firstKey: [UInt8]? { rows.spans.first.map { blocks[Int($0.block)].keys.copyKey(Int($0.start)) } }
    var lastKey: [UInt8]? {
        rows.spans.last.map { blocks[Int($0.block)].keys.copyKey(Int($0.start + $0.count) - 1) }
    }

    /// The rows that came in for these, by the input that they came from.
    var rowsIn: [Int: Int] {
        var ofBlocks = superseded
        for span in rows.spans { ofBlocks[Int(span.block)] += Int(span.count) }
        return zip(blocks, ofBlocks).reduce(into: [:]) { $0[$1.0.input, default: 0] += $1.1 }
    }

    /// Takes out the rows that are delete markers, and returns how many there were.
    mutating func removeDeleted() -> Int {
        remove { block in block.deleted.map { marks in { marks[$0] != 0 } } }
    }

    /// Takes out the rows that are too old to keep, and returns how many there were.
    mutating func removeAged(_ age: RowAge) -> Int { remove { age.test(of: $0.batch) } }

    /// - Parameter test: of a block, tells the rows to take out; nil where there are none.
    private mutating func remove(_ test: (MergeBlock) -> ((Int) -> Bool)?) -> Int {
        let tests = blocks.map(test)
        guard tests.contains(where: { $0 != nil }) else { return 0 }
        var kept = RowSpans(of: rows.batches)
        for span in rows.spans {
            guard let isGone = tests[Int(span.block)] else {
                kept.append(span.block, Int(span.start), Int(span.count))
                continue
            }
            for row in Int(span.start)..<Int(span.start + span.count) where !isGone(row) {
                kept.append(span.block, row, 1)
            }
        }
        let removed = rows.rowCount - kept.rowCount
        rows = kept
        return removed
    }

    func gather() -> ColumnBatch { rows.gather() }
}
