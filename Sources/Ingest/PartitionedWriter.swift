import Bytes
import Merge
import Metadata
import Records
import Storage

/// Writes rows that are sorted by partition, then by key, as data files of their partitions.
///
/// Where partition trees were split, routes say at which keys the next node's files begin; elsewhere a file is a root
/// partition's. What it has written is deleted by ``abort()``, and when it is dropped before ``finish()``.
final class PartitionedWriter {
    private let context: TableContext
    private let plan: SchemaPlan
    private let options: DataFileOptions
    private let routes: [PartitionRoute]?
    /// Of the partition columns, or of whatever the routes are bounded by.
    private let keys: KeyEncoder
    private var writer: DataFileWriter?
    private var currentKey: ByteString?
    private var nextRoute = 0
    private var entries: [FileEntry] = []
    private var isSettled = false

    init(
        _ context: TableContext, _ plan: SchemaPlan, options: DataFileOptions, routes: [PartitionRoute]? = nil
    ) {
        self.context = context
        self.plan = plan
        self.options = options
        self.routes = routes
        let schema = plan.schema
        keys =
            routes == nil
            ? KeyEncoder(columns: schema.partitionColumns.compactMap(schema.column))
            : PartitionRoute.encoder(schema)
    }

    deinit { if !isSettled { abort() } }

    func append(_ batch: ColumnBatch) throws {
        guard batch.rowCount > 0 else { return }
        if keys.columns.isEmpty {
            if writer == nil { try begin(batch, 0, node: nil) }
            try writer?.append(batch)
            return
        }
        let keys = keys.encode(batch)
        var start = 0
        while start < batch.rowCount {
            let end: Int
            if let routes {
                end = try follow(routes, batch, keys, from: start)
            } else {
                end = endOfPartition(keys, from: start)
                if currentKey.map({ keys.compare(start, to: $0) != 0 }) ?? true {
                    currentKey = keys[start]
                    try begin(batch, start, node: nil)
                }
            }
            try writer?.append(batch.slice(start..<end))
            start = end
        }
    }

    /// Begins a file where a route begins, and returns the end of the rows that go along it.
    private func follow(
        _ routes: [PartitionRoute], _ batch: ColumnBatch, _ keys: NormalizedKeys, from start: Int
    ) throws -> Int {
        let known = nextRoute
        while nextRoute < routes.count, keys.compare(start, to: routes[nextRoute].lower) >= 0 {
            nextRoute += 1
        }
        precondition(nextRoute > 0, "routes begin at or below the first row")
        if nextRoute > known { try begin(batch, start, node: routes[nextRoute - 1].node) }
        return nextRoute < routes.count ? keys.lowerBound(routes[nextRoute].lower) : batch.rowCount
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

    /// Begins the files of a row's partition.
    private func begin(_ batch: ColumnBatch, _ row: Int, node: PartitionID?) throws {
        try finishPartition()
        let tuple = PartitionTuple(of: batch, row, columns: plan.schema.partitionColumns)
        writer = DataFileWriter(context.dataFiles(plan, tuple, node: node), options: options)
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
    func dataFiles(
        _ plan: SchemaPlan, _ values: PartitionTuple, node: PartitionID? = nil
    ) -> DataFileContext {
        DataFileContext(
            tableID: plan.definition.id, kind: plan.definition.kind, schema: plan.schema,
            schemaID: plan.schemaID, partitionValues: values, partition: node, storage: storage,
            directory: directory, clock: clock, entropy: entropy)
    }
}
