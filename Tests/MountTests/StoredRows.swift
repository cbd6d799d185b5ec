import Bytes
import Metadata
import Parquet
import Records
import Storage
import Tables

/// The rows of a table, read from its store without the mount.
enum StoredRows {
    /// The values of an integer column over all live files, sorted.
    static func integers(_ column: ByteString, of table: ByteString, in root: ByteString) throws -> [Int64] {
        let store = try Store.open(at: root, options: StoreOptions(isReadOnly: true, command: "test"))
        defer { store.close() }
        let table = try store.table(table)
        var paths: [ByteString] = []
        table.state.files.forEach { paths.append($0.path) }
        var values: [Int64] = []
        for path in paths {
            let file = try ParquetFile(MemoryParquetSource(try store.storage.get(table.key(path))))
            let reader = try ParquetReader(file, named: [column])
            while let batch = try reader.next() {
                guard case .int64(let numbers) = batch.columns[0].values else { continue }
                values += numbers
            }
        }
        return values.sorted()
    }
}
