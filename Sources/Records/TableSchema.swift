package import Bytes

/// The columns of a table, its row key and its partition columns.
@usableFromInline
package struct TableSchema: Hashable, Sendable {
    /// One column. `id` is permanent and never used again for another column.
    @usableFromInline
    package struct Column: Hashable, Sendable {
        package var id: Int
        package var name: ByteString
        package var type: ColumnType
        package var isNullable: Bool

        package init(id: Int, name: ByteString, type: ColumnType, isNullable: Bool = true) {
            self.id = id
            self.name = name
            self.type = type
            self.isNullable = isNullable
        }
    }

    /// All columns, partition columns included, in table order.
    package var columns: [Column]
    /// Names of the row-key columns in key order; empty where a table has no key (rows keep their order).
    package var rowKey: [ByteString]
    /// Names of the partition columns in path order. They live in the path only, never in a data file.
    package var partitionColumns: [ByteString]

    package init(columns: [Column], rowKey: [ByteString] = [], partitionColumns: [ByteString] = []) {
        self.columns = columns
        self.rowKey = rowKey
        self.partitionColumns = partitionColumns
    }

    package func index(of name: ByteString) -> Int? { columns.firstIndex { $0.name == name } }

    package func column(_ name: ByteString) -> Column? { columns.first { $0.name == name } }

    package func isPartitionColumn(_ name: ByteString) -> Bool { partitionColumns.contains(name) }

    /// The columns that data files hold: all but the partition columns, in table order.
    package var dataColumns: [Column] { columns.filter { !partitionColumns.contains($0.name) } }
}
