import Metadata
import Parquet
import Platform

/// Counts what a merge has read, tells how far it is and whether it is to go on.
final class MergeMonitor {
    let cancellation: Cancellation
    private let progress: (Int64) -> Void
    /// Rows that came in, clipped ones left out.
    private(set) var rowsIn: Int64 = 0
    private var consumedBytes = 0.0

    init(cancellation: Cancellation, progress: @escaping (Int64) -> Void) {
        self.cancellation = cancellation
        self.progress = progress
    }

    func entered(_ rows: Int) { rowsIn += Int64(rows) }

    /// Counts rows that were read as their share of the file's bytes.
    func consumed(_ rows: Int, of input: OpenDataFile) {
        let share = Double(rows) / Double(max(input.file.rowCount, 1))
        consumedBytes += share * Double(input.entry.sizeBytes)
        progress(Int64(consumedBytes))
    }

    /// All of the input has been read, whatever was skipped of it.
    func finished(inputBytes: Int64) { progress(inputBytes) }
}
