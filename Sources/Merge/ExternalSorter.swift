import Bytes
package import Platform
package import Records
package import Storage

/// Sorts any number of rows by the row key within a limit of memory. Rows of equal keys keep their order.
///
/// Batches gather in memory; at the limit they are sorted and written to scratch space as one run. At the
/// end the runs and what is still in memory are merged. Rows that come in order already are found out with
/// one comparison each and are neither moved nor compared again.
package final class ExternalSorter {
    private let encoder: KeyEncoder
    private let memoryLimitBytes: Int
    private let scratch: Scratch
    private let cancellation: Cancellation
    private var columns: [TableSchema.Column]?
    private var buffer = SortBuffer()
    private var runs: [SpilledRun] = []
    private var rowCount = 0

    /// More runs than this are merged into one before another is begun, so that their blocks fit in memory.
    private static let runLimit = 32

    /// - Parameter schema: names the row key; partition columns in it are left out, they are the same in all
    ///   rows of a partition.
    package init(
        schema: TableSchema, memoryLimitBytes: Int, scratch: Scratch,
        cancellation: Cancellation = Cancellation()
    ) {
        encoder = KeyEncoder(columns: schema.dataKeyColumns)
        // Keys of one buffer share an arena of 32-bit offsets.
        self.memoryLimitBytes = min(max(memoryLimitBytes, 1), 2 << 30)
        self.scratch = scratch
        self.cancellation = cancellation
    }

    /// Takes the rows of a batch; all batches have the same columns.
    package func append(_ batch: ColumnBatch) throws {
        try cancellation.check()
        guard batch.rowCount > 0 else { return }
        precondition(columns == nil || columns == batch.schema, "batches of one sort have the same columns")
        columns = batch.schema
        let keys = encoder.encode(batch)
        if buffer.rowCount > 0, buffer.sizeBytes + batch.byteCount + keys.bytes.count > memoryLimitBytes {
            try spill()
        }
        buffer.append(batch, keys: keys)
        rowCount += batch.rowCount
    }

    /// The rows in order. Nothing may be appended any more.
    package func finish() throws -> SortedRun {
        let buffer = self.buffer
        self.buffer = SortBuffer()
        let permutation = buffer.sortedPermutation()
        guard !runs.isEmpty else { return inMemory(buffer, permutation) }
        let merged = try merge(runs, last: (buffer, permutation))
        runs = []
        return SortedRun(rowCount: rowCount) { [cancellation] in
            try cancellation.check()
            return try merged.next(rowLimit: 8_192)?.gather()
        }
    }

    private func inMemory(_ buffer: SortBuffer, _ permutation: [UInt32]?) -> SortedRun {
        var position = 0
        var batch = 0
        return SortedRun(rowCount: rowCount) { [cancellation] in
            try cancellation.check()
            if permutation == nil {
                // In order as they came: the very batches that were appended.
                guard batch < buffer.batches.count else { return nil }
                batch += 1
                return buffer.batches[batch - 1]
            }
            guard position < buffer.rowCount else { return nil }
            let range = position..<min(position + 8_192, buffer.rowCount)
            position = range.upperBound
            return buffer.gather(permutation, range)
        }
    }

    private func spill() throws {
        let buffer = self.buffer
        self.buffer = SortBuffer()
        let permutation = buffer.sortedPermutation()
        let writer = try SpilledRun.Writer(scratch)
        let blockRows = SpilledRun.blockRows(rowCount: buffer.rowCount, sizeBytes: buffer.sizeBytes)
        for start in stride(from: 0, to: buffer.rowCount, by: blockRows) {
            try cancellation.check()
            let range = start..<min(start + blockRows, buffer.rowCount)
            try writer.append(
                buffer.gather(permutation, range), keys: buffer.gatherKeys(permutation, range))
        }
        runs.append(writer.finish())
        if runs.count >= ExternalSorter.runLimit { runs = [try mergeRuns()] }
    }

    /// All runs as one: they are neighbours in time, so order among equal keys is kept.
    private func mergeRuns() throws -> SpilledRun {
        let merged = try merge(runs, last: nil)
        let writer = try SpilledRun.Writer(scratch)
        while let spans = try merged.next(rowLimit: 4_096) {
            try cancellation.check()
            let batch = spans.gather()
            try writer.append(batch, keys: encoder.encode(batch))
        }
        return writer.finish()
    }

    private func merge(
        _ runs: [SpilledRun], last: (buffer: SortBuffer, permutation: [UInt32]?)?
    ) throws -> SpanMerger {
        guard let columns else { return SpanMerger([], sharedCount: 0, keepsNewest: false) }
        var bounds = runs.flatMap { [$0.firstKey, $0.lastKey] }
        if let last, last.buffer.rowCount > 0 {
            bounds.append(last.buffer.keys[Int(last.permutation?.first ?? 0)])
            let end = last.permutation?.last ?? UInt32(last.buffer.rowCount - 1)
            bounds.append(last.buffer.keys[Int(end)])
        }
        let shared = KeyBlock.sharedPrefix(of: bounds).count
        var sources: [any BlockSource] = runs.map { SpilledRun.Source($0, columns, sharedCount: shared) }
        if let last {
            sources.append(BufferSource(last.buffer, last.permutation, sharedCount: shared))
        }
        return SpanMerger(sources, sharedCount: shared, keepsNewest: false)
    }
}

/// The sorted rows of a buffer as an input of a merge.
private final class BufferSource: BlockSource {
    private let buffer: SortBuffer
    private let permutation: [UInt32]?
    private let sharedCount: Int
    private var position = 0

    init(_ buffer: SortBuffer, _ permutation: [UInt32]?, sharedCount: Int) {
        self.buffer = buffer
        self.permutation = permutation
        self.sharedCount = sharedCount
    }

    func nextBlock() throws -> MergeBlock? {
        guard position < buffer.rowCount else { return nil }
        let range = position..<min(position + 8_192, buffer.rowCount)
        position = range.upperBound
        let keys = KeyBlock(buffer.gatherKeys(permutation, range), sharedCount: sharedCount)
        return MergeBlock(
            batch: buffer.gather(permutation, range), keys: keys, isStrictlyAscending: false)
    }
}
