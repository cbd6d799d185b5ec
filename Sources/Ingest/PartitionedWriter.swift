import Bytes
import Merge
import Metadata
import Records
import Storage

/// Writes rows that are sorted by partition, then by key, as data files of their partitions.
///
/// What it has written is deleted by ``abort()``, and when it is dropped before ``finish()``.
final class PartitionedWriter {
    private let context: TableContext
    private let plan: SchemaPlan
    private let options: DataFileOptions
    private let partitionKeys: KeyEncoder
    private var writer: DataFileWriter?
    private var currentKey: ByteString?
    private var entries: [FileEntry] = []
    private var isSettled = false

    init(_ context: TableContext, _ plan: SchemaPlan, options: DataFileOptions) {
        self.context = context
        self.plan = plan
        self.options = options
        partitionKeys = KeyEncoder(columns: plan.schema.partitionColumns.compactMap(plan.schema.column))
    }

    deinit { if !isSettled { abort() } }

    func append(_ batch: ColumnBatch) throws {
        guard batch.rowCount > 0 else { return }
        if partitionKeys.columns.isEmpty {
            if writer == nil { writer = DataFileWriter(fileContext([]), options: options) }
            try writer?.append(batch)
            return
        }
        let keys = partitionKeys.encode(batch)
        var start = 0
        while start < batch.rowCount {
            let end = endOfPartition(keys, from: start)
            if currentKey.map({ keys.compare(start, to: $0) != 0 }) ?? true {
                try finishPartition()
                currentKey = keys[start]
                writer = DataFileWriter(fileContext(tuple(batch, start)), options: options)
            }
            try writer?.append(batch.slice(start..<end))
            start = end
        }
    }

    /// The first row behind `start` of another partition, by steps that double and then halve.
    private func endOfPartition(_ keys: NormalizedKeys, from start: Int) -> Int {
        if keys.compare(start, keys.count - 1) == 0 { return keys.count }
        var low = start
        var step = 1
        while low + step < keys.count, keys.compare(start, low + step) == 0 {
            low += step
            step *= 2
        }
        var high = min(low + step, keys.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if keys.compare(start, middle) == 0 { low = middle } else { high = middle }
        }
        return high
    }

    private func tuple(_ batch: ColumnBatch, _ row: Int) -> [ByteString?] {
        plan.schema.partitionColumns.map { name in
            guard let index = batch.index(of: name) else { return nil }
            return ValueText.text(of: batch.columns[index], row: row, type: batch.schema[index].type)
        }
    }

    private func fileContext(_ values: [ByteString?]) -> DataFileContext {
        context.dataFiles(plan, PartitionTuple(values))
    }

    private func finishPartition() throws {
        guard let writer else { return }
        self.writer = nil
        entries += try writer.finish()
    }

    /// The entries of all files, which are durable.
    func finish() throws -> [FileEntry] {
        try finishPartition()
        isSettled = true
        return entries
    }

    func abort() {
        isSettled = true
        writer?.abort()
        writer = nil
        context.delete(entries)
        entries = []
    }
}

extension TableContext {
    /// Deletes data files that no transaction names. What cannot be deleted now is left to garbage collection.
    func delete(_ entries: [FileEntry]) {
        for entry in entries { try? storage.delete(ObjectKey.child(entry.path, of: directory)) }
    }
    /// Data files of one partition, written by a plan.
    func dataFiles(_ plan: SchemaPlan, _ values: PartitionTuple) -> DataFileContext {
        DataFileContext(
            tableID: plan.definition.id, kind: plan.definition.kind, schema: plan.schema,
            schemaID: plan.schemaID, partitionValues: values, storage: storage, directory: directory,
            clock: clock, entropy: entropy)
    }
}
