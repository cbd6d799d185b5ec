import Bytes
import Tables

/// `firn drop-partition`: all files of a partition leave a table.
enum DropPartitionCommand: Command {
    static let syntax = CommandSyntax(
        name: "drop-partition", operands: "STORE/TABLE PARTITION",
        summary: "Remove all live files of a partition, or of all partitions below it",
        options: VerbRun.options,
        details: """
            PARTITION is a path below partitions/ of a mount: date=2024-01-01/region=eu, or its first columns alone
            (date=2024-01-01). The files wait for their deletion, and can be restored until then.
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 2 else {
            throw UsageError("STORE/TABLE and PARTITION are expected", command: syntax.name)
        }
        return try VerbRun.run(
            .dropPartition(arguments.operands[1]), on: TableAddress(arguments.operands[0]), arguments,
            console,
            command: syntax.name)
    }
}
