import Synchronization
import Bytes
import Metadata
import Planning
import Platform
import Storage
import Telemetry
import TransactionLog

/// Choosing the next job and taking it in the log.
extension Compactor {
    /// Where to look for work, and what does not count.
    struct Search {
        /// nil is the whole table.
        var partitions: Set<PartitionID>?
        /// Plans new jobs by the table's strategy.
        var plansByStrategy = true
        /// A person waits: neither `compaction.enabled` nor back-off nor a pause of the table holds it up.
        var isForeground = false
    }

    /// The next job that this process can begin, taken in the log and registered as live; nil where there is
    /// none now.
    func takeNext(_ search: Search) -> LiveJob? {
        assigning.withLock { _ in
            // Each conflict shows a newer state; a table busier than this is looked at again soon.
            for _ in 0..<64 {
                let table = log.current
                guard table.definition.provider == "firn" else { return nil }
                if table.deadSessions.contains(context.session) {
                    warnOfDeath()
                    return nil
                }
                look(isForeground: search.isForeground)
                guard let choice = choose(search, in: log.current) else { return nil }
                do throws(CommitError) {
                    _ = try log.commit(choice.transaction)
                } catch {
                    if case .conflict = error { continue }
                    setObstacle("it cannot be assigned: \(error)", for: choice.job)
                    return nil
                }
                if choice.isDone {
                    tell(.aged(choice.job))
                } else {
                    return begin(choice.job, isForeground: search.isForeground)
                }
            }
            return nil
        }
    }

    private func warnOfDeath() {
        let isNew = state.withLock { state in
            defer { state.hasWarnedOfDeath = true }
            return !state.hasWarnedOfDeath
        }
        guard isNew else { return }
        context.logger.warning(
            "\(context.table): session \(context.session) was declared dead; it compacts nothing any more")
    }

    private struct Choice {
        var job: Job
        var transaction: Transaction
        /// With its commit everything is done: nothing is merged.
        var isDone = false
    }

    private func choose(_ search: Search, in table: TableState) -> Choice? {
        let (isPaused, live) = state.withLock { ($0.isPaused, Set($0.live.keys)) }
        if isPaused, !search.isForeground { return nil }
        let running = JobQueue.running(in: table)
        for job in waitingJobs(in: table) where !live.contains(job.id) {
            if let partitions = search.partitions, !partitions.contains(job.partition) { continue }
            if let choice = takeOver(job, search, running, in: table) { return choice }
        }
        return search.plansByStrategy ? planned(search, running, in: table) : nil
    }

    /// Jobs that may be taken, older ones first.
    private func waitingJobs(in table: TableState) -> [Job] {
        var jobs: [Job] = []
        table.jobs.forEach { _, job in
            if job.status == .waiting || (job.status == .running && job.session == context.session) {
                jobs.append(job)
            }
        }
        return jobs.sorted { ($0.createdAtVersion, $0.id) < ($1.createdAtVersion, $1.id) }
    }

    /// A job of the log that waits, or that this session holds without working on it.
    private func takeOver(
        _ job: Job, _ search: Search, _ running: [PartitionID: Int], in table: TableState
    ) -> Choice? {
        var taken = job
        var preconditions: [Precondition] = []
        switch job.status {
        case .setAside: return nil
        case .running:
            // Its end could not be committed. As a new attempt, a commit of the old one comes too late.
            guard job.session == context.session else { return nil }
            guard search.isForeground || !isResting(job) else {
                setObstacle("its end could not be committed; it waits for another attempt", for: job)
                return nil
            }
            preconditions = [.holdsJob(job.id, attempt: job.attempt, session: context.session)]
            taken.attempt += 1
        case .waiting:
            let queue = JobQueue(table.properties)
            let obstacle = obstacle(to: job, search, in: table)
            if let obstacle = obstacle ?? queue.obstacle(to: job.partition, running: running) {
                setObstacle(obstacle, for: job)
                return nil
            }
            preconditions = [.jobIsWaiting(job.id, attempt: job.attempt)] + caps(job.partition, in: table)
        }
        guard hasRoom(for: job, in: table) else { return nil }
        taken.status = .running
        taken.session = context.session
        return Choice(
            job: taken,
            transaction: transaction(
                "ASSIGN COMPACTION", preconditions + [.sessionIsAlive(context.session)],
                [.operation(.putJob(taken))]))
    }

    /// What the commit that begins a job rests on: of two processes that see room for one more, one gets it.
    private func caps(_ partition: PartitionID, in table: TableState) -> [Precondition] {
        let queue = JobQueue(table.properties)
        return [
            .fewerRunning(than: queue.maxJobs, in: nil),
            .fewerRunning(than: queue.maxJobsPerPartition, in: partition),
        ]
    }

    /// Whether a job that stayed this session's without an end is left alone for a while: what kept its end from
    /// being committed, a full disk as a rule, would keep the next one too.
    private func isResting(_ job: Job) -> Bool {
        let now = context.clock.monotonicNanoseconds()
        return state.withLock { state in
            state.notBefore[job.id].map { $0.attempt == job.attempt && now < $0.nanoseconds } ?? false
        }
    }

