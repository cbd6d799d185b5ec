import Platform
import Synchronization

/// Counts what a merge has read, tells how far it is and whether it is to go on. Shared by all its threads.
final class MergeMonitor: Sendable {
    /// What is known of one input before anything is read.
    struct Input {
        /// The rows that it is expected to give.
        var rows: Int
        /// Their share of the file.
        var sizeBytes: Int64
    }

    private struct State {
        /// Rows that were read, and those of them that came in: clipped ones are left out.
        var readCounts: [Int]
        var enteredCounts: [Int]
        var consumedBytes = 0.0
    }

    let cancellation: Cancellation
    private let inputs: [Input]
    private let progress: @Sendable (Int64) -> Void
    private let state: Mutex<State>

    init(
        _ inputs: [Input], cancellation: Cancellation = Cancellation(),
        progress: @escaping @Sendable (Int64) -> Void = { _ in }
    ) {
        self.inputs = inputs
        self.cancellation = cancellation
        self.progress = progress
        let zeros = Array(repeating: 0, count: inputs.count)
        state = Mutex(State(readCounts: zeros, enteredCounts: zeros))
    }

    /// Counts rows of an input that were read, as their share of its bytes. The progress only grows.
    func read(_ rows: Int, of input: Int) {
        state.withLock { state in
            let known = inputs[input]
            let before = state.readCounts[input]
            state.readCounts[input] += rows
            // A row group without a page index is read by each range that touches it.
            let counted = min(state.readCounts[input], known.rows) - min(before, known.rows)
            state.consumedBytes += Double(counted) / Double(max(known.rows, 1)) * Double(known.sizeBytes)
            progress(min(Int64(state.consumedBytes), totalBytes))
        }
    }

    func entered(_ rows: Int, of input: Int) { state.withLock { $0.enteredCounts[input] += rows } }

    /// Rows that came in, by input.
    var enteredCounts: [Int] { state.withLock { $0.enteredCounts } }

    /// All of the inputs has been read, whatever was skipped of them.
    func finished() { state.withLock { _ in progress(totalBytes) } }

    private var totalBytes: Int64 { inputs.reduce(0) { $0 + $1.sizeBytes } }
}
