import Bytes
import Ingest
import Metadata
import Planning
import Platform
import Records
import Tables
import TestKit
import Testing

/// A table of rows that were really copied in, on a storage in memory.
final class RowTable {
    let directory: TemporaryDirectory
    let storage: MemoryStorage
    let clock = ManualClock(milliseconds: 1_700_000_000_000)
    let store: Store
    let table: Table
    private var fileCount = 0

    /// - Parameter partitioned: by the column `day`.
    init(partitioned: Bool = false, splitKeys: [ByteString] = []) throws {
        directory = try TemporaryDirectory("rows")
        storage = MemoryStorage()
        storage.setTime(milliseconds: 1_700_000_000_000)
        store = try Store.open(
            storage: storage, root: directory.path,
            options: StoreOptions(
                clock: clock, entropy: SeededEntropy(seed: 5), command: "test", scratchPath: directory.path))
        let schema = TableSchema(
            columns: [
                .init(id: 1, name: "id", type: .int64, isNullable: false),
                .init(id: 2, name: "note", type: .string),
                .init(id: 3, name: "day", type: .date),
            ], rowKey: ["id"], partitionColumns: partitioned ? ["day"] : [])
        var creation = TableCreation(schema: schema)
        creation.splitKeys = splitKeys
        table = try store.createTable("t", creation)
    }

    deinit { store.close() }

    /// The normalised key of an id.
    func key(_ id: Int) throws -> ByteString {
        try KeyText(table.state.definition).key(ByteString(String(id)))
    }

    /// Copies in one file of these ids.
    @discardableResult
    func ingest(_ ids: some Sequence<Int>, day: String = "2024-01-01") throws -> Version {
        fileCount += 1
        clock.advance(milliseconds: 1_000)
        let text = "id,note,day\n" + ids.map { "\($0),note \($0),\(day)\n" }.joined()
        let name = "\(fileCount).csv"
        try directory.write(ByteString(name), Array(text.utf8))
        let outcome = try table.ingest.commit([
            StagedFile(
                relativePath: ByteString(name), localPath: directory.file(ByteString(name)),
                sizeBytes: Int64(text.utf8.count),
                requester: IngestRequester(userID: 0, groupID: 0, processID: 1))
        ])
        guard case .committed(let version, _, _) = outcome else { throw RowTableError() }
        return version
    }

    @discardableResult
    func perform(_ request: VerbRequest) throws -> VerbOutcome { try table.perform(request, user: 7) }

    /// The message of a refusal that leaves the table as it is.
    func refusal(_ request: VerbRequest) throws -> String {
        let version = table.state.version
        let error = #expect(throws: StoreError.self) { try table.perform(request, user: 7) }
        #expect(table.state.version == version)
        return error?.message ?? ""
    }

    /// Rows of each leaf by path: what is referenced there, `~` where some are estimated.
    func leaves() -> [String] {
        let state = table.state
        let paths = PartitionPathText(state)
        return PartitionReport(state).nodes.filter(\.isLeaf).map { node in
            "\(paths.path(of: node.id)): "
                + RowCountText.text(known: node.rowsExact, estimated: node.rowsEstimated)
        }
    }
}

struct RowTableError: Error {}
