package import Bytes
import JSON
package import Metadata
package import Planning
import TransactionLog

/// Compactions that were committed, newest first, and what they cost: from the version files that are left.
package struct JobHistory: Sendable {
    /// One commit of a job. What older programs did not note is nil.
    package struct Entry: Sendable {
        package var version: Version
        /// Epoch milliseconds.
        package var timestamp: Int64
        package var job: JobID?
        package var partition: PartitionID?
        package var strategy: ByteString?
        package var reason: ByteString?
        package var filesIn: Int64
        package var filesOut: Int64
        package var bytesIn: Int64
        package var bytesOut: Int64
        package var rowsIn: Int64?
        package var rowsOut: Int64?
        package var rowsDropped: Int64?
        package var milliseconds: Int64?
    }

    package private(set) var entries: [Entry] = []
    /// The versions that were looked at: these entries, and the bytes below, are all of theirs.
    package private(set) var oldest: Version
    package let newest: Version
    /// Epoch milliseconds of the oldest of them.
    package private(set) var since: Int64
    /// Bytes of files that brought rows.
    package private(set) var bytesIngested: Int64 = 0
    package private(set) var bytesCompacted: Int64 = 0
    package let figures: TableFigures
    private let paths: PartitionPathText

    /// Bytes written, by copying in and by compactions, over those copied in; nil where nothing was.
    package var writeAmplification: Double? {
        bytesIngested > 0 ? Double(bytesIngested + bytesCompacted) / Double(bytesIngested) : nil
    }

    init(_ state: TableState, _ figures: TableFigures) {
        newest = state.version
        oldest = state.version
        since = state.timestamp
        self.figures = figures
        paths = PartitionPathText(state)
    }

    mutating func add(_ transactions: [CommittedTransaction]) {
        for transaction in transactions.reversed() {
            oldest = transaction.version
            since = transaction.timestamp
            let written = WrittenBytes(transaction)
            bytesIngested += written.ingested
            bytesCompacted += written.compacted
            if transaction.operation == "COMPACT" { entries.append(Entry(transaction)) }
        }
    }

    /// What the actions of a transaction say themselves.
    fileprivate struct Tally {
        var job: JobID?
        var filesIn: Int64 = 0
        var filesOut: Int64 = 0
        var bytesIn: Int64 = 0
        var bytesOut: Int64 = 0

        init(_ transaction: CommittedTransaction) {
            for action in transaction.actions {
                switch action {
                case .add(let entry):
                    filesOut += 1
                    bytesOut += entry.sizeBytes
                case .remove(let removal):
                    filesIn += 1
                    bytesIn += removal.sizeBytes ?? 0
                case .operation(.removeReference): filesIn += 1
                case .operation(.removeJob(let id, _)): job = id
                default: break
                }
            }
        }
    }
}

extension JobHistory.Entry {
    /// - Parameter transaction: a commit of a job.
    package init(_ transaction: CommittedTransaction) {
        let tally = JobHistory.Tally(transaction)
        func note(_ name: ByteString) -> ByteString? { transaction.notes.last { $0.name == name }?.value }
        func number(_ name: ByteString) -> Int64? { note(name)?.utf8Text.flatMap { Int64($0) } }
        version = transaction.version
        timestamp = transaction.timestamp
        job = note("job").flatMap { Hex.parse($0.bytes) }.map { JobID($0) } ?? tally.job
        partition = note("partition").map { PartitionID($0) }
        strategy = note("strategy")
        reason = note("reason")
        filesIn = number("filesIn") ?? tally.filesIn
        filesOut = number("filesOut") ?? tally.filesOut
        bytesIn = number("bytesIn") ?? tally.bytesIn
        bytesOut = number("bytesOut") ?? tally.bytesOut
        rowsIn = number("rowsIn")
        rowsOut = number("rowsOut")
        rowsDropped = number("rowsDropped")
        milliseconds = number("milliseconds")
    }
}

