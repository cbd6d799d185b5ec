import Bytes
import JSON
import Metadata
import Platform
import Records
import Tables

/// `firn files`: the live files of a table, all or those that may hold rows of a filter.
enum FilesCommand: Command {
    static let syntax = CommandSyntax(
        name: "files", operands: "STORE/TABLE",
        summary: "List the live data files of a table, all or those that may hold rows of a filter",
        options: [
            .init("where", "FILTER", help: "only files that may hold such rows"),
            .init("version", "VERSION", help: "as they were at this version"),
            .init(
                "key", "FROM..TO", help: "what to read for these row keys, TO not included: FROM.. ..TO KEY"),
            .init(
                "partition", "PARTITION",
                help: "what to read of a partition, or of all below its first columns"),
            .init(
                "columns", "NAMES",
                help:
                    "what to print, in this order: \(FileLine.Column.allCases.map(\.rawValue).joined(separator: ","))"
            ),
            .init("long", short: "l", help: "all columns, with their names in the first line"),
            .init("json", help: "a JSON object a line, or one for --explain"),
            .init("explain", help: "instead of the files: which manifests were read, which were not and why"),
        ],
        details: """
            Prints path, bytes, rows, partition, version and time (of the commit that added the file) with tabs
            between them; - is a value that is not known. Paths are relative to the table's directory. What was
            passed over is counted on standard error. Works beside a mount, and on tables of IndexTables.

            A filter compares columns with values; partition values decide exactly, the least and greatest values
            of other columns as far as they go, so that a listed file may have no such row after all:

              firn files store/flights --where "date = '2024-01-31'"
              firn files store/flights --where "date BETWEEN '2024-01-01' AND '2024-01-31' AND carrier IN ('AA','UA')"
              firn files store/flights --where "delay > 60 OR delay IS NULL" --explain
              firn files store/flights --where "carrier LIKE 'A%' AND NOT \\"tail number\\" = 'N1'" --columns path

            = != <> < <= > >=, IN, NOT IN, BETWEEN, LIKE 'prefix%', IS NULL, IS NOT NULL, AND, OR, NOT, parentheses.
            Strings, dates and times stand in single quotes and are read by the type of their column.

            --key and --partition plan a query: each leaf of the partition tree that the keys touch, the files that
            are referenced in it or above it, and which of their keys to read there, so that every row is read once.
            Printed are partition, path, bytes, rows (with ~ where estimated) and keys. A key is the values of the
            key columns joined by commas, or the first of them; a comma inside of a value is %2C, two dots are %2E%2E.

              firn files store/flights --key 500..1000
              firn files store/flights --key 2024-01-31,AA --partition month=1 --where "delay > 60" --json
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        if arguments.value("key") != nil || arguments.value("partition") != nil {
            for other in ["columns", "long", "explain"]
            where arguments.has(other) || arguments.value(other) != nil {
                throw UsageError("--\(other) does not go with --key and --partition", command: syntax.name)
            }
            return try list(address, arguments, at: arguments.version(command: syntax.name), console)
        }
        let columns = try columns(arguments)
        let search: FileSearch
        do {
            search = try FileSearch(
                store: address.store, table: address.table, where: arguments.value("where"),
                at: try arguments.version(command: syntax.name), warn: { console.note("firn: \($0)") })
        } catch let error as FilterError {
            throw CommandFailure("--where: \(error)", status: 2)
        }
        if arguments.has("explain") {
            console.print(
                bytes: arguments.has("json")
                    ? SearchExplanation(search).json : SearchExplanation(search).text)
            return 0
        }
        var output = LineBuffer(console)
        if arguments.has("long"), !arguments.has("json") {
            output.append(columns.map(\.rawValue).joined(separator: "\t"))
        }
        let names = search.definition.partitionColumns
        let isForeign = search.definition.provider != "firn"
        let counts = search.forEach { file in
            let line = FileLine(file: file, partitionColumns: names, isForeign: isForeign)
            output.append { bytes in
                if arguments.has("json") {
                    line.appendJSON(columns, to: &bytes)
                } else {
                    line.appendText(columns, to: &bytes)
                }
            }
        }
        output.flush()
        console.note(SearchExplanation.summary(search, counts))
        return 0
    }

    /// What the keys and partitions that are asked for read.
    private static func list(
        _ address: TableAddress, _ arguments: ParsedArguments, at version: Version?, _ console: Console
    ) throws -> Int32 {
        try address.withTable(command: "files", readOnly: true) { _, table in
            let state = try version.map { try table.state(at: $0) } ?? table.state
            let query = TableQuery(
                keys: arguments.value("key"), partition: arguments.value("partition"),
                filter: arguments.value("where"))
            do throws(StoreError) {
                let listing = QueryListing(try table.queryPlan(query, in: state), in: state)
                listing.write(asJSON: arguments.has("json")) { console.print(bytes: $0) }
                console.note(listing.summary)
                return 0
            } catch {
                throw CommandFailure(error.message, status: error.errno == .einval ? 2 : 1)
            }
        }
    }

    private static func columns(_ arguments: ParsedArguments) throws(UsageError) -> [FileLine.Column] {
        guard let text = arguments.value("columns") else {
            return arguments.has("long") || arguments.has("json") ? FileLine.Column.allCases : FileLine.usual
        }
        var columns: [FileLine.Column] = []
        for name in text.display.split(separator: ",", omittingEmptySubsequences: false) {
            guard let column = FileLine.Column(rawValue: String(name)) else {
                let known = FileLine.Column.allCases.map(\.rawValue).joined(separator: ", ")
                throw UsageError("there is no column \"\(name)\"; there are \(known)", command: syntax.name)
            }
            columns.append(column)
        }
        return columns
    }
}
