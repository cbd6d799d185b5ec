import Bytes
import Metadata
import Tables

/// `firn gc`: one round of garbage collection.
enum CollectCommand: Command {
    static let syntax = CommandSyntax(
        name: "gc", operands: "STORE/TABLE",
        summary: "Delete the files that nothing can need any more, or show why they wait",
        options: [
            .init(
                "dry-run", short: "n",
                help: "delete nothing, show each file: what holds it, whose doing, until when"),
            .init("limit", "COUNT", help: "list at most so many files in a dry run; all are counted"),
            .init("json", help: "as one JSON object"),
        ],
        details: """
            A file that was replaced or removed waits until nobody can need it. It is kept as long as
              - a version in which it lived is kept: the newest states (state.retention.versions), young ones
                (state.retention.hours), all of the last hours (log.retention.hours), tagged ones, and those that a
                session reads below states/ (for 15 minutes after the last look);
              - a session, in whatever mount, has it open;
              - its last reference went less than gc.delayMinutes ago;
              - gc.enabled is false.
            Then the next round deletes it: a mount has one every minute, in which files go at a measured pace; this
            command and `echo gc > ctl` do it at once. The dry run shows what `gc/plan` in a mount shows.

              firn gc store/flights --dry-run
              firn gc store/flights
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        let isDry = arguments.has("dry-run")
        let limit = try limit(arguments)
        return try address.withTable(command: "gc", readOnly: isDry) { _, table in
            guard !isDry else {
                let report = try table.garbageReport(limit: limit)
                console.print(bytes: arguments.has("json") ? report.json : report.text)
                return 0
            }
            guard let outcome = try table.collectGarbage() else { return 1 }
            console.print(bytes: arguments.has("json") ? outcome.json : Array(summary(outcome).utf8))
            return 0
        }
    }

    private static func limit(_ arguments: ParsedArguments) throws -> Int? {
        guard let text = arguments.value("limit") else { return nil }
        guard let limit = Int(text.display), limit >= 0 else {
            throw UsageError("--limit takes a number of files, not \"\(text)\"", command: syntax.name)
        }
        return limit
    }

    private static func summary(_ outcome: GarbageCollector.Outcome) -> String {
        let gone = [
            CountText.text(outcome.deletedFiles, "file", "files")
                + " (\(ByteCountText.text(outcome.deletedBytes)))",
            CountText.text(outcome.deletedStates, "state", "states"),
            CountText.text(outcome.deletedVersionFiles, "version file", "version files"),
            CountText.text(outcome.deletedManifests, "manifest", "manifests"),
        ]
        let text = "deleted: \(gone.joined(separator: ", "))\n"
        if outcome.heldFiles == 0 { return text }
        let held =
            CountText.text(outcome.heldFiles, "file", "files") + " (\(ByteCountText.text(outcome.heldBytes)))"
        return text + "waiting: \(held); firn gc --dry-run tells for what\n"
    }
}
