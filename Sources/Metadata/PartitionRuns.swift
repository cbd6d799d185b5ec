import Bytes
import Synchronization

/// A set of key-disjoint files of a partition: reading a key looks into at most one of them.
package struct Run: Sendable {
    /// By first key; without a row key by sequence.
    package var files: [FileView]
    package var bytes: Int64
    /// Files of unknown row count add nothing.
    package var rows: Int64
    /// Sequence of the oldest file.
    package var oldestSequence: Int64

    init(_ file: FileView) {
        files = [file]
        bytes = file.sizeBytes
        rows = file.rowCount ?? 0
        oldestSequence = file.sequence
    }

    mutating func insert(_ file: FileView, at index: Int) {
        files.insert(file, at: index)
        bytes += file.sizeBytes
        rows += file.rowCount ?? 0
    }
}

/// The files of one partition as runs, oldest run first.
///
/// With a row key, each file, oldest first, joins the oldest run that it does not overlap: files that come in
/// the order of their keys are one run. Beyond 64 runs the files left are put into as few as hold them. A file without key bounds is a run of its own. Without a row key no
/// file excludes another, and a run is what compaction leaves alone: all files of at least half the target
/// size are one, the files that one job wrote are one, every other file is its own.
package struct PartitionRuns: Sendable {
    package var partition: PartitionID
    package var hasRowKey: Bool
    package var runs: [Run]
    /// Files of jobs that were set aside: live, and outside the runs.
    package var setAside: [FileView]
    package var fileCount: Int
    package var bytes: Int64

    /// Bytes outside the largest run: what is still to be merged into one.
    package var debtBytes: Int64 {
        runs.reduce(0) { $0 + $1.bytes } - (runs.map(\.bytes).max() ?? 0)
    }

    init(
        partition: PartitionID, files: [FileView], setAside: [FileView], hasRowKey: Bool,
        targetFileSize: Int64
    ) {
        self.partition = partition
        self.hasRowKey = hasRowKey
        self.setAside = setAside
        fileCount = files.count + setAside.count
        bytes = (files + setAside).reduce(0) { $0 + $1.sizeBytes }
        let byAge = files.sorted { ($0.sequence, $0.id) < ($1.sequence, $1.id) }
        runs = hasRowKey ? Self.keyed(byAge) : Self.keyless(byAge, targetFileSize: targetFileSize)
    }

    /// The ranges of a run's files, ascending and disjoint.
    private struct Ranges {
        var mins: [ByteString] = []
        var maxs: [ByteString] = []
        /// Nothing is known of the keys: no other file joins.
        var isClosed = false

        /// Where a file of this range goes, or nil where it overlaps one.
        func place(_ range: (min: ByteString, max: ByteString)) -> Int? {
            if isClosed { return nil }
            guard let last = maxs.last, !(last < range.min) else { return maxs.count }
            var low = 0
            var high = maxs.count
            while low < high {
                let middle = (low + high) / 2
                if maxs[middle] < range.min { low = middle + 1 } else { high = middle }
            }
            return low == mins.count || range.max < mins[low] ? low : nil
        }
    }

    /// First fit is tried in this many runs; it costs files times runs.
    private static let firstFitRuns = 64

    private static func keyed(_ files: [FileView]) -> [Run] {
        var runs: [Run] = []
        var ranges: [Ranges] = []
        var rest: [(file: FileView, min: ByteString, max: ByteString)] = []
        for file in files {
            guard let range = file.keyRange, !(range.max < range.min) else {
                runs.append(Run(file))
                ranges.append(Ranges(isClosed: true))
                continue
            }
            var isPlaced = false
            for index in runs.indices {
                guard let place = ranges[index].place(range) else { continue }
                runs[index].insert(file, at: place)
                ranges[index].mins.insert(range.min, at: place)
                ranges[index].maxs.insert(range.max, at: place)
                isPlaced = true
                break
            }
            if isPlaced { continue }
            if runs.count >= firstFitRuns {
                rest.append((file, range.min, range.max))
            } else {
                runs.append(Run(file))
                ranges.append(Ranges(mins: [range.min], maxs: [range.max]))
            }
        }
        return runs + fewest(rest)
    }

    /// The fewest runs that hold the files: each, by first key, joins a run whose last file ended before it.
    private static func fewest(_ files: [(file: FileView, min: ByteString, max: ByteString)]) -> [Run] {
        let starts = files.sorted { $0.min < $1.min }
        let ends = starts.indices.sorted { starts[$0].max < starts[$1].max }
        var runs: [Run] = []
        var runOf = [Int](repeating: 0, count: starts.count)
        var free: [Int] = []
        var ended = 0
        for (index, start) in starts.enumerated() {
            // What ended before this file starts has been placed: its own start is below its end.
            while starts[ends[ended]].max < start.min {
                free.append(runOf[ends[ended]])
                ended += 1
            }
            if let run = free.popLast() {
                runs[run].insert(start.file, at: runs[run].files.count)
                runs[run].oldestSequence = min(runs[run].oldestSequence, start.file.sequence)
                runOf[index] = run
            } else {
                runOf[index] = runs.count
                runs.append(Run(start.file))
            }
        }
        return runs.sorted { $0.oldestSequence < $1.oldestSequence }
    }

    private static func keyless(_ files: [FileView], targetFileSize: Int64) -> [Run] {
        var runs: [Run] = []
        var settled: Int?
        var ofJob: [JobID: Int] = [:]
        for file in files {
            let isSettled = file.sizeBytes >= targetFileSize / 2
            let job = isSettled ? nil : file.job
            if let index = isSettled ? settled : job.flatMap({ ofJob[$0] }) {
                runs[index].insert(file, at: runs[index].files.count)
                continue
            }
            if isSettled { settled = runs.count }
            if let job { ofJob[job] = runs.count }
            runs.append(Run(file))
        }
        return runs
    }
}

