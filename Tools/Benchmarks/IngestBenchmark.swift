import Bytes
import Ingest
import Metadata
import Platform
import Storage
import TransactionLog

/// A text file into a new table with a row key, as a copy into `ingest/` does it: inference, sorting, one commit.
enum IngestBenchmark {
    static func run(_ arguments: inout Arguments) throws {
        let root = arguments.text()
        let storage = try TableMaking.storage(root)
        let (clock, entropy) = (SystemClock(), SystemEntropy())
        var definition = TableDefinition(
            id: ByteString(String(repeating: "cd", count: 16)), name: "t", kind: .append, schema: nil,
            createdTime: clock.nowMilliseconds())
        definition.declaredRowKey = [arguments.text()]
        let log = try TransactionLog.create(
            storage: storage, table: "t", definition: definition, clock: clock, entropy: entropy)
        let service = IngestService(
            context: TableContext(
                log: log, storage: storage, directory: "t", clock: clock, entropy: entropy,
                scratch: Scratch(directory: root, limitBytes: 64 << 30, entropy: entropy)))
        let path = arguments.text()
        let file = StagedFile(
            relativePath: ObjectKey.name(of: path), localPath: path,
            sizeBytes: try FileSystemCalls.status(path).sizeBytes,
            requester: IngestRequester(userID: 0, groupID: 0, processID: 0))
        guard case .committed(_, let rows, let files) = try service.commit([file]), files.count == 1 else {
            Output.fail("the file did not become one data file")
        }
        Output.report([("rows", Double(rows))])
        if !arguments.isEmpty {
            try FileSystemCalls.rename(root + "/t/" + files[0].path, to: arguments.text())
        }
    }
}
