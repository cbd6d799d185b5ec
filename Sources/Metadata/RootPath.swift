package import Bytes
import Records

/// The escaped path of a root partition, which is its ``PartitionID`` (`date=2024-01-01/region=eu`).
package enum RootPath {
    /// Empty where there are no partition columns.
    package static func path(columns: [ByteString], tuple: PartitionTuple) -> ByteString {
        var bytes: [UInt8] = []
        for (index, column) in columns.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: "/")) }
            append(column, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            if index < tuple.values.count, let value = tuple.values[index] {
                append(value, to: &bytes)
            } else {
                bytes.append(contentsOf: "__HIVE_DEFAULT_PARTITION__".utf8)
            }
        }
        return ByteString(bytes)
    }

    private static let special = Set("\"#%'*/:=?\\{[]^".utf8)

    private static func append(_ text: ByteString, to bytes: inout [UInt8]) {
        for byte in text.bytes {
            if byte < 0x20 || byte == 0x7F || special.contains(byte) {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(contentsOf: Hex.string(UInt64(byte), width: 2).uppercased().utf8)
            } else {
                bytes.append(byte)
            }
        }
    }
}

extension TableDefinition {
    /// The partition columns in path order, also while there is no schema yet.
    package var partitionColumns: [ByteString] { schema?.partitionColumns ?? declaredPartitionColumns }

    /// The row key's columns, also while there is no schema yet.
    package var rowKey: [ByteString] { schema?.rowKey ?? declaredRowKey }
}