    func obstacle(to job: Job, _ search: Search, in table: TableState) -> String? {
        if state.withLock({ $0.pausedJobs.contains(job.id) }) { return "paused" }
        if search.isForeground { return nil }
        if !table.properties.compactionEnabled { return "compaction.enabled is false" }
        guard job.failureCount > 0 else { return nil }
        let now = context.clock.monotonicNanoseconds()
        let due = state.withLock { state in
            if let known = state.notBefore[job.id], known.attempt == job.attempt { return known.nanoseconds }
            let factor = Int64(1) << (2 * Int64(min(job.failureCount - 1, 8)))
            let due = now + UInt64(options.backOffMilliseconds * factor) * 1_000_000
            state.notBefore[job.id] = (job.attempt, due)
            return due
        }
        guard now < due else { return nil }
        return "after failure \(job.failureCount) it waits: \(job.lastError?.display ?? "")"
    }

    private func planned(
        _ search: Search, _ running: [PartitionID: Int], in table: TableState
    ) -> Choice? {
        guard table.properties.compactionEnabled || search.isForeground, table.schemaID != nil else {
            return nil
        }
        let (now, nanoseconds) = (context.clock.nowMilliseconds(), context.clock.monotonicNanoseconds())
        while true {
            let planned = state.update { state in
                state.queue.next(
                    JobQueue(table.properties), running: running, now: now, nanoseconds: nanoseconds
                ) { job in search.partitions?.contains(job.partition) ?? true }
            }
            guard let planned else { return nil }
            // Whatever becomes of it, the partition is planned anew.
            state.withLock { _ = $0.changed?.insert(planned.partition) }
            if let choice = choice(planned, in: table) { return choice }
        }
    }

    private func choice(_ planned: PlannedJob, in table: TableState) -> Choice? {
        let partition = planned.partition
        let isFree = planned.inputs.allSatisfy { id in
            guard let file = table.files.view(id) else { return false }
            return table.isReferenced(file, in: partition) && table.holder(of: id, in: partition) == nil
        }
        guard isFree else { return nil }
        let job = job(JobID(context.entropy.identifier()), of: planned, in: table)
        if planned.work == .drop { return dropping(job, in: table) }
        guard hasRoom(for: job, in: table) else { return nil }
        var body = TransactionBody.assignJob(job)
        body.preconditions += caps(partition, in: table)
        return Choice(job: job, transaction: transaction(body))
    }

    /// The record of a planned job that this session takes.
    func job(_ id: JobID, of planned: PlannedJob, in table: TableState) -> Job {
        Job(
            id: id, partition: planned.partition, inputs: planned.inputs,
            finishes: planned.inputs.flatMap { table.finishes(of: $0, in: planned.partition) }.sorted(),
            status: .running, session: context.session, strategy: ByteString(planned.strategy),
            reason: ByteString(planned.reason))
    }

    /// Files of which no row is to be kept leave the table whole.
    private func dropping(_ job: Job, in table: TableState) -> Choice? {
        let files = job.inputs.compactMap { table.files.view($0) }
        // A file that others reference too leaves with its last part.
        guard files.allSatisfy({ table.referenceCount(of: $0.id) == 1 }) else { return nil }
        let now = context.clock.nowMilliseconds()
        var body = TransactionBody(
            "AGE OFF", files.map { .unassigned(file: $0.id, partition: job.partition) },
            files.map { file in
                .remove(
                    FileRemoval(
                        path: file.path, id: file.id, deletionTimestamp: now, dataChange: true,
                        sizeBytes: file.sizeBytes))
            },
            notes: [("partition", job.partition.name), ("reason", job.reason)])
        // Of an upsert table a row that comes back meanwhile might be hidden by one that goes.
        if table.definition.kind == .upsert { body.preconditions.append(.isAt(table.version)) }
        return Choice(job: job, transaction: transaction(body), isDone: true)
    }

    /// Whether the storage has room for the job's outputs beside its inputs; if not, the reason is kept.
    private func hasRoom(for job: Job, in table: TableState) -> Bool {
        guard let lack = lackOfRoom(for: job, in: table) else { return true }
        setObstacle(lack, for: job)
        return false
    }

    /// Why the storage has no room for the job's outputs beside its inputs; nil where it has.
    func lackOfRoom(for job: Job, in table: TableState) -> String? {
        // A storage that cannot tell is asked by writing.
        guard let space = try? context.storage.space() else { return nil }
        let input = job.references.reduce(UInt64(0)) {
            $0 + UInt64(clamping: table.bytes(of: $1.file, in: $1.partition))
        }
        // Passes keep the files of the one before until they are done.
        let copies: UInt64 = job.inputs.count > options.maxInputs ? 2 : 1
        let needed = (input + input / 10) * copies + options.reserveBytes + context.slots.reservedBytes
        guard space.availableBytes < needed else { return nil }
        return
            "\(needed) bytes must be free, 1.1 times the input and a reserve, and \(space.availableBytes) are"
    }

    func setObstacle(_ text: String, for job: Job) {
        state.withLock { state in
            state.jobObstacles[job.id] = text
            state.partitionObstacles[job.partition] = text
        }
    }

    private func begin(_ job: Job, isForeground: Bool) -> LiveJob {
        let table = log.current
        let job = takeKept(for: job)
        return state.withLock { state in
            let live = LiveJob(
                job, in: table, clock: context.clock, slots: context.slots,
                isPaused: state.pausedJobs.contains(job.id), isTablePaused: state.isPaused,
                isForeground: isForeground)
            state.live[job.id] = live
            state.jobObstacles[job.id] = nil
            state.partitionObstacles[job.partition] = nil
            context.slots.reserve(live.reservedBytes)
            return live
        }
    }
}
