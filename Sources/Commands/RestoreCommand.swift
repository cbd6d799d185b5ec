import Bytes
import Tables

/// `firn restore`: an older version's files, live again.
enum RestoreCommand: Command {
    static let syntax = CommandSyntax(
        name: "restore", operands: "STORE/TABLE VERSION",
        summary: "Make the live files exactly those of an older version, as a new version",
        options: VerbRun.options,
        details: """
            VERSION is a number, a time at which it was current, or a tag. Nothing is copied: files that wait for their
            deletion are taken back, files that came later leave the table and wait. What was current before can be
            restored in the same way. Schema, properties and tags stay as they are.

            It is refused where a file of the version is gone or is being deleted, and while a compaction job holds a file
            that would go. Of an upsert table a version is refused whose files, added again, would be newer than others
            that replace their rows.

            What was copied in since is still known as taken: copying the same content under the same name again does nothing
            for ingest.dedupeDays, unless ingest.duplicates is append. The same holds for files that were removed.

            examples:
              firn restore store/flights 42 --dry-run
              firn restore store/flights before-import
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 2 else {
            throw UsageError("STORE/TABLE and VERSION are expected", command: syntax.name)
        }
        return try VerbRun.run(
            .restore(version: arguments.operands[1]), on: TableAddress(arguments.operands[0]), arguments,
            console,
            command: syntax.name)
    }
}
