import Bytes
package import Compaction
import JSON
package import Metadata
import Storage
import Telemetry

/// How far a session is with a job, as its heartbeat says.
package struct JobProgress: Hashable, Sendable {
    package var job: JobID
    package var attempt: Int
    package var phase: JobPhase
    package var bytesTotal: Int64
    package var bytesDone: Int64
    package var bytesPerSecond: Int64?
    package var remainingSeconds: Int64?
    /// Of the attempt, epoch milliseconds.
    package var startedAtMilliseconds: Int64?

    package init(_ view: JobView) {
        job = view.job.id
        attempt = view.job.attempt
        phase = view.phase
        bytesTotal = view.bytesTotal
        bytesDone = view.bytesDone
        bytesPerSecond = view.bytesPerSecond
        remainingSeconds = view.remainingSeconds
        startedAtMilliseconds = view.startedAtMilliseconds
    }

    /// nil where it is not understood.
    init?(_ value: JSONValue) {
        guard let id = value["job"]?.stringValue.flatMap({ Hex.parse($0.bytes) }),
            let attempt = value["attempt"]?.int64Value,
            let phase = value["phase"]?.textValue.flatMap(JobPhase.init),
            let total = value["bytesTotal"]?.int64Value, let done = value["bytesDone"]?.int64Value
        else { return nil }
        job = JobID(id)
        self.attempt = Int(clamping: attempt)
        self.phase = phase
        bytesTotal = total
        bytesDone = done
        bytesPerSecond = value["bytesPerSecond"]?.int64Value
        remainingSeconds = value["remainingSeconds"]?.int64Value
        startedAtMilliseconds = value["startedAt"]?.int64Value
    }

    var json: JSONObject {
        var object: JSONObject = [
            "job": .string(ByteString(job.description)), "attempt": .integer(Int64(attempt)),
            "phase": .string(phase.rawValue), "bytesTotal": .integer(bytesTotal),
            "bytesDone": .integer(bytesDone),
        ]
        object["bytesPerSecond"] = bytesPerSecond.map { .integer($0) }
        object["remainingSeconds"] = remainingSeconds.map { .integer($0) }
        object["startedAt"] = startedAtMilliseconds.map { .integer($0) }
        return object
    }

    /// Tells of a job in the log what its session says of it.
    func apply(to view: inout JobView) {
        view.phase = phase
        view.bytesTotal = bytesTotal
        view.bytesDone = bytesDone
        view.bytesPerSecond = bytesPerSecond
        view.remainingSeconds = remainingSeconds
        view.startedAtMilliseconds = startedAtMilliseconds
    }
}

extension Store {
    /// What a session last said of itself.
    package func heartbeat(of session: SessionID) -> Heartbeat? {
        (try? context.sessions.heartbeats())?.first { $0.id == session }
    }

    /// What this process compacts and holds back, by table.
    var compactionWork: [ByteString: CompactionWork] {
        var found: [ByteString: CompactionWork] = [:]
        for table in openTables where !table.isForeign {
            let work = table.compactionWork
            if !work.isEmpty { found[table.name] = work }
        }
        return found
    }
}

extension Table {
    var compactionWork: CompactionWork {
        let (isTablePaused, jobs) = compactor.pauses
        return CompactionWork(
            jobs: compactor.liveJobs.map { JobProgress($0) },
            pauses: JobPauses(isTablePaused: isTablePaused, jobs: jobs))
    }

    /// Holds all compactions of the table in this process, or lets them go on; others are told at once.
    package func setCompactionPaused(_ isPaused: Bool) {
        if isPaused { compactor.pause() } else { compactor.resume() }
        publishCompactionWork()
    }

    /// The same of one job.
    package func setCompactionPaused(_ isPaused: Bool, _ job: JobID) throws(CompactionRefusal) {
        if isPaused { try compactor.pause(job) } else { try compactor.resume(job) }
        publishCompactionWork()
    }

    private func publishCompactionWork() {
        context.session.report(compactionWork, of: name)
        do throws(StorageError) {
            try context.session.beat()
        } catch {
            // It is in the next beat.
            context.log.warning("the heartbeat cannot be written: \(error)")
        }
    }

    /// The jobs of the log, each with what the sessions say of it: this one as of now, others as of their last beats.
    package func jobViews() -> [JobView] {
        var views = compactor.jobs
        guard views.contains(where: \.isToldByOthers) else { return views }
        let sessions = OtherSessions(of: self)
        for index in views.indices { sessions.tell(&views[index]) }
        return views
    }

    /// One of them; nil where there is no such job.
    package func jobView(_ id: JobID) -> JobView? {
        guard var view = compactor.view(of: id), view.isToldByOthers else { return compactor.view(of: id) }
        OtherSessions(of: self).tell(&view)
        return view
    }
}

extension JobView {
    /// Where it stands is in the heartbeats of other processes: one runs it, or may hold it.
    package var isToldByOthers: Bool {
        switch job.status {
        case .running: !isOwn
        case .waiting: phase != .paused
        case .setAside: false
        }
    }
}

/// What the other sessions of a store say of a table's jobs.
private struct OtherSessions {
    private var progress: [SessionID: [JobProgress]] = [:]
    private var pauses: [(command: ByteString, jobs: JobPauses)] = []

    init(of table: Table) {
        let observer = SessionObserver()
        for heartbeat in (try? table.heartbeats()) ?? [] where heartbeat.id != table.context.session.id {
            guard let work = heartbeat.work[table.name] else { continue }
            progress[heartbeat.id] = work.jobs
            // A pause ends with its process.
            guard !work.pauses.isEmpty, !observer.isCertainlyDead(heartbeat) else { continue }
            pauses.append((heartbeat.command, work.pauses))
        }
        pauses.sort { $0.command < $1.command }
    }

    func tell(_ view: inout JobView) {
        guard view.isToldByOthers else { return }
        let job = view.job
        if job.status == .waiting {
            guard let pause = pauses.first(where: { $0.jobs.holds(job.id) }) else { return }
            view.phase = .paused
            view.reason = "paused in " + pause.command
        } else if let told = job.session.flatMap({ progress[$0] })?.first(where: { $0.job == job.id }),
            told.attempt == job.attempt
        {
            told.apply(to: &view)
        }
    }
}
