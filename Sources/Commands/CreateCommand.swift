import Bytes
import Metadata
import Platform
import Records
import Tables

/// `firn create`: a table of a given kind, schema and key.
enum CreateCommand: Command {
    static let syntax = CommandSyntax(
        name: "create", operands: "STORE/TABLE",
        summary: "Create a table",
        options: [
            .init(
                "kind", "append|upsert",
                help: "append keeps every row (default); upsert the newest of each key"),
            .init("key", "COLUMN,…", help: "the row key: files are sorted by it; an upsert table needs one"),
            .init("partition-by", "COLUMN,…", help: "columns whose values become directories"),
            .init("schema", "FILE", help: "columns and types as JSON; without it the first file decides"),
            .init("set", "NAME=VALUE", help: "a property; may be given more than once"),
            .init("split-points", "FILE", help: "row keys at which its partition is split, one a line"),
            .init(
                "sample", "FILE",
                help: "with --into: split by the keys of this CSV, JSON Lines or Parquet file"),
            .init("into", "N", help: "the number of leaves to split into by a sample"),
        ],
        details: """
            A schema file looks like a table's own schema.json:
              {"columns": [{"name": "time", "type": "timestamp[us,UTC]"}, {"name": "carrier", "type": "string"}]}
            Types: boolean int8 int16 int32 int64 uint8 uint16 uint32 uint64 float double string binary date
            timestamp[ms|us|ns] timestamp[ms|us|ns,UTC] decimal(PRECISION,SCALE).

            examples:
              firn create store/flights --key time_hour,carrier --partition-by month
              firn create store/users --kind upsert --key id --schema users.json
              firn create store/users --key id --schema users.json --sample some-users.csv --into 16
            """)

    static func run(_ arguments: ParsedArguments, _ console: Console) throws -> Int32 {
        let address = try TableAddress(of: arguments, command: syntax)
        try checkIsNoStore(address)
        var creation = TableCreation(
            rowKey: columns(arguments.value("key")),
            partitionColumns: columns(arguments.value("partition-by")),
            userID: Processes.effectiveUser, groupID: Processes.effectiveGroup)
        if let kind = arguments.value("kind") {
            guard let kind = kind.utf8Text.flatMap(TableKind.init(rawValue:)) else {
                throw UsageError("--kind is append or upsert, not \"\(kind)\"", command: syntax.name)
            }
            creation.kind = kind
        }
        if let file = arguments.value("schema") { creation.schema = try schema(file) }
        for setting in arguments.all("set") { creation.properties.append(try property(setting)) }
        creation.splitKeys = try splitKeys(arguments, creation)
        let store = try Store.open(at: address.store, options: StoreOptions(command: "create"))
        defer { store.close() }
        let table = try store.createTable(address.table, creation)
        console.print("created \(table.name) (\(creation.kind.rawValue)) in \(store.root)")
        return 0
    }

    /// Whoever forgets the table's name would make the store a table of the directory above it.
    private static func checkIsNoStore(_ address: TableAddress) throws {
        let path = address.store + "/" + address.table
        guard (try? FileSystemCalls.status(path + "/_sessions")) != nil else { return }
        throw UsageError(
            "\"\(path)\" is a store: name a table in it, such as \(path)/flights", command: syntax.name)
    }

    private static func splitKeys(
        _ arguments: ParsedArguments, _ creation: TableCreation
    ) throws -> [ByteString] {
        if let file = arguments.value("split-points") {
            guard arguments.value("sample") == nil, arguments.value("into") == nil else {
                throw UsageError("give either --split-points or --sample and --into", command: syntax.name)
            }
            return try SplitPointFile.keys(file, creation.keyText())
        }
        switch (arguments.value("sample"), arguments.value("into")) {
        case (nil, nil): return []
        case (.some(let file), .some(let text)):
            let count = try SplitPointFile.leafCount(text, command: syntax.name)
            _ = try creation.keyText()
            guard let schema = creation.keyedSchema else { return [] }
            return try SplitPointFile.keys(ofSample: file, schema: schema, leafCount: count)
        default: throw UsageError("--sample and --into go together", command: syntax.name)
        }
    }

    private static func columns(_ list: ByteString?) -> [ByteString] {
        (list?.bytes ?? []).split(separator: UInt8(ascii: ",")).map { ByteString(Array($0)) }
    }

    private static func property(_ setting: ByteString) throws(UsageError) -> (
        name: ByteString, value: ByteString
    ) {
        guard let equals = setting.bytes.firstIndex(of: UInt8(ascii: "=")) else {
            throw UsageError("--set takes NAME=VALUE, not \"\(setting)\"", command: syntax.name)
        }
        return (ByteString(setting.bytes[..<equals]), ByteString(setting.bytes[(equals + 1)...]))
    }

    private static func schema(_ file: ByteString) throws -> TableSchema {
        do {
            let text = try FileDescriptor.open(file, [.readOnly]).readToEnd()
            return try TableSchema(json: text)
        } catch let error as SchemaTextError {
            throw CommandFailure("\(file), \(error)")
        } catch let error as Errno {
            throw CommandFailure("\(file): \(error.message)")
        }
    }
}
