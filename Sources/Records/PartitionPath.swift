package import Bytes

/// Partition values as directory names, as Hive writes them: `date=2024-01-31/region=eu`.
///
/// A null is `__HIVE_DEFAULT_PARTITION__`; an empty string is nothing behind the `=`; a value that reads like
/// the null has its first byte escaped. What ``path(columns:values:)`` writes, ``parse(_:)`` reads back.
package enum PartitionPath {
    package static let null: ByteString = "__HIVE_DEFAULT_PARTITION__"

    /// Percent-encodes controls, DEL and `"#%'*/:=?\{}[]^`.
    package static func escape(_ value: ByteString) -> ByteString {
        var result: [UInt8] = []
        for (index, byte) in value.bytes.enumerated() {
            if mustEscape(byte) || (index == 0 && value == null) {
                result.append(UInt8(ascii: "%"))
                result.append(contentsOf: Hex.string(UInt64(byte), width: 2).uppercased().utf8)
            } else {
                result.append(byte)
            }
        }
        return ByteString(result)
    }

    /// Undoes ``escape(_:)``; a `%` without two hexadecimal digits stands for itself.
    package static func unescape(_ text: ByteString) -> ByteString {
        var result: [UInt8] = []
        var index = 0
        while index < text.count {
            let byte = text.bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < text.count,
                let value = Hex.parse(text.bytes[(index + 1)...(index + 2)])
            {
                result.append(UInt8(value))
                index += 3
            } else {
                result.append(byte)
                index += 1
            }
        }
        return ByteString(result)
    }

    /// `column=value` with both escaped.
    package static func component(column: ByteString, value: ByteString?) -> ByteString {
        var bytes = escape(column).bytes
        bytes.append(UInt8(ascii: "="))
        bytes.append(contentsOf: (value.map(escape) ?? null).bytes)
        return ByteString(bytes)
    }

    /// The components of a tuple joined by `/`; empty for a table without partition columns.
    package static func path(columns: [ByteString], values: [ByteString?]) -> ByteString {
        precondition(columns.count == values.count)
        let components = zip(columns, values).map { component(column: $0, value: $1) }
        return ByteString(Array(components.map(\.bytes).joined(separator: [UInt8(ascii: "/")])))
    }

    /// One component read back; nil where there is no `=` or no name before it.
    package static func parse(component: ByteString) -> (column: ByteString, value: ByteString?)? {
        guard let equals = component.bytes.firstIndex(of: UInt8(ascii: "=")), equals > 0 else { return nil }
        let value = ByteString(component.bytes[(equals + 1)...])
        return (unescape(ByteString(component.bytes[..<equals])), value == null ? nil : unescape(value))
    }

    /// A path read back, component by component; nil where one of them is no `column=value`.
    package static func parse(_ path: ByteString) -> [(column: ByteString, value: ByteString?)]? {
        if path.isEmpty { return [] }
        var result: [(column: ByteString, value: ByteString?)] = []
        for part in path.bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let pair = parse(component: ByteString(part)) else { return nil }
            result.append(pair)
        }
        return result
    }

    private static let special = Set("\"#%'*/:=?\\{}[]^".utf8)

    private static func mustEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == 0x7F || special.contains(byte)
    }
}
