import Bytes
import Metadata
import Tables

/// `firn checkpoint`: the whole state of the current version, in one of two formats.
enum CheckpointCommand: Command {
    static let syntax = CommandSyntax(
        name: "checkpoint", operands: "STORE/TABLE",
        summary: "Write the whole state of the current version: as Avro, or as a JSON checkpoint",
        options: [
            .init(
                "format", "avro|json",
                help: "the format to write; without it that of the property state.format"),
            .init("json", help: "print the outcome as one JSON object"),
        ],
        details: """
            A mount writes states by itself; by hand this makes the next opening as fast as it can be: manifests are sorted,
            full and without tombstones. Where the current version has an Avro state that is not clean, a version without
            changes, CHECKPOINT, is committed and gets the compacted one. A clean state is left as it is.

            It also converts a table of IndexTables: one that has JSON checkpoints gets an Avro state, in the form that
            IndexTables itself writes, and with --format json a table gets a JSON checkpoint again, for programs that
            read nothing else. What was there stays. Where there is nothing to write, the status is UNCHANGED.

            example: firn checkpoint store/flights --format avro
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        var format: TableProperties.StateFormat?
        if let text = arguments.value("format") {
            format = TableProperties.StateFormat(rawValue: text.display)
            if format == nil {
                throw UsageError("--format is avro or json, not \"\(text)\"", command: syntax.name)
            }
        }
        return try address.withTable(command: "checkpoint") { _, table in
            let report = try table.checkpointReport(format)
            console.print(bytes: arguments.has("json") ? report.json : report.text)
            return 0
        }
    }
}
