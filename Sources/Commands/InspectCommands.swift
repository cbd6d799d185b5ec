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
        details: """
            The same as the files `status` and `status.json` of a mounted table. Works with and without a mount, and for
            tables that IndexTables wrote. Among the lines:

              format            how the newest state is stored: avro-state, json, json-multipart, or none
              version           of the newest commit;  stateVersion and createdAt: of that state, and when
              numFiles          live data files, totalBytes theirs
              numManifests      manifests of files in the state;  numTombstones: files in them that are gone
              tombstoneRatio    these over the state's live files
              protocolVersion   what a reader must understand
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        return try address.withTable(command: "describe", readOnly: true) {
            _, table in
            let report = table.statusReport()
            console.print(bytes: arguments.has("json") ? report.json : report.text)
            return 0
        }
    }
}
