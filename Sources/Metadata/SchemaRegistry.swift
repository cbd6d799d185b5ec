package import Bytes
package import Records

/// Names schemas by their content, so that equal schemas are one wherever they are made.
package enum SchemaRegistry {
    /// 16 hex digits: 64-bit FNV-1a over the schema's canonical JSON.
    package static func id(of schema: TableSchema) -> ByteString {
        ByteString(Hex.string(text(of: schema).withUnsafeBytes { FileID.hash($0) }))
    }

    /// The canonical JSON of a schema, in the form of `schema.json`: members in one order, no spaces. What
    /// makes the id must never change, so it is written here and not by whoever lays out that file.
    package static func text(of schema: TableSchema) -> ByteString {
        var bytes: [UInt8] = Array(#"{"columns":["#.utf8)
        for (index, column) in schema.columns.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(contentsOf: #"{"name":"#.utf8)
            quote(column.name, to: &bytes)
            bytes.append(contentsOf: #","type":""#.utf8)
            bytes.append(contentsOf: column.type.name.utf8)
            bytes.append(contentsOf: #"","nullable":\#(column.isNullable),"id":\#(column.id)}"#.utf8)
        }
        bytes.append(contentsOf: #"],"rowKey":["#.utf8)
        list(schema.rowKey, to: &bytes)
        bytes.append(contentsOf: #"],"partitionColumns":["#.utf8)
        list(schema.partitionColumns, to: &bytes)
        bytes.append(contentsOf: "]}".utf8)
        return ByteString(bytes)
    }

    private static func list(_ names: [ByteString], to bytes: inout [UInt8]) {
        for (index, name) in names.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            quote(name, to: &bytes)
        }
    }

    private static func quote(_ text: ByteString, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.bytes {
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                bytes.append(contentsOf: "\\u\(Hex.string(UInt64(byte), width: 4))".utf8)
            } else {
                bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
