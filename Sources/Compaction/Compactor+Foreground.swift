import Bytes
import TransactionLog
package import Metadata
package import Platform

/// Working while somebody waits.
extension Compactor {
    /// What is merged in the foreground, beside the jobs that wait already.
    package enum Scope: Sendable {
        /// What the table's strategy would do.
        case strategy
        /// All files of every partition into one run.
        case everything
    }

    package struct ForegroundResult: Sendable {
        package var committed: [CompactionSummary] = []
        /// Jobs that failed, at each attempt.
        package var failed: [(job: Job, message: String)] = []
        /// Jobs of others, jobs set aside, and why work was left.
        package var left: [JobView] = []
        package var obstacles: [PartitionID: String] = [:]
        package var wasCancelled = false
    }

    /// Begins and ends the work that there is now, in the calling thread; how many attempts there were.
    @discardableResult
    package func runOnce() -> Int {
        var count = 0
        while !state.withLock({ $0.isStopped }), let live = takeNext(Search()) {
            context.slots.take()
            run(live)
            context.slots.release()
            count += 1
        }
        return count
    }

    /// Merges what waits and what the scope adds, in one partition or all, in the calling thread.
    ///
    /// A job's failure does not end the run: it is tried again at once until it is set aside. Jobs that other
    /// sessions run are left to them.
    ///
    /// - Parameters:
    ///   - progress: called with each job when it begins, about once a second, and at its end.
    ///   - cancellation: stops the running job, which is released, and the run.
    package func foreground(
        partition: PartitionID? = nil, scope: Scope = .everything,
        progress: @escaping @Sendable (JobView) -> Void = { _ in },
        cancellation: Cancellation = Cancellation()
    ) throws(CompactionRefusal) -> ForegroundResult {
        guard log.current.definition.provider == "firn" else { throw .foreign }
        look(isForeground: true)
        if scope == .everything { try requestEverything(partition) }
        var result = ForegroundResult()
        let search = Search(
            partitions: partition.map { Set(log.current.partitions.nodes(below: $0)) },
            plansByStrategy: scope == .strategy, isForeground: true)
        while !cancellation.isCancelled, let live = takeNext(search) {
            context.slots.take()
            progress(live.view())
            let watch = ProgressWatch(live, progress, cancellation)
            let ending = run(live)
            watch.end()
            context.slots.release()
            progress(live.view())
            switch ending {
            case .committed(let summary): result.committed.append(summary)
            case .failed(let job, let message): result.failed.append((job, message))
            case .cancelled: break
            case .released where cancellation.isCancelled: break
            case .released(let job, let message):
                // Without an end in the log it would be taken up again and again.
                result.failed.append((job, message))
                if log.current.jobs[job.id] != nil { result.left = jobs; return result }
            }
        }
        result.wasCancelled = cancellation.isCancelled
        result.left = jobs.filter { search.partitions?.contains($0.job.partition) ?? true }
        result.obstacles = obstacles
        return result
    }

    private func requestEverything(_ only: PartitionID?) throws(CompactionRefusal) {
        let table = log.current
        var partitions = table.occupiedPartitions()
        if let only {
            let below = Set(table.partitions.nodes(below: only))
            partitions = partitions.filter(below.contains)
            if partitions.isEmpty { partitions = [only] }
        }
        for partition in partitions { try requestWhatIsFree(partition) }
    }

    /// Others may take or replace files between the look and the commit; then it is looked at again. What has a job
    /// already is done by that job.
    private func requestWhatIsFree(_ partition: PartitionID) throws(CompactionRefusal) {
        for _ in 0..<Self.requestAttempts {
            do throws(CompactionRefusal) {
                _ = try request(partitions: [partition])
                return
            } catch {
                switch error {
                case .partitionInJob, .emptyPartition: return
                case .inJob, .gone, .notLive, .notReferenced: _ = try? log.refresh()
                default: throw error
                }
            }
        }
    }

    /// A table that others compact all the time is theirs after so many looks.
    private static let requestAttempts = 20
}

/// Shows the progress of a job to who waits for it, and stops it when they do no more.
private final class ProgressWatch: Sendable {
    private let isEnded = Monitor(false)
    private let thread: Thread

    init(
        _ live: LiveJob, _ progress: @escaping @Sendable (JobView) -> Void, _ cancellation: Cancellation
    ) {
        let isEnded = isEnded
        thread = Thread.spawn(name: "progress") {
            var count = 0
            while isEnded.wait(atMostNanoseconds: 100_000_000, until: { $0 ? true : nil }) == nil {
                if cancellation.isCancelled { live.requestStop(.stopping) }
                count += 1
                if count % 10 == 0 { progress(live.view()) }
            }
        }
    }

    func end() {
        isEnded.update { $0 = true }
        thread.join()
    }
}
