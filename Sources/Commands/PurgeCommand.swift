import Bytes
import Platform
import Tables

/// `firn purge`: what nothing has needed for some time.
enum PurgeCommand: Command {
    static let syntax = CommandSyntax(
        name: "purge", operands: "STORE/TABLE",
        summary: "Delete what nothing has needed for some time: versions, manifests, files",
        options: [
            .init(
                "older-than", "AGE",
                help: "what was needed after this stays: 30m, 36h, 7d (the default), 2026-11-14T12:00:00Z"),
            .init(
                "dry-run", short: "n",
                help: "only show the plan: each item, why it goes, since when it is unneeded"),
            .init("force", help: "allow an age below 24h"),
            .init("json", help: "as one JSON object"),
        ],
        details: """
            A mount collects what its table's properties let go of by itself. A purge goes further and looks at
            everything there is: states and version files past retention, manifests that no state names, files that
            waited for their deletion, and data files that no version knows because their writer died.

            The age counts from when something was last needed, not from when it was written. Nothing that
            state.retention.*, log.retention.hours, a tag, a reader's pin, gc.delayMinutes or gc.enabled keeps is deleted,
            whatever the age. An unknown file must be older than 24 h, and no session that could be writing it alive;
            a manifest is first noted, and deleted by a later purge or collection.

              firn purge store/flights --older-than 7d --dry-run
              firn purge store/flights --older-than 7d
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        let isDry = arguments.has("dry-run")
        return try address.withTable(command: "purge", readOnly: isDry) {
            _, table in
            let age = try PurgeAge(
                arguments.value("older-than") ?? PurgeAge.defaultText, isForced: arguments.has("force"),
                now: SystemClock().nowMilliseconds())
            guard !isDry else {
                show(PurgeReport(try table.purgePlan(age), age: age), arguments, console)
                return 0
            }
            let line = StatusLine(console: console)
            let outcome = try table.purge(age) { line.show($0.description) }
            line.end()
            guard let outcome else { return 1 }
            show(PurgeReport(outcome, age: age), arguments, console)
            return outcome.obstacles.isEmpty ? 0 : 1
        }
    }

    private static func show(_ report: PurgeReport, _ arguments: ParsedArguments, _ console: Console) {
        console.print(bytes: arguments.has("json") ? report.json : report.text)
    }
}