extension TableState {
    /// The partition's runs, made at the first question and kept as long as the partition does not change.
    package func runs(in partition: PartitionID) -> PartitionRuns {
        if let known = runCache.withLock({ $0[partition] }) { return known }
        var files: [FileView] = []
        var setAside: [FileView] = []
        for file in self.files(in: partition) {
            let isSetAside = job(holding: file.id, in: partition)?.status == .setAside
            if isSetAside { setAside.append(file) } else { files.append(file) }
        }
        let made = PartitionRuns(
            partition: partition, files: files, setAside: setAside, hasRowKey: !definition.rowKey.isEmpty,
            targetFileSize: properties.compactionTargetFileSize)
        runCache.withLock { $0.set(partition, made) }
        return made
    }

    /// The files with a reference in the partition, explicit or implicit; the implicit ones first.
    package func files(in partition: PartitionID) -> [FileView] {
        let implicit: [FileView]
        if partitions.isEmpty {
            implicit = files.files(in: partition).map { $0 }
        } else if partitions.root(of: partition) == partition {
            implicit = files.unnamedFiles(in: partition)
        } else {
            implicit = files.files(named: partition)
        }
        if references.isEmpty { return implicit }
        return implicit.filter { references.count(of: $0.id) == 0 }
            + references.files(in: partition).compactMap { files.view($0) }
    }

    /// Bytes outside the largest run, over all partitions that have files.
    package var debtBytes: Int64 {
        occupiedPartitions().reduce(0) { $0 + runs(in: $1).debtBytes }
    }

    /// The partitions that some live file is referenced in: the unsplit roots and the nodes of split ones.
    package func occupiedPartitions() -> [PartitionID] {
        occupiedCache.withLock { known in
            if let known { return known }
            let made = makeOccupiedPartitions()
            known = made
            return made
        }
    }

    private func makeOccupiedPartitions() -> [PartitionID] {
        let roots = files.rootPartitions().map(\.id)
        if partitions.isEmpty { return roots }
        var found: Set<PartitionID> = []
        references.forEachPartition { found.insert($0) }
        let candidates = files.namedPartitions().subtracting(found)
            .union(roots.filter { partitions[$0] != nil && !found.contains($0) })
        for partition in candidates where !files(in: partition).isEmpty { found.insert(partition) }
        found.formUnion(roots.filter { partitions[$0] == nil })
        return found.sorted()
    }
}
