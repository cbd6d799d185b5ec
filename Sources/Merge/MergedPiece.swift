import Bytes
import Parquet
import Records

/// A piece of what comes out of a merge, in order, with what it accounts for.
struct MergedPiece: Sendable {
    enum Content: Sendable {
        /// Rows of the merge; none where all that came in were left out.
        case rows(ColumnBatch)
        /// A row group that is passed on as it is.
        case rowGroup(OpenDataFile, Int, lastKey: ByteString)
    }

    var content: Content
    /// The first key of the rows that came in for it, of those too that were left out. All rows of pieces before it
    /// have lower keys, unless its first row continues the rows of their last key.
    var firstKey: ByteString
    /// The rows that came in for it, by the number of their input.
    var rowsIn: [Int: Int]
    var droppedCount = 0

    /// The rows that it gives to the output.
    var rowCount: Int {
        switch content {
        case .rows(let batch): batch.rowCount
        case .rowGroup(let input, let rowGroup, _): input.file.rowGroups[rowGroup].rows.count
        }
    }
}
