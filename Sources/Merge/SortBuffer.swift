import Bytes
import Records

/// Rows in memory that wait to be sorted: batches as they came, and their keys in one arena.
struct SortBuffer {
    private(set) var batches: [ColumnBatch] = []
    /// The first row of each batch, counted over all of them.
    private var starts: [Int] = []
    private(set) var keys = NormalizedKeys()
    private(set) var rowCount = 0
    private(set) var sizeBytes = 0
    /// True while each key is at or above the one before: such rows are never moved.
    private(set) var isSorted = true

    mutating func append(_ batch: ColumnBatch, keys batchKeys: NormalizedKeys) {
        let base = UInt32(keys.bytes.count)
        keys.bytes.append(contentsOf: batchKeys.bytes)
        keys.offsets.reserveCapacity(keys.offsets.count + batch.rowCount)
        for index in 1...batch.rowCount { keys.offsets.append(base + batchKeys.offsets[index]) }
        if isSorted {
            for row in rowCount..<rowCount + batch.rowCount where row > 0 {
                if keys.compare(row - 1, row) > 0 {
                    isSorted = false
                    break
                }
            }
        }
        batches.append(batch)
        starts.append(rowCount)
        rowCount += batch.rowCount
        sizeBytes += batch.byteCount + batchKeys.bytes.count + batchKeys.offsets.count * 4
    }

    /// The rows in key order, equal keys as they came; nil where that is the order in which they are.
    func sortedPermutation() -> [UInt32]? { isSorted ? nil : KeyOrder.sortedPermutation(of: keys) }

    /// Some of the rows in the order of `permutation`, as one batch.
    func gather(_ permutation: [UInt32]?, _ range: Range<Int>) -> ColumnBatch {
        var output = RowSpans()
        var slots: [Int: UInt32] = [:]
        var place = 0
        for index in range {
            let row = permutation.map { Int($0[index]) } ?? index
            if !covers(place, row) { place = batch(of: row) }
            let block: UInt32
            if let slot = slots[place] {
                block = slot
            } else {
                block = UInt32(output.batches.count)
                slots[place] = block
                output.batches.append(batches[place])
            }
            output.append(block, row - starts[place], 1)
        }
        return output.gather()
    }

    func gatherKeys(_ permutation: [UInt32]?, _ range: Range<Int>) -> NormalizedKeys {
        keys.gather(range.map { permutation?[$0] ?? UInt32($0) })
    }

    private func covers(_ place: Int, _ row: Int) -> Bool {
        row >= starts[place] && row - starts[place] < batches[place].rowCount
    }

    private func batch(of row: Int) -> Int {
        var low = 0
        var high = starts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if starts[middle] <= row { low = middle } else { high = middle }
        }
        return low
    }
}
