import Bytes
import Tables

/// `firn tables`: what a store holds.
enum TablesCommand: Command {
    static let syntax = CommandSyntax(
        name: "tables", operands: "STORE", summary: "List the tables of a store")

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 1 else {
            throw UsageError("one STORE is expected", command: syntax.name)
        }
        let options = StoreOptions(isReadOnly: true, command: "tables")
        let store = try Store.open(at: arguments.operands[0], options: options)
        defer { store.close() }
        for name in try store.tableNames() { console.print(name.display) }
        return 0
    }
}

/// `firn describe`: a table at this moment.
enum DescribeCommand: Command {
    static let syntax = CommandSyntax(
        name: "describe", operands: "STORE/TABLE",
        summary: "Show a table's version, files, bytes, manifests, tombstones, runs and jobs",
        options: [.init("json", help: "as one JSON object")],
        details: "The same as the file `status` of a mounted table. Works with and without a mount.")

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        guard arguments.operands.count == 1 else {
            throw UsageError("one STORE/TABLE is expected", command: syntax.name)
        }
        return try TableAddress(arguments.operands[0]).withTable(command: "describe", readOnly: true) {
            _, table in
            let report = table.statusReport()
            console.print(bytes: arguments.has("json") ? report.json : report.text)
            return 0
        }
    }
}
