import Bytes
package import Metadata
package import Platform
package import Records

/// The true rows of some data files of one partition, in key order: all rows of an append table, the newest
/// row of each key of an upsert table.
///
/// In an append table rows of equal keys come by the sequence of their files. Memory is bounded by blocks of
/// the files that overlap, not by their sizes.
package final class MergedRows {
    package struct Options: Sendable {
        /// Gives delete markers too; without it a deleted key is simply not there.
        package var keepsDeletes: Bool
        /// Gives ``SystemColumn``s too, behind the others; upsert tables only.
        package var keepsSystemColumns: Bool

        package init(keepsDeletes: Bool = false, keepsSystemColumns: Bool = false) {
            self.keepsDeletes = keepsDeletes
            self.keepsSystemColumns = keepsSystemColumns
        }
    }

    private let blocks: MergedBlocks
    private let dropsColumns: Bool

    /// Opens all inputs.
    ///
    /// - Parameter schema: the table's current one, whose data columns the batches have.
    package init(
        _ inputs: [MergeInput], schema: TableSchema, kind: TableKind, open: DataFileOpener,
        options: Options = Options(), cancellation: Cancellation = Cancellation()
    ) throws {
        let isUpsert = kind == .upsert
        dropsColumns = isUpsert && !options.keepsSystemColumns
        let files = try MergeInput.open(inputs, schema: schema, isUpsert: isUpsert, open)
        blocks = try MergedBlocks(
            files,
            options: MergedBlocks.Options(
                isUpsert: isUpsert, dropsDeletes: !options.keepsDeletes),
            monitor: MergeMonitor(
                files.map { MergeMonitor.Input(rows: $0.file.rowCount, sizeBytes: 0) },
                cancellation: cancellation))
    }

    /// The next rows, at least one; nil at the end.
    package func next() throws -> ColumnBatch? {
        while let piece = try blocks.next() {
            guard case .rows(var batch) = piece.content, batch.rowCount > 0 else { continue }
            if dropsColumns {
                batch = ColumnBatch(
                    schema: Array(batch.schema.dropLast(2)), columns: Array(batch.columns.dropLast(2)),
                    rowCount: batch.rowCount)
            }
            return batch
        }
        return nil
    }
}

extension MergeInput {
    /// Opens data files, in the order of their sequences.
    static func open(
        _ inputs: [MergeInput], schema: TableSchema, isUpsert: Bool, _ open: DataFileOpener
    ) throws -> [(file: OpenDataFile, range: KeyRange)] {
        let columns = schema.dataFileColumns(isUpsert: isUpsert)
        let keyColumns = schema.dataKeyColumns
        precondition(!isUpsert || !keyColumns.isEmpty, "an upsert table has a row key")
        return try inputs.sorted { ($0.entry.sequence, $0.entry.path) < ($1.entry.sequence, $1.entry.path) }
            .map { input in
                let source = try open(input.entry)
                let file = try OpenDataFile(input.entry, source, columns: columns, keyColumns: keyColumns)
                return (file, input.range)
            }
    }
}
