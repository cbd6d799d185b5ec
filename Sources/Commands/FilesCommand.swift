import Bytes
import JSON
import Metadata
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
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        let columns = try columns(arguments)
        let search: FileSearch
        do {
            search = try FileSearch(
                store: address.store, table: address.table, where: arguments.value("where"),
                at: try version(arguments), warn: { console.note("firn: \($0)") })
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

    private static func version(_ arguments: ParsedArguments) throws(UsageError) -> Version? {
        guard let text = arguments.value("version") else { return nil }
        guard let number = text.utf8Text.flatMap({ Int64($0) }), number >= 0 else {
            throw UsageError("--version is a number, and \"\(text)\" is none", command: syntax.name)
        }
        return Version(number)
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

/// Lines on their way to standard output, in pieces of 64 KiB.
private struct LineBuffer {
    private let console: Console
    private var bytes: [UInt8] = []

    init(_ console: Console) {
        self.console = console
        bytes.reserveCapacity(1 << 16)
    }

    mutating func append(_ line: String) { append { $0.append(contentsOf: line.utf8) } }

    mutating func append(_ write: (inout [UInt8]) -> Void) {
        write(&bytes)
        bytes.append(0x0A)
        if bytes.count >= 1 << 16 { flush() }
    }

    mutating func flush() {
        if !bytes.isEmpty { console.print(bytes: bytes) }
        bytes.removeAll(keepingCapacity: true)
    }
}
