package import Bytes
import Records

/// The escaped path of a root partition, which is its ``PartitionID`` (`date=2024-01-01/region=eu`).
package enum RootPath {
    /// Empty where there are no partition columns. A value that a foreign entry lacks counts as null.
    package static func path(columns: [ByteString], tuple: PartitionTuple) -> ByteString {
        let values = columns.indices.map { $0 < tuple.values.count ? tuple.values[$0] : nil }
        return PartitionPath.path(columns: columns, values: values)
    }
}

extension TableDefinition {
    /// The partition columns in path order, also while there is no schema yet.
    package var partitionColumns: [ByteString] { schema?.partitionColumns ?? declaredPartitionColumns }

    /// The row key's columns, also while there is no schema yet.
    package var rowKey: [ByteString] { schema?.rowKey ?? declaredRowKey }
}
