/// Grows a batch row by row: every column gets one value or null, then the next row.
@frozen
@usableFromInline
package struct BatchBuilder: Sendable {
    @usableFromInline package let schema: [TableSchema.Column]
    @usableFromInline package var columns: [ColumnBuilder]

    package init(schema: [TableSchema.Column]) {
        self.schema = schema
        columns = schema.map { ColumnBuilder(type: $0.type) }
    }

    /// Rows that every column has.
    package var rowCount: Int { columns.map(\.count).min() ?? 0 }

    /// Appends a row of values of the columns' types.
    package mutating func append(row: [TypedValue?]) {
        precondition(row.count == columns.count)
        for index in columns.indices { columns[index].append(row[index]) }
    }

    package mutating func reserveCapacity(_ rows: Int) {
        for index in columns.indices { columns[index].reserveCapacity(rows) }
    }

    /// The rows so far; the builder starts anew.
    ///
    /// - Precondition: all columns have the same number of rows.
    package mutating func finish() -> ColumnBatch {
        let rows = rowCount
        precondition(columns.allSatisfy { $0.count == rows }, "a row was left incomplete")
        let vectors = columns.indices.map { columns[$0].finish() }
        return ColumnBatch(schema: schema, columns: vectors, rowCount: rows)
    }
}
