import Bytes
import Metadata
import Tables

/// `firn partitions`: the partition trees of a table.
enum PartitionsCommand: Command {
    static let syntax = CommandSyntax(
        name: "partitions", operands: "STORE/TABLE [PARTITION]",
        summary: "List the partitions of a table, their rows and which of them are to be split",
        options: [
            .init("json", help: "as one JSON object"), .init("csv", help: "as CSV, a line a partition"),
            .init(
                "export",
                help: "the keys at which the tree is split, one a line: what `firn split --from` takes"),
            .init("version", "VERSION", help: "as they were at this version"),
        ],
        details: """
            Leaves come first, then inner nodes, each tree in the order of its keys. With PARTITION only what is below it.

              ROWS        of the files that are referenced in the partition itself: 120 counted, ~40 estimated
              ROWS BELOW  an estimate of all rows of its keys: its own, those of the partitions below, and of what is
                          referenced above it a half for each level
              ON JOBS     of its files, how many a compaction job holds
              SPLIT DUE   due: counted rows are above the threshold; after compaction: only together with estimated
                          ones, which a compaction counts; unsplittable: all rows have one key

            The export of a table without partition columns needs no PARTITION:
              firn partitions store/flights --export > points
              firn create other/flights --key id --schema schema.json --split-points points
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 1 || operands.count == 2 else {
            throw UsageError("STORE/TABLE and perhaps PARTITION are expected", command: syntax.name)
        }
        let form = try ReportForm(arguments, command: syntax.name)
        let version = try arguments.version(command: syntax.name)
        let partition = operands.count == 2 ? operands[1] : nil
        return try TableAddress(operands[0]).withTable(command: "partitions", readOnly: true) { _, table in
            let state = try version.map { try table.state(at: $0) } ?? table.state
            if arguments.has("export") {
                console.print(bytes: try table.exportedSplitPoints(below: partition, in: state))
            } else {
                if version == nil { table.findUnsplittableLeaves() }
                let only = try partition.map { try PartitionPathText(state).known($0) }
                console.print(bytes: table.partitionListing(of: state).bytes(form, below: only))
            }
            return 0
        }
    }
}

extension ReportForm {
    /// By `--json` and `--csv`.
    init(_ arguments: ParsedArguments, command: String) throws(UsageError) {
        guard !(arguments.has("json") && arguments.has("csv")) else {
            throw UsageError("either --json or --csv", command: command)
        }
        self = arguments.has("json") ? .json : arguments.has("csv") ? .csv : .text
    }
}
