import Bytes
import Merge
import Metadata
import Platform
import Records

extension IngestWork {
    /// The rows of all files as data files, and how many rows each file gave. Throws with nothing left behind.
    func write(
        _ files: [PreparedFile], _ plan: SchemaPlan, _ state: TableState
    ) throws -> (entries: [FileEntry], rowCounts: [Int64]) {
        if files.count == 1 {
            do {
                if let entry = try adopt(files[0], plan, state) { return ([entry], [entry.rowCount ?? 0]) }
            } catch {
                throw IngestRefusal(cause: error).about(files[0].file)
            }
        }
        let options = DataFileOptions(
            targetFileSizeBytes: state.properties.compactionTargetFileSize,
            source: files.count == 1 ? files[0].file.receiptName : nil)
        if plan.sortOrder.rowKey.isEmpty {
            let writer = PartitionedWriter(context, plan, options: options)
            let rowCounts = try files.map { try read($0, plan) { try writer.append($0) } }
            return (try writer.finish(), rowCounts)
        }
        let share = try reserve(files, plan, limit: state.properties.ingestMemoryLimit)
        defer { memory.release(share.reserved) }
        let sorter = ExternalSorter(
            schema: plan.sortOrder, memoryLimitBytes: share.sortBytes, scratch: context.scratch,
            cancellation: cancellation)
        var tally = LeafTally(plan, state.partitions)
        let rowCounts = try files.map { file in
            try read(file, plan) { batch in
                tally?.add(batch)
                try sorter.append(batch)
            }
        }
        let inputBytes = files.reduce(Int64(0)) { $0 + Int64($1.content.sizeBytes) }
        let routes = tally?.routes(
            inputBytes: inputBytes, minSliceBytes: state.properties.ingestMinSliceBytes)
        let writer = PartitionedWriter(context, plan, options: options, routes: routes)
        let run = try sorter.finish()
        if files.allSatisfy({ $0.isRead(in: plan.schemaID) }) {
            while let batch = try run.next() { try writer.append(batch) }
        } else {
            let sorted = Prefetch<ColumnBatch>(name: "firn-sorted", ahead: 4) { try run.next() }
            while let batch = try sorted.next() { try writer.append(batch) }
        }
        return (try writer.finish(), rowCounts)
    }

    /// Memory for sorting: what it takes of the table's, and how much may be used.
    ///
    /// Rows in memory have their own bound, so that small files never wait for the memory that a large one has taken.
    private func reserve(
        _ files: [PreparedFile], _ plan: SchemaPlan, limit: Int64
    ) throws -> (reserved: Int64, sortBytes: Int) {
        if files.allSatisfy({ $0.isRead(in: plan.schemaID) }) { return (0, Int(clamping: limit)) }
        let bytes = files.reduce(Int64(0)) { $0 + Int64($1.content.sizeBytes) }
        // Compressed text may be many times its size; it takes what it may get.
        let share = try memory.reserve(min(max(bytes * 8, 4 << 20), limit), of: limit, cancellation)
        return (share, Int(share))
    }

    /// Gives the rows of a file to `body`, and returns how many there are. Rows that are not in memory are read by
    /// another thread, a little ahead.
    private func read(
        _ file: PreparedFile, _ plan: SchemaPlan, _ body: (ColumnBatch) throws -> Void
    ) throws -> Int64 {
        var rows: Int64 = 0
        do {
            var next = try batches(of: file, plan)
            if !file.isRead(in: plan.schemaID) {
                let read = Prefetch<ColumnBatch>(name: "firn-parse", ahead: 2, next)
                next = { try read.next() }
            }
            while let batch = try next() {
                try cancellation.check()
                rows += Int64(batch.rowCount)
                try body(batch)
            }
        } catch {
            throw IngestRefusal(cause: error).about(file.file)
        }
        return rows
    }

    /// The rows of a file in the plan's schema: those in memory, or from its bytes.
    func batches(of file: PreparedFile, _ plan: SchemaPlan) throws -> () throws -> ColumnBatch? {
        if file.isRead(in: plan.schemaID), let rows = file.rows {
            var position = 0
            return {
                guard position < rows.batches.count else { return nil }
                defer { position += 1 }
                return rows.batches[position]
            }
        }
        let reader = try RowReader(
            file.content, schema: plan.schema, kind: plan.definition.kind, cancellation: cancellation)
        return { try reader.next() }
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
