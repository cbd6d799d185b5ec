package import Metadata

/// Sleeper's size-ratio strategy over runs instead of files, so that a large output cut into several
/// key-disjoint files counts once.
///
/// Runs ascend by rows. The largest are dropped until the largest left fits `ratio` times into the others
/// together. Up to `batchSize` runs make one job; of more, windows of that many, from the smallest on, make a
/// job each where they meet the same criterion. Of each job's runs, files that overlap nothing stay as they are
/// (``KeySections``).
package struct SizeRatio: CompactionStrategy {
    package var ratio: Int64
    package var batchSize: Int
    package var targetFileSize: Int64

    package var name: String { "size-ratio" }

    package init(ratio: Int64 = 3, batchSize: Int = 12, targetFileSize: Int64) {
        self.ratio = ratio
        self.batchSize = batchSize
        self.targetFileSize = targetFileSize
    }

    package init(_ properties: TableProperties) {
        self.init(
            ratio: properties.compactionSizeRatio, batchSize: properties.compactionBatchSize,
            targetFileSize: properties.compactionTargetFileSize)
    }

    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        var runs = picture.runs.filter { run in
            // Without a key, files of their full size are one run that is never rewritten.
            let isSettled = !picture.hasRowKey && run.files.allSatisfy { $0.bytes >= targetFileSize / 2 }
            return !run.isBusy && !isSettled
        }
        runs.sort { ($0.rows, $0.bytes) < ($1.rows, $1.bytes) }
        while runs.count > 1, !meets(runs[...]) { runs.removeLast() }
        guard runs.count > 1 else { return [] }
        guard runs.count > batchSize else { return jobs(picture, runs) }
        var jobs: [PlannedJob] = []
        var position = 0
        while position < runs.count {
            let window = runs[position...].prefix(batchSize)
            if meets(window) {
                jobs += self.jobs(picture, Array(window))
                position += window.count
            } else {
                position += 1
            }
        }
        return jobs
    }

    private func meets(_ runs: ArraySlice<PartitionPicture.Run>) -> Bool {
        guard runs.count > 1, let largest = runs.last?.rows else { return false }
        let others = runs.dropLast().reduce(0) { $0 + $1.rows }
        let (product, overflow) = largest.multipliedReportingOverflow(by: ratio)
        return !overflow && product <= others
    }

    /// - Parameter runs: ascending.
    private func jobs(_ picture: PartitionPicture, _ runs: [PartitionPicture.Run]) -> [PlannedJob] {
        let others = runs.dropLast().reduce(0) { $0 + $1.rows }
        // The fewest equal runs that meet the criterion are one more than the ratio.
        let fewest = Int(clamping: ratio) + 1
        return jobs(
            picture, runs, cutAt: targetFileSize, score: Double(picture.runs.count) / Double(fewest),
            "the largest of \(runs.count) runs has \(runs.last?.rows ?? 0) rows, the others \(others), "
                + "ratio \(ratio)")
    }
}
