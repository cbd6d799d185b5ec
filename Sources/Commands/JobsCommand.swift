import Bytes
import JSON
import Metadata
import Platform
import Tables

/// `firn jobs`: the compaction jobs of a table.
enum JobsCommand: Command {
    static let syntax = CommandSyntax(
        name: "jobs", operands: "STORE/TABLE | retry|cancel|pause|resume STORE/TABLE JOB",
        summary: "List the compaction jobs of a table, follow them, or do something with one",
        options: [
            .init("watch", short: "w", help: "show them anew every second, until interrupted"),
            .init("history", help: "instead: those that were committed, newest first, and what they cost"),
            .init("limit", "COUNT", help: "with --history: look no further back than so many (100)"),
            .init("json", help: "as one JSON object, with --watch one a line"),
            .init("csv", help: "as CSV, a line a job"),
            .init("dry-run", short: "n", help: "with a JOB: only say what would happen"),
        ],
        details: """
            How far a job is that another process runs is as of that process's last heartbeat, at most 5 seconds ago; of a
            pause it tells at once.

              retry   lets a job that was set aside after three failures wait for its turn again
              cancel  ends a job, wherever it runs; its inputs stay as they are, what it wrote is deleted
              pause   holds a job, and resume lets it go on: in the mount on this machine that runs it, or, while it waits,
                      in all of them. A pause ends with its mount; without one there is nobody to hold the job

            The history is read from the version files, which log.retention.hours keeps. With it come the write
            amplification of these versions (all bytes written over those copied in), and of now the space amplification
            (all bytes over those of the largest run of each partition) and the read amplification (runs that a key meets).

            examples:
              firn jobs store/flights --watch
              firn jobs retry store/flights 00c0ffee00c0ffee
              firn jobs store/flights --history --csv > history.csv
            """)

    private static let signals: [Signal] = [.interrupt, .terminate, .hangUp]

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        if operands.count == 3, let verb = operands[0].utf8Text.flatMap(JobVerb.init) {
            return try perform(verb, on: TableAddress(operands[1]), job: operands[2], arguments, console)
        }
        guard operands.count == 1 else {
            throw UsageError(
                "STORE/TABLE is expected, or what to do with a job, STORE/TABLE and JOB", command: syntax.name
            )
        }
        let form = try ReportForm(arguments, command: syntax.name)
        let limit = try limit(arguments)
        if arguments.has("watch") { Signals.block(signals) }
        return try TableAddress(operands[0]).withTable(command: "jobs", readOnly: true) { _, table in
            if arguments.has("history") {
                console.print(bytes: try table.jobHistory(limit: limit).bytes(form))
            } else if arguments.has("watch") {
                try watch(table, form, console)
            } else {
                console.print(bytes: table.jobListing().bytes(form))
            }
            return 0
        }
    }

    private static func limit(_ arguments: ParsedArguments) throws(UsageError) -> Int {
        guard let text = arguments.value("limit") else { return 100 }
        guard let limit = text.utf8Text.flatMap({ Int($0) }), limit > 0 else {
            throw UsageError("--limit is a number of jobs, not \"\(text)\"", command: syntax.name)
        }
        return limit
    }

    private static let home: [UInt8] = Array("\u{1B}[H\u{1B}[J".utf8)

    private static func watch(_ table: Table, _ form: ReportForm, _ console: Console) throws {
        let clears = form == .text && Processes.isTerminal(1)
        repeat {
            try table.refresh()
            let picture = table.jobListing().bytes(form)
            do throws(Errno) {
                try console.printChecked(bytes: clears ? home + picture : picture)
            } catch {
                if error == .epipe { return }
                throw CommandFailure("the jobs cannot be written: \(error.message)")
            }
        } while Signals.wait(for: signals, atMostNanoseconds: 1_000_000_000) == nil
            && !Processes.readerIsGone(1)
    }

    private static func perform(
        _ verb: JobVerb, on address: TableAddress, job: ByteString, _ arguments: ParsedArguments,
        _ console: Console
    ) throws -> Int32 {
        if verb == .pause || verb == .resume {
            return try address.withTable(command: "jobs", readOnly: true) { store, table in
                let isDryRun = arguments.has("dry-run")
                var outcome = try table.perform(
                    .job(verb, id: job), user: Processes.effectiveUser, dryRun: true)
                let mounts = try JobMount.perform(verb, on: job, table, store, dryRun: isDryRun)
                outcome.isDryRun = isDryRun
                let names = mounts.map(\.path.display).joined(separator: " and ")
                outcome.plan.summary += ", in the mount \(names)"
                outcome.plan.facts["mounts"] = .array(mounts.map { .string($0.path) })
                VerbRun.print(outcome, arguments, console)
                return 0
            }
        }
        return try VerbRun.run(
            .job(verb, id: job), on: address, arguments, console, command: syntax.name)
    }
}
