/// Merges sorted inputs into spans of their rows: the part of every merge and of every external sort.
///
/// Rows come in order of key, equal keys by sequence, then by the number of the input; so the merge is
/// stable. With ``keepsNewest`` only the last row of each key in that order is given.
final class SpanMerger {
    private let sources: [any BlockSource]
    private let sharedCount: Int
    private let keepsNewest: Bool
    private var tree: LoserTree?
    /// The place in the current `MergedSpans.batches` of each input's block; -1 where it is not there yet.
    private var slots: [Int]

    /// - Parameter sharedCount: how many first bytes all keys have in common.
    init(_ sources: [any BlockSource], sharedCount: Int, keepsNewest: Bool) {
        self.sources = sources
        self.sharedCount = sharedCount
        self.keepsNewest = keepsNewest
        slots = Array(repeating: -1, count: sources.count)
    }

    /// The next rows, at least one and hardly more than `rowLimit`; nil at the end.
    func next(rowLimit: Int) throws -> MergedSpans? {
        if tree == nil, !sources.isEmpty {
            tree = LoserTree(try sources.map { try $0.nextBlock() }, sharedCount: sharedCount)
        }
        guard let tree, tree.next != nil else { return nil }
        var output = MergedSpans()
        output.spans.reserveCapacity(min(rowLimit, 1 << 16))
        for input in slots.indices { slots[input] = -1 }
        if keepsNewest {
            try mergeNewest(tree, rowLimit, &output)
        } else {
            try mergeAll(tree, rowLimit, &output)
        }
        return output
    }

    private func slot(_ input: Int, _ tree: LoserTree, _ output: inout MergedSpans) -> UInt32 {
        if slots[input] < 0, let block = tree.block(of: input) {
            slots[input] = output.batches.count
            output.batches.append(block.batch)
            output.deleted.append(block.deleted)
        }
        return UInt32(slots[input])
    }

    /// Moves past `count` rows of the winner's block, reading the next block at its end.
    @inline(__always)
    private func advance(_ tree: LoserTree, _ input: Int, _ row: Int, _ count: Int) throws {
        if row + count < tree.rowCount(of: input) {
            tree.advance(by: count)
        } else {
            slots[input] = -1
            tree.replaceBlock(try sources[input].nextBlock())
        }
    }

    /// An input that has won this many times in a row is asked how far it leads.
    private static let streakToGallop = 6

    private func mergeAll(_ tree: LoserTree, _ rowLimit: Int, _ output: inout MergedSpans) throws {
        var last = -1
        var streak = 0
        while output.rowCount < rowLimit, let input = tree.next {
            streak = input == last ? streak + 1 : 0
            last = input
            let row = tree.row(of: input)
            var count = 1
            if streak >= SpanMerger.streakToGallop {
                count = min(tree.leadCount(strictly: false), rowLimit - output.rowCount)
                streak = 0
            }
            output.append(slot(input, tree, &output), row, count)
            try advance(tree, input, row, count)
        }
    }

    private func mergeNewest(_ tree: LoserTree, _ rowLimit: Int, _ output: inout MergedSpans) throws {
        var last = -1
        var streak = 0
        var pending: (block: MergeBlock, row: Int)?
        while let input = tree.next, let block = tree.block(of: input) {
            let row = tree.row(of: input)
            if let before = pending, before.block.keys.compare(before.row, block.keys, row) == 0 {
                output.dropLast()
                output.supersededCount += 1
            } else if output.rowCount >= rowLimit {
                // Only here is it known that no newer row of the last key comes.
                return
            }
            streak = input == last ? streak + 1 : 0
            last = input
            var count = 1
            if streak >= SpanMerger.streakToGallop, block.isStrictlyAscending {
                let room = max(rowLimit - output.rowCount, 1)
                count = max(min(tree.leadCount(strictly: true), room), 1)
                streak = 0
            }
            output.append(slot(input, tree, &output), row, count)
            pending = (block, row + count - 1)
            try advance(tree, input, row, count)
        }
    }
}

extension MergedSpans {
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

    /// Takes back the row appended last.
    mutating func dropLast() {
        guard let last = spans.indices.last else { return }
        rowCount -= 1
        spans[last].count -= 1
        if spans[last].count == 0 { spans.removeLast() }
    }

    /// Takes out the rows that are delete markers, and returns how many there were.
    mutating func removeDeleted() -> Int {
        guard deleted.contains(where: { $0 != nil }) else { return 0 }
        var kept = MergedSpans(batches: batches, deleted: deleted)
        for span in spans {
            guard let marks = deleted[Int(span.block)] else {
                kept.append(span.block, Int(span.start), Int(span.count))
                continue
            }
            for row in Int(span.start)..<Int(span.start + span.count) where marks[row] == 0 {
                kept.append(span.block, row, 1)
            }
        }
        let removed = rowCount - kept.rowCount
        kept.supersededCount = supersededCount
        self = kept
        return removed
    }

    /// How many of the rows are delete markers.
    var deletedCount: Int {
        guard deleted.contains(where: { $0 != nil }) else { return 0 }
        var count = 0
        for span in spans {
            guard let marks = deleted[Int(span.block)] else { continue }
            for row in Int(span.start)..<Int(span.start + span.count) { count += Int(marks[row]) }
        }
        return count
    }
}
