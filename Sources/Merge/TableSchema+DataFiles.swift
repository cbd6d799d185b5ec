package import Bytes
package import Records

extension TableSchema {
    /// The row-key columns that data files hold, in key order. Partition columns are the same in all rows of
    /// a partition, so leaving them out changes no order.
    package var dataKeyColumns: [Column] {
        rowKey.filter { !isPartitionColumn($0) }.compactMap { column($0) }
    }

    /// The columns of a data file of the table: all but the partition columns, and in an upsert table the
    /// two of ``SystemColumn`` behind them.
    package func dataFileColumns(isUpsert: Bool) -> [Column] {
        isUpsert ? dataColumns + [SystemColumn.sequence, SystemColumn.deleted] : dataColumns
    }
}

/// The columns that a data file of an upsert table has beside the table's own.
package enum SystemColumn {
    /// The row's sequence; null stands for the sequence of the file itself.
    package static let sequence = TableSchema.Column(
        id: 2_147_483_001, name: "_firn_sequence", type: .int64, isNullable: true)
    /// Whether the row is a delete marker: its key is gone as of its sequence.
    package static let deleted = TableSchema.Column(
        id: 2_147_483_002, name: "_firn_deleted", type: .boolean, isNullable: true)

    /// Whether a name may not be a column of a user's.
    package static func isReserved(_ name: ByteString) -> Bool {
        name == sequence.name || name == deleted.name
    }
}
