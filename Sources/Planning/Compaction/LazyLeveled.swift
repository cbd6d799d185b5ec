package import Metadata

/// Tiers above one bottom run.
///
/// The largest run is the bottom. While the others together are small beside it, `fanIn` of them of about one
/// size become one; once all runs together pass `spaceAmplification` times the bottom, everything becomes the
/// new bottom. Nothing happens below `minRuns` runs, and above twice as many a tier that is ready goes before
/// everything. Runs of many small files that follow each other are joined too, tier by tier, up to the target
/// file size.
///
/// Sizes are of one tier where their logarithm to the base `fanIn` has the same whole part, so that a byte is
/// rewritten once a tier. Runs of smaller tiers go along: they cost less than they save.
///
/// Of the runs that are merged, files that overlap nothing stay as they are (``KeySections``), but where an upsert
/// table's whole partition is merged: only then may delete markers go.
package struct LazyLeveled: CompactionStrategy {
    package var fanIn: Int
    package var minRuns: Int
    package var spaceAmplification: Double
    package var targetFileSize: Int64
    /// Most runs that one merge reads at once; more would take its memory.
    package var maxRunsPerJob = 64

    package var name: String { "lazy-leveled" }

    package init(fanIn: Int = 4, minRuns: Int = 5, spaceAmplification: Double = 1.25, targetFileSize: Int64) {
        self.fanIn = fanIn
        self.minRuns = minRuns
        self.spaceAmplification = spaceAmplification
        self.targetFileSize = targetFileSize
    }

    package init(_ properties: TableProperties) {
        self.init(
            fanIn: properties.compactionFanIn, minRuns: properties.compactionMinRuns,
            spaceAmplification: properties.compactionSpaceAmplification,
            targetFileSize: properties.compactionTargetFileSize)
    }

    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        let runs = picture.runs.filter { !$0.isBusy }
        let jobs = merge(runs, of: picture)
        if !jobs.isEmpty || !picture.hasRowKey { return jobs }
        return runs.flatMap { joinNeighbours($0, of: picture) }
    }

    // MARK: Runs

    private func merge(_ runs: [PartitionPicture.Run], of picture: PartitionPicture) -> [PlannedJob] {
        // Without a key nothing is gained by reading what has reached its size; the rest has no bottom.
        let candidates = picture.hasRowKey ? runs : runs.filter { !isSettled($0) }
        guard candidates.count >= minRuns else { return [] }
        let ascending = candidates.sorted { $0.bytes < $1.bytes }
        guard picture.hasRowKey, let bottom = ascending.last else { return mergeTier(ascending, of: picture) }
        // With a merge of the bottom on its way, the largest free run is no bottom.
        let isWhole = runs.count == picture.runs.count && ascending.count <= maxRunsPerJob
        let tiered = mergeTier(isWhole ? ascending.dropLast() : ascending, of: picture)
        let total = ascending.reduce(0) { $0 + $1.bytes }
        let amplification = Double(total) / Double(max(1, bottom.bytes))
        guard isWhole, amplification > spaceAmplification else { return tiered }
        // Where a large merge has waited for long, runs came meanwhile: the small merge that rids of them is first.
        if picture.runs.count > 2 * minRuns, !tiered.isEmpty { return tiered }
        return mergeAll(ascending, amplification, of: picture)
    }

    private func mergeAll(
        _ runs: [PartitionPicture.Run], _ amplification: Double, of picture: PartitionPicture
    ) -> [PlannedJob] {
        let score = max(amplification / spaceAmplification, score(picture))
        let reason =
            "\(runs.count) runs are \(ratioText(amplification)) times the largest, over "
            + ratioText(spaceAmplification)
        return jobs(
            picture, runs, cutAt: picture.kind == .upsert ? nil : targetFileSize, score: score, reason)
    }

    /// The smallest tier with enough runs, and what is smaller.
    private func mergeTier(_ ascending: [PartitionPicture.Run], of picture: PartitionPicture) -> [PlannedJob]
    {
        var start = 0
        while start < ascending.count {
            let tier = tier(ascending[start].bytes)
            var end = start
            while end < ascending.count, self.tier(ascending[end].bytes) == tier { end += 1 }
            if end - start >= fanIn {
                return jobs(
                    picture, Array(ascending[..<end].prefix(maxRunsPerJob)), cutAt: targetFileSize,
                    score: score(picture),
                    "\(end - start) runs of about \(sizeText(ascending[start].bytes)), fan-in \(fanIn)")
            }
            start = end
        }
        return []
    }

    /// What a reader of the partition bears, over what it is to bear.
    private func score(_ picture: PartitionPicture) -> Double { Double(picture.runs.count) / Double(minRuns) }

    private func isSettled(_ run: PartitionPicture.Run) -> Bool {
        run.files.allSatisfy { $0.bytes >= targetFileSize / 2 }
    }

    private func tier(_ bytes: Int64) -> Int {
        var tier = 0
        var rest = bytes
        while rest >= Int64(fanIn) {
            rest /= Int64(fanIn)
            tier += 1
        }
        return tier
    }

    // MARK: Files of one run

    /// Streaks of small files of a run: without this, files that come in key order would stay small for ever.
    private func joinNeighbours(
        _ run: PartitionPicture.Run, of picture: PartitionPicture
    ) -> [PlannedJob] {
        var jobs: [PlannedJob] = []
        var streak: [PartitionPicture.File] = []
        func close() {
            if let files = joinable(streak) {
                var job = job(
                    picture, files: files,
                    "\(files.count) neighbours of together " + sizeText(files.reduce(0) { $0 + $1.bytes }))
                // A reader looks into one file of a run, however many it has: this is half as urgent.
                job.score = Double(files.count) / Double(2 * minRuns)
                jobs.append(job)
            }
            streak = []
        }
        for file in run.files {
            if file.bytes < targetFileSize / 2 { streak.append(file) } else { close() }
        }
        close()
        return jobs
    }

    /// The longest stretch for the smallest tier of which `fanIn` files stand together, with none above it
    /// between them; smaller ones go along.
    private func joinable(_ streak: [PartitionPicture.File]) -> [PartitionPicture.File]? {
        guard streak.count >= minRuns else { return nil }
        let tiers = streak.map { tier($0.bytes) }
        for limit in Set(tiers).sorted() {
            var best = 0..<0
            for stretch in tiers.indices.split(whereSeparator: { tiers[$0] > limit }) {
                let enough = stretch.count { tiers[$0] == limit } >= fanIn && stretch.count >= minRuns
                if enough, stretch.count > best.count { best = stretch.startIndex..<stretch.endIndex }
            }
            if !best.isEmpty { return Array(streak[best]) }
        }
        return nil
    }
}
