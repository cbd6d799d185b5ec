import Bytes
import Compaction
import Metadata
import Platform
import Synchronization
import Tables

/// `firn compact`: merges a table's files in the foreground, with or without a mount beside it.
enum CompactCommand: Command {
    static let syntax = CommandSyntax(
        name: "compact", operands: "STORE/TABLE [PARTITION]",
        summary: "Merge the files of a table, or of one partition, and show the progress",
        options: [
            .init("all", short: "a", help: "everything into one run, not only what the strategy would merge")
        ],
        details: """
            Without --all it does what a mount would do by itself: jobs that wait, references that are to be moved down,
            leaves that are to be split, and the merges of compaction.strategy. With --all the files of each leaf become
            one run; a PARTITION always does, with everything below it. Works on everything that is in no other job: those
            of a mount on the same store go on beside it, and nothing is merged twice. A mount may take up what this command
            asked for; then it is waited for.

            PARTITION is a path below partitions/ of a mount, such as date=2024-01-01/region=eu/id-to-500, or an id. An
            interrupt ends the command; the job that runs is released, and goes on where it was the next time.

            The exit status is 0 where all is done that was asked for, 1 where a job was set aside, was cancelled, or lacks
            what it needs, and 130 after an interrupt.

            examples:
              firn compact store/flights
              firn compact store/flights month=1
              firn compact store/flights --all
            """)

    private static let signals: [Signal] = [.interrupt, .terminate, .hangUp]

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 1 || operands.count == 2 else {
            throw UsageError("STORE/TABLE and perhaps PARTITION are expected", command: syntax.name)
        }
        // Before the first thread starts, so that no thread is ended by them.
        Signals.block(signals)
        return try TableAddress(operands[0]).withTable(command: "compact", watchesSessions: true) {
            store, table in
            try table.checkWritable()
            let partition = try operands.dropFirst().first.map {
                try PartitionPathText(table.state).known($0)
            }
            table.releaseJobsOfEndedProcesses()
            let progress = JobBars(console: console, paths: PartitionPathText(table.state))
            let interrupt = Interrupt(signals)
            let before = table.state
            let result = try table.compactor.foreground(
                partition: partition,
                scope: arguments.has("all") || partition != nil ? .everything : .strategy,
                view: { table.jobView($0) }, progress: { progress.show($0) },
                cancellation: interrupt.cancellation)
            progress.end()
            interrupt.end()
            let after = try table.refresh()
            let paths = PartitionPathText(after)
            for summary in result.committed { console.print(CompactText.line(summary, paths)) }
            for end in result.elsewhere { console.print(CompactText.line(end, store, paths)) }
            console.print(
                "\(before.fileCount) files before, \(after.fileCount) after, version \(after.version)")
            for note in CompactText.notes(result, paths) { console.note("firn: \(note)") }
            if result.wasCancelled {
                console.note("firn: interrupted; what was running here is released")
                return 130
            }
            return result.isDone ? 0 : 1
        }
    }
}

/// What is told at the end of a run.
private enum CompactText {
    static func name(_ partition: PartitionID, _ paths: PartitionPathText) -> String {
        let path = paths.path(of: partition)
        return path.isEmpty ? "all rows" : path.display
    }

    /// What a committed job did.
    static func line(_ summary: CompactionSummary, _ paths: PartitionPathText) -> String {
        let dropped = summary.rowsDropped > 0 ? ", \(summary.rowsDropped) dropped" : ""
        return
            "\(name(summary.job.partition, paths)): \(summary.inputFiles) files (\(ByteCountText.text(summary.inputBytes))) "
            + "into \(summary.outputFiles) (\(ByteCountText.text(summary.outputBytes))), \(summary.rowsOut) rows"
            + "\(dropped), \(DurationText.text(summary.durationMilliseconds / 1_000)): \(summary.job.reason)"
    }

