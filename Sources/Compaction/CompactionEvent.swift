package import Metadata

/// Something that happened to a job.
package enum CompactionEvent: Sendable {
    /// Asked for by a person, durable and waiting.
    case requested(Job)
    case assigned(Job)
    case progress(JobView)
    case committed(CompactionSummary)
    /// The attempt failed; the job waits for the next one, or was set aside.
    case failed(Job, message: String)
    case cancelled(Job)
    /// Files all of whose rows were too old left the table; nothing was merged.
    case aged(Job)
    /// The attempt ended without harm: the process stops, or the job is no longer this session's.
    case released(Job, message: String)
}

/// What a committed job did.
package struct CompactionSummary: Sendable {
    package var job: Job
    package var version: Version
    package var inputFiles: Int
    package var inputBytes: Int64
    package var rowsIn: Int64
    package var outputs: [FileEntry]
    package var rowsOut: Int64
    package var rowsDropped: Int64
    package var durationMilliseconds: Int64

    package var outputFiles: Int { outputs.count }
    package var outputBytes: Int64 { outputs.reduce(0) { $0 + $1.sizeBytes } }
}
