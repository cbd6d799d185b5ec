import Records

/// A block of rows on its way through a merge: the columns, their keys and, in an upsert table, the
/// sequences and delete marks.
final class MergeBlock {
    let batch: ColumnBatch
    let keys: KeyBlock
    let isStrictlyAscending: Bool
    /// The sequence of each row; nil where rows of equal keys are ordered by their inputs alone.
    let sequences: SequenceColumn?
    /// 1 for each row that is a delete marker; nil where none is.
    let deleted: [UInt8]?
    /// The number of the input that the rows came from.
    let input: Int

    init(
        batch: ColumnBatch, keys: KeyBlock, isStrictlyAscending: Bool, sequences: SequenceColumn? = nil,
        deleted: [UInt8]? = nil, input: Int = 0
    ) {
        precondition(batch.rowCount == keys.rowCount)
        self.batch = batch
        self.keys = keys
        self.isStrictlyAscending = isStrictlyAscending
        self.sequences = sequences
        self.deleted = deleted
        self.input = input
    }
}

/// The sequences of a block's rows at an address of their own, for the same reason as the keys.
final class SequenceColumn {
    let pointer: UnsafeMutablePointer<Int64>
    let count: Int

    init(count: Int, repeating sequence: Int64) {
        self.count = count
        pointer = .allocate(capacity: max(count, 1))
        pointer.initialize(repeating: sequence, count: count)
    }

    deinit { pointer.deallocate() }

    subscript(row: Int) -> Int64 {
        get { pointer[row] }
        set { pointer[row] = newValue }
    }
}

/// One sorted input of a merge: blocks of rows in key order.
protocol BlockSource: AnyObject {
    /// The next block, never an empty one; nil at the end.
    func nextBlock() throws -> MergeBlock?
}
