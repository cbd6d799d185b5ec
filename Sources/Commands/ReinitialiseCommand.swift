import Bytes
import Metadata
import Tables

/// `firn reinitialise`: a table is emptied.
enum ReinitialiseCommand: Command {
    static let syntax = CommandSyntax(
        name: "reinitialise", operands: "STORE/TABLE",
        summary: "Empty a table: forget all files, and the splits of its partitions unless told otherwise",
        options: [
            .init("keep-partitions", help: "keep the partition trees as they are"),
            .init("split-points", "FILE", help: "begin with a tree that is split at these keys, one a line"),
            .init("yes", short: "y", help: "do it; without it the command only says what would happen"),
        ] + VerbRun.options,
        details: """
            Schema, key, properties and tags stay. Compaction jobs are cancelled. No file is deleted at once: they wait
            as others that were replaced do, and `firn restore STORE/TABLE VERSION` brings them back as long as
            state.retention.*, log.retention.hours and gc.delayMinutes keep the version, or a tag does; tag it before, to be
            sure. Where the partitions began anew, files come back above them and are split down again.

            What was copied in is still known as taken: copying the same content under the same name again does nothing for
            ingest.dedupeDays, unless ingest.duplicates is append.

            examples:
              firn reinitialise store/flights --keep-partitions --yes
              firn reinitialise store/flights --split-points points --dry-run
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        let file = arguments.value("split-points")
        guard file == nil || !arguments.has("keep-partitions") else {
            throw UsageError("either --keep-partitions or --split-points", command: syntax.name)
        }
        guard arguments.has("yes") || arguments.has("dry-run") else {
            throw UsageError(
                "this forgets every file of \(address.table): say --yes, or --dry-run to see them",
                command: syntax.name)
        }
        return try VerbRun.run(on: address, arguments, console, command: syntax.name) { table in
            if let file {
                return .reinitialise(
                    .splitAt(try SplitPointFile.keys(file, KeyText(table.state.definition))))
            }
            return .reinitialise(arguments.has("keep-partitions") ? .keep : .none)
        }
    }
}
