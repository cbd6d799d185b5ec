import Bytes
import JSON
package import Metadata

/// What a session says of a table's compactions in its heartbeat.
package struct CompactionWork: Hashable, Sendable {
    /// How far the jobs are that it runs.
    package var jobs: [JobProgress] = []
    /// What it holds until it is told to go on.
    package var pauses = JobPauses()

    package init(jobs: [JobProgress] = [], pauses: JobPauses = JobPauses()) {
        self.jobs = jobs
        self.pauses = pauses
    }

    var isEmpty: Bool { jobs.isEmpty && pauses.isEmpty }
}

/// What a process does not work on, as a person told it.
package struct JobPauses: Hashable, Sendable {
    /// All of the table.
    package var isTablePaused = false
    package var jobs: Set<JobID> = []

    package init(isTablePaused: Bool = false, jobs: Set<JobID> = []) {
        self.isTablePaused = isTablePaused
        self.jobs = jobs
    }

    package var isEmpty: Bool { !isTablePaused && jobs.isEmpty }

    package func holds(_ job: JobID) -> Bool { isTablePaused || jobs.contains(job) }

    /// What is not understood is passed over: nothing rests on it.
    init(_ value: JSONValue) {
        isTablePaused = value["table"]?.boolValue ?? false
        let names = value["jobs"]?.arrayValue ?? []
        jobs = Set(names.compactMap { $0.stringValue.flatMap { Hex.parse($0.bytes) } }.map { JobID($0) })
    }

    var json: JSONObject {
        [
            "table": .bool(isTablePaused),
            "jobs": .array(jobs.sorted().map { .string(ByteString($0.description)) }),
        ]
    }
}
