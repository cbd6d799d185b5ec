import Bytes
import Metadata
import Platform
import Tables

/// `firn changes`: what happened to a table's files.
enum ChangesCommand: Command {
    static let syntax = CommandSyntax(
        name: "changes", operands: "STORE/TABLE",
        summary: "Show the files that were added and removed, version by version",
        options: [
            .init("since", "WHEN", help: "only what came after: a version, a time, or a tag"),
            .init("until", "WHEN", help: "only what came up to then, that version included"),
            .init("follow", short: "f", help: "go on with new versions as they are committed, by whomever"),
            .init("json", help: "one JSON object a line, as in states/VERSION/changes.jsonl of a mount"),
            .init("data-only", help: "leave out what a compaction moved: it changes files and no row"),
        ],
        details: """
            WHEN is a version (42), a time (2024-01-31, 2024-01-31T12:34:56, …+01:00; UTC where no zone is given), which
            stands for the version that was current then, or a tag. Without --since the changes begin with the table.

            Where the files of versions have expired, what changed between two states that are left is shown as one step:
            its lines have the older version as "after". Where no state is left either, the command ends with status 1 and
            names the oldest version from which the changes can be told.

            examples:
              firn changes store/flights --since 2024-01-31
              firn changes store/flights --since 42 --json --follow --data-only | ./load-into-something
            """)

    private static let signals: [Signal] = [.interrupt, .terminate, .hangUp]

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        // Before the first thread starts, so that no thread is ended by them.
        if arguments.has("follow") { Signals.block(signals) }
        let store = try Store.open(
            at: address.store, options: StoreOptions(isReadOnly: true, command: "changes"))
        defer { store.close() }
        let changes = try TableChanges(of: address.table, in: store)
        let newest = try changes.newestVersion()
        let since =
            try arguments.value("since").map { try changes.version(named: $0) }
            ?? TableChanges.beginning
        let until = try arguments.value("until").map { try changes.version(named: $0) }
        if let until, until < since {
            throw CommandFailure("--until is version \(until), which is before version \(since) of --since")
        }
        var listing = ChangeListing(
            changes: changes, console: console, format: arguments.has("json") ? .jsonLines : .text,
            dataOnly: arguments.has("data-only"), version: since)
        if arguments.has("follow") {
            return try listing.follow(until: until, endingWith: signals)
        }
        if try listing.show(upTo: until ?? max(newest, since)), listing.isEmpty, !arguments.has("json") {
            console.note("no file changed after version \(since)")
        }
        return 0
    }
}
