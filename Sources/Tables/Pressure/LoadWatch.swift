import Bytes
import Compaction
import Metadata
import Planning
import Platform
import Synchronization
import TransactionLog

/// Which partition of a table is the most loaded one in which a compaction can run.
///
/// Runs are counted anew only of partitions that a version has changed, and only so many at a time: a look is
/// short however many partitions there are. As long as a partition's prospect is not known it slows nobody.
final class LoadWatch: Sendable {
    /// What a look has found.
    struct Finding: Hashable, Sendable {
        var partition: PartitionID
        /// As people name it; empty where the table is one partition.
        var path: ByteString
        var runs: Int
        var prospect: CompactionProspect
    }

    private struct Changes {
        var partitions: Set<PartitionID> = []
        /// Any partition may have changed, as at the start.
        var isEverything = true
    }

    private struct Verdict {
        var prospect: CompactionProspect
        var untilNanoseconds: UInt64
    }

    private struct Known {
        var loads: PartitionLoads
        /// Whose runs are to be counted.
        var uncounted: Set<PartitionID> = []
        var verdicts: [PartitionID: Verdict] = [:]
        var finding: Finding?
    }

    /// What one look does at most.
    private static let countLimit = 512
    private static let countNanoseconds: UInt64 = 20_000_000
    private static let questionLimit = 32
    /// How long an answer of the compactor holds: what slows somebody is asked about often.
    private static let ableNanoseconds: UInt64 = 500_000_000
    private static let unableNanoseconds: UInt64 = 5_000_000_000

    private let log: TransactionLog
    private let compactor: Compactor
    private let clock: any Clock
    private let changes = Mutex(Changes())
    private let known: Mutex<Known>

    init(log: TransactionLog, compactor: Compactor, clock: any Clock, limits: Pressure.Limits) {
        self.log = log
        self.compactor = compactor
        self.clock = clock
        let loads = PartitionLoads(leastRuns: limits.slowRuns, mostRuns: limits.hardRuns)
        known = Mutex(Known(loads: loads))
        compactor.onPartitionsChanged { [weak self] partitions in self?.note(partitions) }
    }

    private func note(_ partitions: Set<PartitionID>?) {
        changes.withLock { changes in
            if changes.isEverything { return }
            if let partitions {
                changes.partitions.formUnion(partitions)
            } else {
                changes = Changes()
            }
        }
    }

    /// The load of the table, and what it is that presses.
    func look() -> (load: Pressure.Load, finding: Finding?) {
        known.withLock { known in
            takeChanges(&known)
            count(&known)
            known.finding = nil
            if known.loads.isEmpty { return (.runs(0), nil) }
            if compactor.standstill != nil {
                // Whatever it was that holds it up, the prospects are others afterwards.
                known.verdicts = [:]
                return (.stuck, nil)
            }
            guard let finding = find(&known) else { return (.stuck, nil) }
            known.finding = finding
            return (.runs(finding.runs), finding)
        }
    }

    private func takeChanges(_ known: inout Known) {
        let changes = changes.withLock { changes in
            defer { changes = Changes(isEverything: false) }
            return changes
        }
        if changes.isEverything {
            known.uncounted = candidates(known.loads)
            known.verdicts = [:]
        }
        known.uncounted.formUnion(changes.partitions)
        for partition in changes.partitions { known.verdicts[partition] = nil }
    }

    /// All partitions that may have many runs: a run has at least one file.
    private func candidates(_ loads: PartitionLoads) -> Set<PartitionID> {
        let table = log.current
        let roots = table.files.rootPartitions().filter { $0.fileCount >= loads.leastRuns }.map(\.id)
        return loads.partitions.union(roots).union(table.partitions.sorted().map(\.id))
    }

    private func count(_ known: inout Known) {
        let deadline = clock.monotonicNanoseconds() + Self.countNanoseconds
        for _ in 0..<Self.countLimit {
            guard let partition = known.uncounted.popFirst() else { return }
            known.loads.set(partition, runs: log.current.runs(in: partition).runs.count)
            if clock.monotonicNanoseconds() >= deadline { return }
        }
    }

    /// Thrown where one look has asked enough.
    private struct Enough: Error {}

    private func find(_ known: inout Known) -> Finding? {
        let now = clock.monotonicNanoseconds()
        var questions = 0
        var verdicts = known.verdicts
        defer { known.verdicts = verdicts }
        let found = try? known.loads.mostLoaded(asking: known.finding?.partition) {
            (partition) throws(Enough) -> Bool in
            if let verdict = verdicts[partition], verdict.untilNanoseconds > now {
                return verdict.prospect.canRun
            }
            guard questions < Self.questionLimit else { throw Enough() }
            questions += 1
            let prospect = compactor.prospect(of: partition)
            let lifetime = prospect.canRun ? Self.ableNanoseconds : Self.unableNanoseconds
            verdicts[partition] = Verdict(prospect: prospect, untilNanoseconds: now + lifetime)
            return prospect.canRun
        }
        guard let found, let verdict = verdicts[found.partition] else { return nil }
        return Finding(
            partition: found.partition, path: PartitionPathText(log.current).path(of: found.partition),
            runs: found.runs, prospect: verdict.prospect)
    }
}
