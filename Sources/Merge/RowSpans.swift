import Records

/// Consecutive rows of one batch that go to the output together.
struct RowSpan {
    var block: UInt32
    var start: UInt32
    var count: UInt32
}

/// Rows of several batches in the order in which they are wanted.
struct RowSpans {
    var batches: [ColumnBatch] = []
    private(set) var spans: [RowSpan] = []
    private(set) var rowCount = 0

    init(of batches: [ColumnBatch] = []) { self.batches = batches }

    mutating func reserve(_ count: Int) { spans.reserveCapacity(count) }

    @inline(__always)
    mutating func append(_ block: UInt32, _ row: Int, _ count: Int) {
        rowCount += count
        if let last = spans.indices.last, spans[last].block == block,
            Int(spans[last].start) + Int(spans[last].count) == row
        {
            spans[last].count += UInt32(count)
        } else {
            spans.append(RowSpan(block: block, start: UInt32(row), count: UInt32(count)))
        }
    }

    /// Takes back the row appended last, and gives the batch that it is of.
    mutating func dropLast() -> Int? {
        guard let last = spans.indices.last else { return nil }
        let block = Int(spans[last].block)
        rowCount -= 1
        spans[last].count -= 1
        if spans[last].count == 0 { spans.removeLast() }
        return block
    }
}
