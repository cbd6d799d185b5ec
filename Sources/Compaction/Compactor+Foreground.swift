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

    /// What became of the jobs of a run: those that were asked for, and those that it took up.
    package struct ForegroundResult: Sendable {
        package var committed: [CompactionSummary] = []
        /// Attempts that failed; the job may have been committed later.
        package var failed: [(job: Job, message: String)] = []
        /// Those that other processes committed.
        package var elsewhere: [JobEnd] = []
        /// Those that somebody cancelled or gave up.
        package var cancelled: [Job] = []
        /// Those that are not done: set aside, or without what they need. Where everything was asked for, also the others
        /// that were set aside, as their files are not merged.
        package var left: [JobView] = []
        /// Why something in the partitions that were asked for is not done.
        package var obstacles: [PartitionID: String] = [:]
        package var wasCancelled = false

        /// Whether all is done that was to be done.
        package var isDone: Bool { !wasCancelled && cancelled.isEmpty && left.isEmpty && obstacles.isEmpty }
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
    /// A job's failure does not end the run: it is tried again at once until it is set aside. Jobs that other sessions
    /// run are left to them; the run waits for the end of those that it asked for or took up, as long as somebody works.
    ///
    /// - Parameters:
    ///   - view: what is known of a job, also where another session runs it.
    ///   - progress: called with each job when it begins, about once a second, and at its end.
    ///   - cancellation: stops the running job, which is released, and the run.
    package func foreground(
        partition: PartitionID? = nil, scope: Scope = .everything,
        view: (@Sendable (JobID) -> JobView?)? = nil,
        progress: @escaping @Sendable (JobView) -> Void = { _ in },
        cancellation: Cancellation = Cancellation()
    ) throws(CompactionRefusal) -> ForegroundResult {
        guard log.current.definition.provider == "firn" else { throw .foreign }
        let follower = JobFollower()
        state.withLock { $0.followers.append(follower) }
        defer { state.withLock { $0.followers.removeAll { $0 === follower } } }
        look(isForeground: true)
        var followed = scope == .everything ? try requestEverything(partition) : []
        var result = ForegroundResult()
        let partitions = partition.map { Set(log.current.partitions.nodes(below: $0)) }
        let search = Search(
            partitions: partitions, plansByStrategy: scope == .strategy, isForeground: true)
        while !cancellation.isCancelled {
            let version = log.current.version
            if let live = takeNext(search) {
                followed.insert(live.job.id)
                if !run(live, progress, cancellation, &result) { break }
                continue
            }
            let other = runElsewhere(followed)
            if let told = other.flatMap(view ?? self.view(of:)) { progress(told) }
            // What has changed since the look may be for this process to take.
            if log.current.version != version { continue }
            if other == nil { break }
            wait(cancellation)
        }
        result.wasCancelled = cancellation.isCancelled
        conclude(&result, followed, follower)
        if scope == .everything {
            result.left += jobs.filter {
                $0.phase == .setAside && !followed.contains($0.job.id)
                    && partitions?.contains($0.job.partition) ?? true
            }
        }
        result.obstacles = obstacles.filter { partitions?.contains($0.key) ?? true }
        return result
    }

    /// Runs a job to its end; false where nothing is to be taken up after it.
    private func run(
        _ live: LiveJob, _ progress: @escaping @Sendable (JobView) -> Void, _ cancellation: Cancellation,
        _ result: inout ForegroundResult
    ) -> Bool {
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
            result.failed.append((job, message))
            // Without an end in the log it would be taken up again and again.
            return log.current.jobs[job.id].map { $0.session != context.session } ?? true
        }
        return true
    }

    /// A job of these that somebody else works on, or that waits for what somebody else holds; nil where all have
    /// ended, or nobody works who could make room.
    private func runElsewhere(_ followed: Set<JobID>) -> JobID? {
        let table = (try? log.refresh()) ?? log.current
        let open = followed.compactMap { table.jobs[$0] }.filter { $0.status != .setAside }.sorted {
            ($0.createdAtVersion, $0.id) < ($1.createdAtVersion, $1.id)
        }
        func isOfOthers(_ job: Job) -> Bool { job.status == .running && job.session != context.session }
        if let running = open.first(where: isOfOthers) { return running.id }
        return table.jobs.values.contains(where: isOfOthers) ? open.first?.id : nil
    }

    /// Until there may be something new to see.
    private func wait(_ cancellation: Cancellation) {
        let seen = state.withLock { $0.wakeCount }
        for _ in 0..<4 where !cancellation.isCancelled {
            let isNew = state.wait(atMostNanoseconds: 50_000_000) { $0.wakeCount != seen ? true : nil }
            if isNew != nil { return }
        }
    }

    /// What became of the jobs of a run beside those that it committed.
    private func conclude(
        _ result: inout ForegroundResult, _ followed: Set<JobID>, _ follower: JobFollower
    ) {
        let own = Set(result.committed.map(\.job.id))
        for id in followed.subtracting(own).sorted() {
            if let view = view(of: id) {
                result.left.append(view)
            } else if let end = follower.end(of: id) {
                switch end.outcome {
                case .committed: result.elsewhere.append(end)
                case .cancelled, .failed: result.cancelled.append(end.job)
                }
            }
        }
    }

    /// The jobs that were made, and those that hold all of a partition already.
    private func requestEverything(_ only: PartitionID?) throws(CompactionRefusal) -> Set<JobID> {
        let table = log.current
        var partitions = table.occupiedPartitions()
        if let only {
            let below = Set(table.partitions.nodes(below: only))
            partitions = partitions.filter(below.contains)
        }
        var jobs: Set<JobID> = []
        for partition in partitions { jobs.formUnion(try requestWhatIsFree(partition)) }
        return jobs
    }

    /// Others may take or replace files between the look and the commit; then it is looked at again. What has a job
    /// already is done by that job.
    private func requestWhatIsFree(_ partition: PartitionID) throws(CompactionRefusal) -> [JobID] {
        for _ in 0..<Self.requestAttempts {
            do throws(CompactionRefusal) {
                return try request(partitions: [partition])
            } catch {
                switch error {
                case .partitionInJob(_, let job): return [job]
                case .emptyPartition: return []
                case .inJob, .gone, .notLive, .notReferenced: _ = try? log.refresh()
                default: throw error
                }
            }
        }
        return []
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