// As text, JSON and CSV.
extension JobHistory {
    package func bytes(_ form: ReportForm) -> [UInt8] {
        switch form {
        case .text: return Array((summary + "\n").utf8) + table.text
        case .csv: return table.csv
        case .json:
            var writer = JSONWriter(.compact)
            writer.beginObject()
            writer.field("version", newest.rawValue)
            writer.field("sinceVersion", oldest.rawValue)
            writer.field("since", TimestampText.iso(milliseconds: since))
            writer.field("bytesIngested", bytesIngested)
            writer.field("bytesCompacted", bytesCompacted)
            writer.field("writeAmplification", writeAmplification)
            writer.field("spaceAmplification", figures.spaceAmplification)
            writer.field("readAmplificationMean", figures.readAmplificationMean)
            writer.field("readAmplificationMost", figures.readAmplificationMost)
            writer.key("jobs")
            table.write(to: &writer)
            writer.endObject()
            return writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    private var summary: String {
        let write =
            writeAmplification.map { FixedText.text($0, digits: 2) } ?? "unknown, as nothing was copied in"
        return """
            \(CountText.text(entries.count, "compaction", "compactions")) in versions \(oldest) to \(newest), since \
            \(TimestampText.iso(milliseconds: since))
            write amplification: \(write) (\(ByteCountText.text(bytesIngested)) copied in, \
            \(ByteCountText.text(bytesCompacted)) written by compactions)
            space amplification: \(FixedText.text(figures.spaceAmplification, digits: 2)) (all bytes over those of the \
            largest run of each partition)
            read amplification:  \(FixedText.text(figures.readAmplificationMean, digits: 2)) (runs that a key meets, \
            on average over leaves), \(figures.readAmplificationMost) at most
            """
    }

    private static let columns: [ReportTable.Column] = [
        .init("version", "VERSION", .number), .init("time", "TIME"), .init("job", "JOB"),
        .init("partition", "PARTITION"), .init("strategy", "STRATEGY"), .init("filesIn", "FILES IN", .number),
        .init("filesOut", "OUT", .number), .init("bytesIn", "BYTES IN", .number),
        .init("bytesOut", "OUT", .number),
        .init("rowsIn", "ROWS IN", .number), .init("rowsOut", "OUT", .number),
        .init("rowsDropped", "DROPPED", .number), .init("milliseconds", nil, .number),
        .init("seconds", "TOOK", .shown), .init("reason", "REASON"),
    ]

    private var table: ReportTable {
        var table = ReportTable(Self.columns)
        for entry in entries {
            let duration = entry.milliseconds.map {
                $0 < 10_000
                    ? "\(FixedText.text(Double($0) / 1_000, digits: 2))s" : DurationText.text($0 / 1_000)
            }
            table.append([
                .integer(entry.version.rawValue), .time(entry.timestamp),
                entry.job.map { .text(ByteString($0.description)) } ?? .none,
                entry.partition.map { .text(paths.path(of: $0)) } ?? .none,
                entry.strategy.map { .text($0) } ?? .none, .integer(entry.filesIn), .integer(entry.filesOut),
                .bytes(entry.bytesIn), .bytes(entry.bytesOut), entry.rowsIn.map { .integer($0) } ?? .none,
                entry.rowsOut.map { .integer($0) } ?? .none, entry.rowsDropped.map { .integer($0) } ?? .none,
                entry.milliseconds.map { .integer($0) } ?? .none,
                duration.map { .text(ByteString($0)) } ?? .none, entry.reason.map { .text($0) } ?? .none,
            ])
        }
        return table
    }
}

extension Table {
    /// The compactions that the version files tell of, newest first.
    ///
    /// - Parameters:
    ///   - limit: looks no further back than so many of them.
    ///   - versions: nor than so many versions.
    package func jobHistory(limit: Int, versions: Int64 = .max) throws(StoreError) -> JobHistory {
        let state = state
        var history = JobHistory(state, figures(of: state))
        var version = state.version
        do throws(LogError) {
            while history.entries.count < limit, state.version.rawValue - version.rawValue < versions,
                let transactions = try log.transactions(of: version)
            {
                history.add(transactions)
                version = Version(version.rawValue - 1)
            }
        } catch {
            throw StoreError(error)
        }
        return history
    }
}