    /// The same of a job that another session did, from what its commit tells.
    static func line(_ end: JobEnd, _ store: Store, _ paths: PartitionPathText) -> String {
        let entry = JobHistory.Entry(end.transaction)
        let session = end.transaction.session
        let who =
            session.flatMap { store.heartbeat(of: $0)?.command.display }
            ?? session.map { "session \($0)" } ?? "another process"
        return
            "\(name(end.job.partition, paths)): \(entry.filesIn) files (\(ByteCountText.text(entry.bytesIn))) into "
            + "\(entry.filesOut) (\(ByteCountText.text(entry.bytesOut))), by \(who): \(end.job.reason)"
    }

    /// What did not go as it should have.
    static func notes(_ result: Compactor.ForegroundResult, _ paths: PartitionPathText) -> [String] {
        var notes = result.failed.map { "job \($0.job.id): \($0.message)" }
        for job in result.cancelled {
            notes.append("job \(job.id) of \(name(job.partition, paths)) was cancelled")
        }
        for view in result.left {
            let job = view.job
            let place = "job \(job.id) of \(name(job.partition, paths))"
            switch job.status {
            case .setAside:
                notes.append(
                    "\(place) was set aside after \(job.failureCount) failures: \(view.reason); "
                        + "`firn jobs retry` lets it be tried again")
            case .waiting: notes.append("\(place) waits: \(view.reason)")
            case .running:
                notes.append("\(place) is not done: session \(job.session?.description ?? "") runs it")
            }
        }
        let told = Set(result.left.map(\.job.partition))
        for (partition, obstacle) in result.obstacles.sorted(by: { $0.key < $1.key })
        where !told.contains(partition) {
            notes.append("partition \(name(partition, paths)): \(obstacle)")
        }
        return notes
    }
}

/// Stops the work when a signal comes.
private final class Interrupt: Sendable {
    let cancellation = Cancellation()
    private let isEnded = Cancellation()
    private let thread: Thread

    init(_ signals: [Signal]) {
        let (cancellation, isEnded) = (cancellation, isEnded)
        thread = Thread.spawn(name: "signals") {
            while !isEnded.isCancelled {
                if Signals.wait(for: signals, atMostNanoseconds: 50_000_000) != nil { cancellation.cancel() }
            }
        }
    }

    func end() {
        isEnded.cancel()
        thread.join()
    }
}

/// A line a job, written over itself on a terminal while the job runs; elsewhere one, where somebody else runs it.
private final class JobBars: Sendable {
    private let console: Console
    private let paths: PartitionPathText
    private let isTerminal: Bool
    private let current = Mutex<JobID?>(nil)
    private let others = Mutex<Set<JobID>>([])

    init(console: Console, paths: PartitionPathText) {
        self.console = console
        self.paths = paths
        isTerminal = Processes.isTerminal(2)
    }

    func show(_ job: JobView) {
        guard isTerminal else {
            if !job.isOwn { noteOther(job) }
            return
        }
        let isNext = current.withLock { current in
            defer { current = job.job.id }
            return current != nil && current != job.job.id
        }
        if isNext { console.noteInPlace("\n") }
        let share = job.bytesTotal > 0 ? Double(job.bytesDone) / Double(job.bytesTotal) : 0
        let rate = job.bytesPerSecond.map { ", \(ByteCountText.text($0))/s" } ?? ""
        let rest = job.remainingSeconds.map { ", \(DurationText.text($0)) left" } ?? ""
        console.noteInPlace(
            "\r\(ProgressBar.text(share)) \(Int(share * 100))% of \(ByteCountText.text(job.bytesTotal))\(rate)\(rest), "
                + "\(job.phase.rawValue): \(name(job.job.partition))\u{1B}[K")
    }

    private func noteOther(_ job: JobView) {
        let isNew = others.withLock { $0.insert(job.job.id).inserted }
        guard isNew, let session = job.job.session else { return }
        console.note(
            "firn: job \(job.job.id) of \(name(job.job.partition)) is run by session \(session): waiting for its end"
        )
    }

    func end() {
        if isTerminal, current.withLock({ $0 }) != nil { console.noteInPlace("\n") }
    }

    private func name(_ partition: PartitionID) -> String { CompactText.name(partition, paths) }
}
