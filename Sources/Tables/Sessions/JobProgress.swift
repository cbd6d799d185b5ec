import Bytes
package import Compaction
import JSON
package import Metadata

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

    /// The jobs that this process runs, by table.
    var jobProgress: [ByteString: [JobProgress]] {
        var found: [ByteString: [JobProgress]] = [:]
        for table in openTables where !table.isForeign {
            let running = table.compactor.liveJobs
            if !running.isEmpty { found[table.name] = running.map { JobProgress($0) } }
        }
        return found
    }
}

extension Table {
    /// The jobs of the log, each with what the session that runs it says: this one of now, others of their last beat.
    package func jobViews() -> [JobView] {
        var views = compactor.jobs
        guard views.contains(where: \.isOfOthers) else { return views }
        let progress = jobProgressOfSessions()
        for index in views.indices { views[index].take(progress) }
        return views
    }

    /// One of them; nil where there is no such job.
    package func jobView(_ id: JobID) -> JobView? {
        guard var view = compactor.view(of: id), view.isOfOthers else { return compactor.view(of: id) }
        view.take(jobProgressOfSessions())
        return view
    }

    private func jobProgressOfSessions() -> [SessionID: [JobProgress]] {
        ((try? heartbeats()) ?? []).reduce(into: [:]) { $0[$1.id] = $1.jobs[name] }
    }
}

extension JobView {
    /// Another process runs it: what is known of its progress stands in that one's heartbeat.
    package var isOfOthers: Bool { !isOwn && job.status == .running }

    fileprivate mutating func take(_ progress: [SessionID: [JobProgress]]) {
        guard isOfOthers,
            let told = job.session.flatMap({ progress[$0] })?.first(where: { $0.job == job.id }),
            told.attempt == job.attempt
        else { return }
        told.apply(to: &self)
    }
}
