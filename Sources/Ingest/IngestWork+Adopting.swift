import Bytes
import Merge
import Metadata
import Parquet
import Platform
import Records
import Storage

extension IngestWork {
    /// How often a copy without an answer is begun again.
    private static var maxCopies: Int { 3 }

    /// Takes a Parquet file as it is: its rows are all read and checked, its bytes are copied into `data/`.
    ///
    /// - Returns: the entry; nil where the rows must be rewritten: another schema, partition columns, values
    ///   from directories, an upsert table, or rows that are not in the order of the key.
    func adopt(_ file: PreparedFile, _ plan: SchemaPlan, _ state: TableState) throws -> FileEntry? {
        let content = file.content
        guard content.format == .parquet, try PathValues(file.file.relativePath).pairs.isEmpty else {
            return nil
        }
        let target = context.dataFiles(plan, PartitionTuple([]))
        let parquet = try ParquetFile(content)
        guard parquet.rowCount > 0, var adopted = AdoptedFile(parquet, target) else { return nil }
        let next = try batches(of: file, plan)
        while let batch = try next() {
            guard adopted.add(batch) else { return nil }
        }
        return try copy(content) {
            var entry = adopted.entry(sizeBytes: Int64(content.sizeBytes), source: file.file.receiptName)
            entry.partition = state.partitions.node(covering: entry)
            return entry
        }
    }

    /// Copies the bytes under the name of an entry, which `makeEntry` gives a fresh one each time.
    ///
    /// A copy without an answer may be there all the same. It is left to garbage collection, which finds what no
    /// version names, and the next one has another name.
    private func copy(_ content: StagedContent, _ makeEntry: () -> FileEntry) throws(StorageError)
        -> FileEntry
    {
        for attempt in 1... {
            let entry = makeEntry()
            let key = ObjectKey.child(entry.path, of: context.directory)
            do throws(StorageError) {
                try context.storage.putIfAbsent(key, fromLocal: content.file.localPath, sharing: false)
                return entry
            } catch {
                if error.kind != .unknownOutcome || attempt == Self.maxCopies { throw error }
            }
        }
        preconditionFailure("numbers do not end")
    }
}

extension PartitionSet {
    /// The lowest node of an unpartitioned table's tree that holds all rows of a file; nil is the root.
    func node(covering entry: FileEntry) -> PartitionID? {
        let root = PartitionID(ByteString())
        guard !isEmpty, let min = entry.minKey, let max = entry.maxKey else { return nil }
        let node = lowestNode(of: root, holding: min, max)
        return node == root ? nil : node
    }
}
