package import Bytes

/// Columns guessed from text, and how two guesses become one.
package enum SchemaInference {
    /// The type that holds the values of both; nil where only a person could say.
    ///
    /// Undecided takes the other; int64 or uint64 with double make double; a date with a timestamp is the
    /// timestamp. Everything else makes nil (readers of CSV then fall back to string, which holds any text).
    package static func common(_ left: ColumnType, _ right: ColumnType) -> ColumnType? {
        if left == right { return left }
        switch (left, right) {
        case (.undecided, let other), (let other, .undecided): return other
        case (.int64, .double), (.double, .int64), (.uint64, .double), (.double, .uint64): return .double
        case (.date, .timestamp(let unit, let isUTC)), (.timestamp(let unit, let isUTC), .date):
            return .timestamp(unit, isUTC: isUTC)
        case (.timestamp(let a, let isUTC), .timestamp(let b, let isAlsoUTC)) where isUTC == isAlsoUTC:
            return .timestamp(a.perSecond > b.perSecond ? a : b, isUTC: isUTC)
        default: return nil
        }
    }
}

/// The columns that were found in a file, in the file's order.
package struct InferredSchema: Equatable, Sendable {
    package struct Column: Equatable, Sendable {
        package var name: ByteString
        /// ``ColumnType/undecided`` where only nulls were seen.
        package var type: ColumnType
        package var hasNulls: Bool

        package init(name: ByteString, type: ColumnType, hasNulls: Bool) {
            self.name = name
            self.type = type
            self.hasNulls = hasNulls
        }
    }

    package var columns: [Column]
    /// Rows that were looked at.
    package var rowCount: Int
    /// Whether that was all of them.
    package var isComplete: Bool

    package init(columns: [Column], rowCount: Int, isComplete: Bool) {
        self.columns = columns
        self.rowCount = rowCount
        self.isComplete = isComplete
    }

    /// A schema of these columns, all nullable, with ids from 1.
    package func tableSchema(
        rowKey: [ByteString] = [], partitionColumns: [ByteString] = []
    ) -> TableSchema {
        let columns = columns.enumerated().map { index, column in
            TableSchema.Column(id: index + 1, name: column.name, type: column.type)
        }
        return TableSchema(columns: columns, rowKey: rowKey, partitionColumns: partitionColumns)
    }
}
