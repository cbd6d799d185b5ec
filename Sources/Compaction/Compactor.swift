import Bytes
package import Metadata
import Planning
import Platform
import Synchronization
import Telemetry
import TransactionLog

/// Merges the files of one table: by its strategy, and as people ask.
///
/// What is to be done stands in the log, as jobs; this object holds only what is under way and what waits here
/// for room or time. Several processes may have one for the same table.
package final class Compactor: Sendable {
    struct State {
        var isStarted = false
        var isStopped = false
        var isPaused = false
        var hasWarnedOfDeath = false
        var wakeCount = 0
        var live: [JobID: LiveJob] = [:]
        /// Jobs that a person paused, running or not.
        var pausedJobs: Set<JobID> = []
        /// When the attempt of a job that failed may begin, by the monotonic clock.
        var notBefore: [JobID: (attempt: Int, nanoseconds: UInt64)] = [:]
        /// Partitions to look at; nil is all of them.
        var changed: Set<PartitionID>?
        /// Why a job or a partition waits.
        var jobObstacles: [JobID: String] = [:]
        var partitionObstacles: [PartitionID: String] = [:]
        var scheduler: Thread?
        var workers: [JobID: Thread] = [:]
        /// Finished ranges of jobs that were cancelled.
        var kept: [KeptJob] = []
        /// Jobs that the strategy wants, most pressing first, and when they were planned.
        var queue = PlanQueue()
        /// Leaves of one key above the threshold of splits.
        var unsplittable: [PartitionID: ByteString] = [:]
        var partitionObservers: [@Sendable (Set<PartitionID>?) -> Void] = []
        /// Who wants to know how jobs end.
        var followers: [JobFollower] = []

        /// Nothing stands in the way of a job that ended, was set aside, or is run by another session.
        mutating func forgetObstacles(_ old: TableState, _ new: TableState, session: SessionID) {
            for (id, obstacle) in jobObstacles {
                if let job = new.jobs[id] {
                    if job.status == .waiting || (job.status == .running && job.session == session) {
                        continue
                    }
                }
                jobObstacles[id] = nil
                if let partition = old.jobs[id]?.partition, partitionObstacles[partition] == obstacle {
                    partitionObstacles[partition] = nil
                }
            }
        }
    }

    package let context: CompactionContext
    package let options: CompactionOptions
    let state = Monitor(State())
    /// Held from the choice of a job to the commit that takes it.
    let assigning = Mutex<Void>(())

    package init(_ context: CompactionContext, options: CompactionOptions = CompactionOptions()) {
        self.context = context
        self.options = options
        context.log.addObserver { [weak self] old, new, transactions in
            self?.observe(old, new, transactions)
        }
        context.slots.onRelease { [weak self] in self?.wake() }
    }

    deinit {
        assert(state.withLock { $0.isStopped || !$0.isStarted }, "a compactor is stopped before it goes")
    }

    var log: TransactionLog { context.log }

    /// All jobs of the table: those of the log, with the progress of those that run here.
    package var jobs: [JobView] {
        let table = log.current
        return table.jobs.values.sorted { ($0.createdAtVersion, $0.id) < ($1.createdAtVersion, $1.id) }.map {
            view(of: $0, in: table)
        }
    }

    /// One of them.
    package func view(of id: JobID) -> JobView? {
        let table = log.current
        return table.jobs[id].map { view(of: $0, in: table) }
    }

    /// The jobs that run here.
    package var liveJobs: [JobView] {
        state.withLock { Array($0.live.values) }.map { $0.view() }.sorted { $0.job.id < $1.job.id }
    }

    private func view(of job: Job, in table: TableState) -> JobView {
        let (live, isPaused, obstacle) = state.withLock {
            ($0.live[job.id], $0.isPaused || $0.pausedJobs.contains(job.id), $0.jobObstacles[job.id])
        }
        if let live, live.job.attempt == job.attempt { return live.view() }
        let files = job.inputs.compactMap { table.files.view($0) }
        let phase: JobPhase =
            switch job.status {
            case .setAside: .setAside
            case .running: .assigned
            case .waiting: isPaused ? .paused : .waiting
            }
        let waits = job.status == .waiting ? obstacle.map { ByteString($0) } : nil
        var view = JobView(
            job: job, phase: phase, isOwn: job.session == context.session,
            bytesTotal: job.references.reduce(0) { $0 + table.bytes(of: $1.file, in: $1.partition) },
            bytesDone: 0, rowsTotal: files.reduce(0) { $0 + ($1.rowCount ?? 0) },
            reason: waits ?? (job.status == .running ? nil : job.lastError) ?? job.reason)
        view.outputs = job.parts.flatMap(\.outputs).map(\.path)
        return view
    }

    /// Why partitions with work do not get a job, in words.
    package var obstacles: [PartitionID: String] { state.withLock { $0.partitionObstacles } }

    package var isPaused: Bool { state.withLock { $0.isPaused } }

    /// Whether all jobs are held in this process, and which of them by themselves.
    package var pauses: (isTablePaused: Bool, jobs: Set<JobID>) {
        state.withLock { ($0.isPaused, $0.pausedJobs) }
    }

    /// True where another process took this one for dead: it works on nothing until it has a new session.
    package var isDeclaredDead: Bool { log.current.deadSessions.contains(context.session) }

    /// Looks for work now.
    package func wake() { state.update { $0.wakeCount += 1 } }

    /// Called for every new version, by the thread that found it.
    private func observe(_ old: TableState, _ new: TableState, _ transactions: [CommittedTransaction]) {
        var changed: Set<PartitionID> = []
        var isEverything = false
        for transaction in transactions {
            for action in transaction.actions {
                switch action {
                case .add(let entry):
                    changed.insert(
                        entry.partition
                            ?? PartitionID(
                                RootPath.path(
                                    columns: new.definition.partitionColumns, tuple: entry.partitionValues)))
                case .remove(let removal):
                    if let file = old.files.view(removal.id) { changed.formUnion(old.partitions(of: file)) }
                case .operation(.putReference(let reference)): changed.insert(reference.partition)
                case .operation(.splitReference(let split)):
                    changed.formUnion(split.parts.map(\.partition))
                    changed.insert(split.partition)
                case .operation(.removeReference(_, let partition, _)): changed.insert(partition)
                case .operation(.putPartition(let partition)): changed.insert(partition.id)
                case .operation(.putJob(let job)): changed.formUnion(job.references.map(\.partition))
                case .operation(.removeJob(let id, _)):
                    changed.formUnion(old.jobs[id]?.references.map(\.partition) ?? [])
                case .definition, .operation(.setProperty): isEverything = true
                default: break
                }
            }
        }
        for follower in state.withLock({ $0.followers }) { follower.observe(old, transactions) }
        let (live, observers) = state.update { state in
            if isEverything { state.changed = nil } else { state.changed?.formUnion(changed) }
            state.wakeCount += 1
            state.notBefore = state.notBefore.filter { new.jobs[$0.key]?.attempt == $0.value.attempt }
            state.pausedJobs = state.pausedJobs.filter { new.jobs[$0] != nil }
            state.forgetObstacles(old, new, session: context.session)
            return (state.live, state.partitionObservers)
        }
        for observer in observers { observer(isEverything ? nil : changed) }
        for (id, own) in live where !holds(id, own.job.attempt, in: new) { own.requestStop(.lost) }
    }

    /// Whether the log says that this session runs the job as this attempt.
    func holds(_ id: JobID, _ attempt: Int, in table: TableState) -> Bool {
        guard let job = table.jobs[id] else { return false }
        return job.status == .running && job.attempt == attempt && job.session == context.session
            && !table.deadSessions.contains(context.session)
    }

    func tell(_ event: CompactionEvent) { context.onEvent(event) }

    func transaction(
        _ operation: ByteString, _ preconditions: [Precondition], _ actions: [Action]
    ) -> Transaction {
        Transaction(
            id: CommitID(high: context.entropy.uint64(), low: context.entropy.uint64()),
            operation: operation, session: context.session, preconditions: preconditions, actions: actions)
    }

    func transaction(_ body: TransactionBody) -> Transaction {
        body.transaction(
            id: CommitID(high: context.entropy.uint64(), low: context.entropy.uint64()),
            session: context.session)
    }
}
