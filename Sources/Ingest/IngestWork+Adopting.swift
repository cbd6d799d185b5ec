import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage

extension IngestWork {
    /// Takes a Parquet file as it is: its rows are all read and checked, its bytes are copied into `data/`.
    ///
    /// - Returns: the entry; nil where the rows must be rewritten: another schema, partition columns, values
    ///   from directories, an upsert table, or rows that are not in the order of the key.
    func adopt(_ content: StagedContent, _ plan: SchemaPlan) throws -> FileEntry? {
        guard content.format == .parquet, try PathValues(content.file.relativePath).pairs.isEmpty else {
            return nil
        }
        let target = context.dataFiles(plan, PartitionTuple([]))
        let file = try ParquetFile(content)
        guard file.rowCount > 0, var adopted = AdoptedFile(file, target) else { return nil }
        let reader = try RowReader(
            content, schema: plan.schema, kind: plan.definition.kind, cancellation: cancellation)
        while let batch = try reader.next() {
            guard adopted.add(batch) else { return nil }
        }
        let entry = adopted.entry(
            sizeBytes: Int64(content.sizeBytes), source: content.file.receiptName)
        let key = ObjectKey.child(entry.path, of: context.directory)
        do throws(StorageError) {
            try context.storage.putIfAbsent(key, fromLocal: content.file.localPath, sharing: false)
        } catch {
            // It may be there all the same, and no transaction will name it.
            if error.kind == .unknownOutcome { try? context.storage.delete(key) }
            throw error
        }
        return entry
    }
}
