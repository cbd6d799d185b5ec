import Bytes
import JSON
import Platform
import Tables

/// What the commands that change versions and files have in common: a table, `--dry-run`, `--json`, and the report.
enum VerbRun {
    static let options: [CommandSyntax.Option] = [
        .init(
            "dry-run", short: "n", help: "only show what would happen: files, rows, bytes; nothing is written"
        ),
        .init("json", help: "the report as one JSON object"),
    ]

    static func run(
        _ request: VerbRequest, on address: TableAddress, _ arguments: ParsedArguments, _ console: Console,
        command: String
    ) throws -> Int32 {
        try run(on: address, arguments, console, command: command) { _ in request }
    }

    /// - Parameter request: what is asked for, once the table is open.
    static func run(
        on address: TableAddress, _ arguments: ParsedArguments, _ console: Console, command: String,
        _ request: (Table) throws -> VerbRequest
    ) throws -> Int32 {
        let isDryRun = arguments.has("dry-run")
        return try address.withTable(command: ByteString(command), readOnly: isDryRun) { _, table in
            let request = try request(table)
            print(
                try table.perform(request, user: Processes.effectiveUser, dryRun: isDryRun), arguments,
                console)
            return 0
        }
    }

    static func print(_ outcome: VerbOutcome, _ arguments: ParsedArguments, _ console: Console) {
        if arguments.has("json") {
            console.print(bytes: JSONValue.object(outcome.object).compactBytes + [UInt8(ascii: "\n")])
        } else {
            console.print(bytes: outcome.text)
        }
    }
}
