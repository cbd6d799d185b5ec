import Bytes
package import Compaction
import JSON
package import Metadata

/// The compaction jobs of a table as text, JSON and CSV.
package struct JobListing: Sendable {
    private let views: [JobView]
    private let version: Version
    private let paths: PartitionPathText

    package init(_ views: [JobView], in state: TableState) {
        self.views = views
        version = state.version
        paths = PartitionPathText(state)
    }

    package var isEmpty: Bool { views.isEmpty }

    package func bytes(_ form: ReportForm) -> [UInt8] {
        switch form {
        case .text: return Array((summary + "\n").utf8) + table.text
        case .csv: return table.csv
        case .json:
            var writer = JSONWriter(.compact)
            write(to: &writer)
            return writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("version", version.rawValue)
        for (name, count) in counts { writer.field(name, count) }
        writer.key("jobs")
        table.write(to: &writer)
        writer.endObject()
    }

    private var counts: [(name: String, count: Int)] {
        [("running", Job.Status.running), ("waiting", .waiting), ("setAside", .setAside)].map {
            name, status in
            (name, views.lazy.filter { $0.job.status == status }.count)
        }
    }

    /// `3 jobs at version 41: 1 running, 2 waiting, 0 set aside`.
    package var summary: String {
        let parts = zip(counts, ["running", "waiting", "set aside"]).map { "\($0.count) \($1)" }
        return
            "\(CountText.text(views.count, "job", "jobs")) at version \(version): \(parts.joined(separator: ", "))"
    }

    private static let columns: [ReportTable.Column] = [
        .init("job", "JOB"), .init("state", "STATE"), .init("partition", "PARTITION"),
        .init("inputs", "INPUTS", .number), .init("bytes", "BYTES", .number),
        .init("bar", "PROGRESS", .shown),
        .init("percent", "", .number), .init("bytesDone", nil, .number),
        .init("bytesPerSecond", "RATE", .number),
        .init("remainingSeconds", "LEFT", .number), .init("attempt", "ATTEMPT", .number),
        .init("failures", nil, .number), .init("strategy", nil), .init("session", nil), .init("created", nil),
        .init("started", nil), .init("reason", nil), .init("error", nil), .init("told", "REASON", .shown),
    ]

    private var table: ReportTable {
        var table = ReportTable(Self.columns)
        for view in views { table.append(row(view)) }
        return table
    }

    private func row(_ view: JobView) -> [ReportTable.Cell] {
        let job = view.job
        let share = view.bytesTotal > 0 ? Double(view.bytesDone) / Double(view.bytesTotal) : 0
        let isUnderWay = job.status == .running
        return [
            .text(ByteString(job.id.description)), .text(ByteString(view.phase.rawValue)),
            .text(paths.path(of: job.partition)), .integer(Int64(job.inputs.count)), .bytes(view.bytesTotal),
            isUnderWay ? .bar(share) : .none, isUnderWay ? .percent(share * 100) : .none,
            .bytes(view.bytesDone), view.bytesPerSecond.map { .rate($0) } ?? .none,
            view.remainingSeconds.map { .seconds($0) } ?? .none, .integer(Int64(job.attempt)),
            .integer(Int64(job.failureCount)), .text(job.strategy),
            job.session.map { .text(ByteString($0.description)) } ?? .none, .time(job.createdAtTimestamp),
            view.startedAtMilliseconds.map { .time($0) } ?? .none, .text(job.reason),
            job.lastError.map { .text($0) } ?? .none, .text(view.reason),
        ]
    }
}

extension Table {
    /// Its jobs now.
    package func jobListing() -> JobListing { JobListing(jobViews(), in: state) }
}
