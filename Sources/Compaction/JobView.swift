package import Bytes
package import Metadata

/// Where a job stands, as a person is told.
package enum JobPhase: String, Sendable {
    case waiting
    case assigned
    case merging
    case committing
    case paused
    case setAside = "set aside"
}

/// A job of the log with what is known of its progress.
package struct JobView: Sendable {
    package var job: Job
    package var phase: JobPhase
    /// True where this process runs it; of other sessions' jobs no progress is known.
    package var isOwn: Bool
    package var bytesTotal: Int64
    package var bytesDone: Int64
    package var rowsTotal: Int64
    /// Of this attempt, epoch milliseconds; nil where it does not run here.
    package var startedAtMilliseconds: Int64?
    /// Input bytes a second, pauses counted; nil before anything is known.
    package var bytesPerSecond: Int64?
    package var remainingSeconds: Int64?
    /// Why it waits, was set aside, or exists.
    package var reason: ByteString
    /// Data files that it has finished, relative to the table.
    package var outputs: [ByteString] = []

    package init(
        job: Job, phase: JobPhase, isOwn: Bool, bytesTotal: Int64, bytesDone: Int64, rowsTotal: Int64,
        startedAtMilliseconds: Int64? = nil, bytesPerSecond: Int64? = nil, remainingSeconds: Int64? = nil,
        reason: ByteString
    ) {
        self.job = job
        self.phase = phase
        self.isOwn = isOwn
        self.bytesTotal = bytesTotal
        self.bytesDone = bytesDone
        self.rowsTotal = rowsTotal
        self.startedAtMilliseconds = startedAtMilliseconds
        self.bytesPerSecond = bytesPerSecond
        self.remainingSeconds = remainingSeconds
        self.reason = reason
    }
}
