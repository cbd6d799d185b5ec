/// How the memory of a merge is shared out among its ranges, and in a range among its parts.
///
/// An eighth is left for what grows with columns: a page of each, its dictionary, the writer's open pages.
struct MergeMemory {
    /// Blocks of all inputs and what is read ahead of them.
    let inputBytes: Int
    /// One batch between the two threads of a range: some wait, one is made and one is written.
    let batchBytes: Int
    /// The row group that is being written.
    let rowGroupBytes: Int

    static let queuedBatches = 6

    init(limitBytes: Int, ranges: Int = 1) {
        let eighth = max(limitBytes / max(ranges, 1) / 8, 1)
        inputBytes = 3 * eighth
        rowGroupBytes = 3 * eighth
        batchBytes = max(eighth / (MergeMemory.queuedBatches + 2), 1)
    }
}
