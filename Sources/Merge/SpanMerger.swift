import Bytes

/// Merges sorted inputs into spans of their rows: the part of every merge and of every external sort.
///
/// Rows come in order of key, equal keys by sequence, then by the number of the input; so the merge is
/// stable. With ``keepsNewest`` only the last row of each key in that order is given.
final class SpanMerger {
    private let sources: [any BlockSource]
    private let sharedCount: Int
    private let keepsNewest: Bool
    private var tree: LoserTree?
    private let endsAtKeys: Bool
    /// The place in the current `MergedSpans.blocks` of each input's block; -1 where it is not there yet.
    private var slots: [Int]
    /// The key of the row given last, where what begins with it again is to end with it.
    private var lastKey: [UInt8]?

    /// - Parameters:
    ///   - sharedCount: how many first bytes all keys have in common.
    ///   - endsAtKeys: what begins inside the rows of a key ends where they do, so that however many rows a key
    ///     has, something begins with the next one. With `keepsNewest` nothing begins inside a key.
    init(_ sources: [any BlockSource], sharedCount: Int, keepsNewest: Bool, endsAtKeys: Bool = false) {
        self.sources = sources
        self.sharedCount = sharedCount
        self.keepsNewest = keepsNewest
        self.endsAtKeys = endsAtKeys && !keepsNewest
        slots = Array(repeating: -1, count: sources.count)
    }

    /// The next rows, at least one and hardly more than `rowLimit`; nil at the end.
    func next(rowLimit: Int) throws -> MergedSpans? {
        if tree == nil, !sources.isEmpty {
            tree = LoserTree(try sources.map { try $0.nextBlock() }, sharedCount: sharedCount)
        }
        guard let tree, tree.next != nil else { return nil }
        var output = MergedSpans(rowLimit: rowLimit)
        for input in slots.indices { slots[input] = -1 }
        if keepsNewest {
            try mergeNewest(tree, rowLimit, &output)
        } else {
            try mergeAll(tree, rowLimit, &output)
            if endsAtKeys { lastKey = output.lastKey }
        }
        return output
    }

    private func slot(_ input: Int, _ tree: LoserTree, _ output: inout MergedSpans) -> UInt32 {
        if slots[input] < 0, let block = tree.block(of: input) {
            slots[input] = output.add(block)
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
        if let lastKey {
            try mergeRest(of: lastKey, tree, rowLimit, &output)
            if output.rowCount > 0 { return }
        }
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

    /// The rows that still have a key.
    private func mergeRest(
        of key: [UInt8], _ tree: LoserTree, _ rowLimit: Int, _ output: inout MergedSpans
    ) throws {
        while output.rowCount < rowLimit, let input = tree.next, let block = tree.block(of: input) {
            let row = tree.row(of: input)
            guard key.withUnsafeBytes({ compareBytes($0, block.keys.key(row)) == 0 }) else { return }
            output.append(slot(input, tree, &output), row, 1)
            try advance(tree, input, row, 1)
        }
    }

    private func mergeNewest(_ tree: LoserTree, _ rowLimit: Int, _ output: inout MergedSpans) throws {
        var last = -1
        var streak = 0
        var pending: (block: MergeBlock, row: Int)?
        while let input = tree.next, let block = tree.block(of: input) {
            let row = tree.row(of: input)
            if let before = pending, before.block.keys.compare(before.row, block.keys, row) == 0 {
                output.supersedeLast()
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
