import Bytes
import Compaction
import Metadata
import Platform
import Tables

/// `firn compact`: merges a table's files in the foreground, with or without a mount beside it.
enum CompactCommand: Command {
    static let syntax = CommandSyntax(
        name: "compact", operands: "STORE/TABLE [PARTITION]",
        summary: "Merge the files of a table, or of one partition, and show the progress",
        details: """
            Works on everything that is in no other job. Jobs of a mount on the same store go on beside it; nothing is
            merged twice. PARTITION is a path below partitions/, such as date=2024-01-01/region=eu.
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 1 || operands.count == 2 else {
            throw UsageError("STORE/TABLE and perhaps PARTITION are expected", command: syntax.name)
        }
        return try TableAddress(operands[0]).withTable(command: "compact") { _, table in
            let progress = ProgressLine(console: console)
            let partition = operands.count == 2 ? PartitionID(operands[1]) : nil
            let before = table.state
            let result = try table.compactor.foreground(partition: partition) { progress.show($0) }
            progress.end()
            let after = try table.refresh()
            console.print(
                "\(before.fileCount) files before, \(after.fileCount) after, version \(after.version)")
            for (job, message) in result.failed { console.note("firn: job \(job.id): \(message)") }
            for (partition, obstacle) in result.obstacles {
                console.note("firn: partition \(partition): \(obstacle)")
            }
            return result.failed.isEmpty ? 0 : 1
        }
    }
}

/// One line of progress, written over itself on a terminal and sparingly elsewhere.
private final class ProgressLine: Sendable {
    private let console: Console
    private let isTerminal: Bool

    init(console: Console) {
        self.console = console
        isTerminal = Processes.isTerminal(2)
    }

    func show(_ job: JobView) {
        guard isTerminal else { return }
        let percent = job.bytesTotal > 0 ? job.bytesDone * 100 / job.bytesTotal : 0
        let filled = Int(percent / 5)
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        let rate = job.bytesPerSecond.map { ", \(ByteCountText.text($0))/s" } ?? ""
        let rest = job.remainingSeconds.map { ", \($0) s left" } ?? ""
        console.noteInPlace("\r[\(bar)] \(percent)% \(job.phase.rawValue)\(rate)\(rest)\u{1B}[K")
    }

    func end() {
        if isTerminal { console.noteInPlace("\r\u{1B}[K") }
    }
}
