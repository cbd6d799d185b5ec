import Bytes
import Tables

/// `firn report`: what a table is made of.
enum ReportCommand: Command {
    static let syntax = CommandSyntax(
        name: "report", operands: "STORE/TABLE [files|partitions|jobs]",
        summary: "Report the files of a table, its partitions and its compaction jobs",
        options: [
            .init("json", help: "as one JSON object"),
            .init("csv", help: "as CSV, one kind at a time; files have a line for each reference"),
        ],
        details: """
            files       how many there are, how many partitions reference them, their rows; then each file with its
                        references, and the files that nothing references, since when and why
            partitions  as `firn partitions` lists them
            jobs        as `firn jobs` lists them

            Rows that were counted and rows that are estimated are never one number: people read 120+~40, programs
            rowsKnown and rowsEstimated.
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let operands = arguments.operands
        guard operands.count == 1 || operands.count == 2 else {
            throw UsageError("STORE/TABLE and perhaps a kind of report are expected", command: syntax.name)
        }
        var kinds = ReportKind.allCases
        if operands.count == 2 {
            guard let kind = operands[1].utf8Text.flatMap(ReportKind.init) else {
                throw UsageError(
                    "there is no report of \"\(operands[1])\"; there are files, partitions and jobs",
                    command: syntax.name)
            }
            kinds = [kind]
        }
        let form = try ReportForm(arguments, command: syntax.name)
        guard form != .csv || kinds.count == 1 else {
            throw UsageError("--csv is of one report: files, partitions or jobs", command: syntax.name)
        }
        return try TableAddress(operands[0]).withTable(command: "report", readOnly: true) { _, table in
            if kinds.contains(.partitions) { table.findUnsplittableLeaves() }
            table.writeReports(kinds, form) { console.print(bytes: $0) }
            return 0
        }
    }
}
