/// How the memory of a merge is shared out among its ranges, and in a range among its parts.
///
/// First come the open pages of the inputs, which cannot be had for less. The rest is shared out: three eighths each
/// for the blocks and the row group, one for the batches, one for what grows with the columns that are written. Pages
/// that fit in half of the last eighth take nothing from the others.
struct MergeMemory {
    /// Blocks of all inputs and what is read ahead of them.
    let inputBytes: Int
    /// One batch between the two threads of a range: some wait, one is made and one is written.
    let batchBytes: Int
    /// The row group that is being written.
    let rowGroupBytes: Int

    static let queuedBatches = 6

    /// - Parameters:
    ///   - openBytes: what a range's inputs hold open.
    ///   - footerBytes: what all inputs hold, whatever the ranges.
    init(limitBytes: Int, ranges: Int = 1, openBytes: Int = 0, footerBytes: Int = 0) {
        let limit = max(limitBytes - footerBytes, limitBytes / 4)
        let share = max(limit / max(ranges, 1), 1)
        let excess = max(openBytes - share / 16, 0)
        // Where even two inputs hold more than all, the rest goes on with what any merge needs.
        let eighth = max(max(share - excess, share / 8) / 8, 1)
        inputBytes = 3 * eighth
        rowGroupBytes = 3 * eighth
        batchBytes = max(eighth / (MergeMemory.queuedBatches + 2), 1)
    }

    /// Whether pages and footers leave half of the limit to rows.
    static func fits(openBytes: Int, ranges: Int, footerBytes: Int, limitBytes: Int) -> Bool {
        let (open, overflow) = openBytes.multipliedReportingOverflow(by: ranges)
        return !overflow && open <= limitBytes / 2 - min(footerBytes, limitBytes / 2)
    }
}
