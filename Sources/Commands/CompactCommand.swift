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
            of a mount on the same store go on beside it, and nothing is merged twice.

            PARTITION is a path below partitions/ of a mount, such as date=2024-01-01/region=eu/id-to-500, or an id. An
            interrupt ends the command; the job that runs is released, and goes on where it was the next time.

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
        return try TableAddress(operands[0]).withTable(command: "compact") { _, table in
            try table.checkWritable()
            let partition = try operands.dropFirst().first.map { try PartitionPathText(table.state).id($0) }
            let progress = JobBars(console: console, paths: PartitionPathText(table.state))
            let interrupt = Interrupt(signals)
            let before = table.state
            let result = try table.compactor.foreground(
                partition: partition,
                scope: arguments.has("all") || partition != nil ? .everything : .strategy,
                progress: { progress.show($0) }, cancellation: interrupt.cancellation)
            progress.end()
            interrupt.end()
            let after = try table.refresh()
            for summary in result.committed { console.print(progress.text(summary)) }
            console.print(
                "\(before.fileCount) files before, \(after.fileCount) after, version \(after.version)")
            let paths = PartitionPathText(after)
            for (job, message) in result.failed { console.note("firn: job \(job.id): \(message)") }
            for (partition, obstacle) in result.obstacles.sorted(by: { $0.key < $1.key }) {
                console.note("firn: partition \(paths.path(of: partition)): \(obstacle)")
            }
            if result.wasCancelled {
                console.note("firn: interrupted; what was running is released")
                return 130
            }
            return result.failed.isEmpty ? 0 : 1
        }
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

/// A line a job, written over itself on a terminal while the job runs; elsewhere nothing.
private final class JobBars: Sendable {
    private let console: Console
    private let paths: PartitionPathText
    private let isTerminal: Bool
    private let current = Mutex<JobID?>(nil)

    init(console: Console, paths: PartitionPathText) {
        self.console = console
        self.paths = paths
        isTerminal = Processes.isTerminal(2)
    }

    func show(_ job: JobView) {
        guard isTerminal else { return }
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

    func end() {
        if isTerminal, current.withLock({ $0 }) != nil { console.noteInPlace("\n") }
    }

    /// What a committed job did.
    func text(_ summary: CompactionSummary) -> String {
        let dropped = summary.rowsDropped > 0 ? ", \(summary.rowsDropped) dropped" : ""
        return
            "\(name(summary.job.partition)): \(summary.inputFiles) files (\(ByteCountText.text(summary.inputBytes))) "
            + "into \(summary.outputFiles) (\(ByteCountText.text(summary.outputBytes))), \(summary.rowsOut) rows"
            + "\(dropped), \(DurationText.text(summary.durationMilliseconds / 1_000)): \(summary.job.reason)"
    }

    private func name(_ partition: PartitionID) -> String {
        let path = paths.path(of: partition)
        return path.isEmpty ? "all rows" : path.display
    }
}
