import Bytes
import Merge
import Metadata
import Platform
import Records

extension IngestWork {
    /// The rows of all files as data files, and how many rows each file gave. Throws with nothing left behind.
    func write(
        _ contents: [StagedContent], _ plan: SchemaPlan, _ state: TableState
    ) throws -> (entries: [FileEntry], rowCounts: [Int64]) {
        if contents.count == 1 {
            do {
                if let entry = try adopt(contents[0], plan) { return ([entry], [entry.rowCount ?? 0]) }
            } catch {
                throw IngestRefusal(cause: error).about(contents[0].file)
            }
        }
        let options = DataFileOptions(
            targetFileSizeBytes: state.properties.compactionTargetFileSize,
            source: contents.count == 1 ? contents[0].file.receiptName : nil)
        let writer = PartitionedWriter(context, plan, options: options)
        let order = plan.sortOrder
        var rowCounts: [Int64] = []
        if order.rowKey.isEmpty {
            for content in contents {
                rowCounts.append(try read(content, plan) { try writer.append($0) })
            }
            return (try writer.finish(), rowCounts)
        }
        let bytes = contents.reduce(Int64(0)) { $0 + Int64($1.sizeBytes) }
        let limit = state.properties.ingestMemoryLimit
        // Compressed text may be many times its size; it takes what it may get.
        let share = try memory.reserve(min(max(bytes * 8, 4 << 20), limit), of: limit, cancellation)
        defer { memory.release(share) }
        let sorter = ExternalSorter(
            schema: order, memoryLimitBytes: Int(share), scratch: context.scratch,
            cancellation: cancellation)
        for content in contents {
            rowCounts.append(try read(content, plan) { try sorter.append($0) })
        }
        let run = try sorter.finish()
        let sorted = Prefetch<ColumnBatch>(name: "firn-sorted", ahead: 4) { try run.next() }
        while let batch = try sorted.next() { try writer.append(batch) }
        return (try writer.finish(), rowCounts)
    }

    /// Gives each batch of a file to `body` while the next is read by another thread; returns how many rows.
    private func read(
        _ content: StagedContent, _ plan: SchemaPlan, _ body: (ColumnBatch) throws -> Void
    ) throws -> Int64 {
        var rows: Int64 = 0
        do {
            let reader = try RowReader(
                content, schema: plan.schema, kind: plan.definition.kind, cancellation: cancellation)
            let batches = Prefetch<ColumnBatch>(name: "firn-parse", ahead: 2) { try reader.next() }
            while let batch = try batches.next() {
                try cancellation.check()
                rows += Int64(batch.rowCount)
                try body(batch)
            }
        } catch {
            throw IngestRefusal(cause: error).about(content.file)
        }
        return rows
    }
}

extension SchemaPlan {
    /// Partition columns first, then the row key, as one key over all columns of the table.
    var sortOrder: TableSchema {
        TableSchema(
            columns: schema.columns,
            rowKey: schema.partitionColumns + schema.dataKeyColumns.map(\.name))
    }
}
