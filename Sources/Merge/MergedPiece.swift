import Bytes
import Parquet
import Records

/// A piece of what comes out of a merge, in order, with what it accounts for.
struct MergedPiece: Sendable {
    enum Content: Sendable {
        /// Rows of the merge; none where all that came in were left out.
        case rows(ColumnBatch)
        /// A row group that is passed on as it is.
        case rowGroup(OpenDataFile, Int)
    }

    var content: Content
    /// The first and last key of the rows that came in for it, of those too that were left out. The next piece
    /// begins above them, or goes on with the last one.
    var firstKey: ByteString
    var lastKey: ByteString
    /// The rows that came in for it, by the number of their input.
    var rowsIn: [Int: Int]
    var droppedCount = 0

    /// The rows that it gives to the output.
    var rowCount: Int {
        switch content {
        case .rows(let batch): batch.rowCount
        case .rowGroup(let input, let rowGroup): input.file.rowGroups[rowGroup].rows.count
        }
    }
}
