package import Bytes

// Rows taken, cut out and joined; every result is a batch of its own.
extension ColumnBatch {
    /// The rows of those numbers, in that order.
    package func gather(_ rows: [UInt32]) -> ColumnBatch {
        ColumnBatch(schema: schema, columns: columns.map { $0.gather(rows) }, rowCount: rows.count)
    }

    /// The rows of a range.
    package func slice(_ range: Range<Int>) -> ColumnBatch {
        if range == 0..<rowCount { return self }
        return ColumnBatch(schema: schema, columns: columns.map { $0.slice(range) }, rowCount: range.count)
    }

    /// The rows of `batches` one after the other.
    ///
    /// - Precondition: there is one at least, and all have the same columns.
    package static func concat(_ batches: [ColumnBatch]) -> ColumnBatch {
        if batches.count == 1 { return batches[0] }
        let schema = batches[0].schema
        precondition(batches.allSatisfy { $0.schema == schema }, "batches of different columns")
        let columns = schema.indices.map { index in
            ColumnVector.concat(batches.map { $0.columns[index] }, type: schema[index].type)
        }
        return ColumnBatch(
            schema: schema, columns: columns, rowCount: batches.reduce(0) { $0 + $1.rowCount })
    }

    /// Rows of several batches: row `i` is row `rows[i]` of `batches[sources[i]]`.
    ///
    /// - Precondition: there is one batch at least, and all have the same columns.
    package static func interleave(
        _ batches: [ColumnBatch], sources: [UInt32], rows: [UInt32]
    ) -> ColumnBatch {
        let schema = batches[0].schema
        precondition(batches.allSatisfy { $0.schema == schema }, "batches of different columns")
        var starts: [UInt32] = []
        var total = 0
        for batch in batches {
            starts.append(UInt32(total))
            total += batch.rowCount
        }
        let places = ColumnVector.places(starts, sources, rows)
        let columns = schema.indices.map { index in
            ColumnVector.concat(batches.map { $0.columns[index] }, type: schema[index].type).gather(places)
        }
        return ColumnBatch(schema: schema, columns: columns, rowCount: rows.count)
    }

    /// Bytes that the columns hold in memory.
    package var byteCount: Int { columns.reduce(0) { $0 + $1.byteCount } }

    /// Where the column of that name stands.
    package func index(of name: ByteString) -> Int? { schema.firstIndex { $0.name == name } }

    /// The column of that name.
    package func column(_ name: ByteString) -> ColumnVector? { index(of: name).map { columns[$0] } }
}
