import Bytes
import Tables

/// `firn remove`: files leave a table.
enum RemoveCommand: Command {
    static let syntax = CommandSyntax(
        name: "remove", operands: "STORE/TABLE [PATH…]",
        summary: "Remove live files from a table: those named, or those all of whose rows match a filter",
        options: [
            .init(
                "where", "FILTER",
                help: "files of which every row matches, by partition values and statistics"),
            .init(
                "keep-partial",
                help: "with --where: keep files of which only some rows may match, instead of refusing"),
        ] + VerbRun.options,
        details: """
            PATH is relative to the table, as in its log (data/day=1/….parquet) or as a mount shows it (live/day=1/….parquet).
            FILTER is written as for firn files, such as "day < '2024-01-01' AND region = 'eu'". Files are removed whole or
            not at all. They wait for their deletion as others that were replaced do, and can be restored until then.

            Of an upsert table a file is refused that hides older rows of other files: they would come back.

            examples:
              firn remove store/flights live/month=1/20240131T123456Z-00c0ffee00c0ffee.parquet
              firn remove store/flights --where "month IN (1, 2)" --dry-run
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard let table = operands.first else {
            throw UsageError("STORE/TABLE is expected", command: syntax.name)
        }
        let paths = Array(operands.dropFirst())
        let request: VerbRequest
        switch (arguments.value("where"), paths.isEmpty) {
        case (.some(let filter), true):
            request = .removeMatching(filter: filter, keepingPartial: arguments.has("keep-partial"))
        case (nil, false) where !arguments.has("keep-partial"): request = .remove(paths: paths)
        default: throw UsageError("either PATHs or --where FILTER are expected", command: syntax.name)
        }
        return try VerbRun.run(
            request, on: TableAddress(table), arguments, console, command: syntax.name)
    }
}
