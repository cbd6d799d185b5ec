package import Bytes
package import Metadata
import Platform
import Records

/// Row keys as people write them: the values of the key columns in key order, joined by `,`.
///
/// ```
/// 500                      one column
/// 2024-01-31,AA            two; 2024-01-31 alone is the prefix of all keys that begin with it
/// a%2Cb                    a value with a comma: any byte may be written as %XX
/// __HIVE_DEFAULT_PARTITION__   null, as in the names of directories
/// %x018000                 the bytes of a normalised key that has no other text
/// ```
///
/// What ``text(_:)`` writes, ``key(_:)`` reads back to the same bytes.
package struct KeyText: Sendable {
    private let encoder: KeyEncoder

    /// - Throws: where the table has no row key, or a key column no type yet.
    package init(_ definition: TableDefinition) throws(StoreError) {
        guard !definition.rowKey.isEmpty else {
            throw StoreError(.eopnotsupp, "the table has no row key: its partitions have no ranges of keys")
        }
        guard let schema = definition.schema else {
            throw StoreError(
                .eopnotsupp, "the table has no columns yet: the types of its key come with the first file")
        }
        for name in schema.rowKey {
            guard let column = schema.column(name), column.type != .undecided else {
                throw StoreError(.eopnotsupp, "the key column \(name) has no type yet")
            }
        }
        encoder = KeyEncoder(schema: schema)
    }

    /// The names of the key columns.
    package var columns: [ByteString] { encoder.columns.map(\.name) }

    /// The normalised key of a text, or of a prefix: a whole number of the first key columns.
    package func key(_ text: ByteString) throws(StoreError) -> ByteString {
        if text.hasPrefix(Self.rawMark) { return try raw(text) }
        let parts = text.bytes.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard parts.count <= encoder.columns.count else {
            let names = columns.map(\.display).joined(separator: ",")
            throw StoreError(
                .einval,
                "the key \"\(text)\" has \(parts.count) values, the table's key \(encoder.columns.count) (\(names)); "
                    + "a comma inside of a value is written %2C")
        }
        var values: [TypedValue?] = []
        for (part, column) in zip(parts, encoder.columns) {
            values.append(try Self.value(ByteString(part), column))
        }
        return encoder.encode(values: values)
    }

    private static func value(
        _ text: ByteString, _ column: TableSchema.Column
    ) throws(StoreError) -> TypedValue? {
        if text == PartitionPath.null { return nil }
        guard let plain = PercentEncoding.decode(text) else {
            throw StoreError(
                .einval,
                "column \(column.name): in \"\(text)\" a % is not followed by two hexadecimal digits; the sign itself "
                    + "is written %25")
        }
        guard let value = ValueText.parse(plain, column.type) else {
            throw StoreError(
                .einval, "column \(column.name): \"\(plain)\" is no value of type \(column.type.name)")
        }
        return value
    }

    private func raw(_ text: ByteString) throws(StoreError) -> ByteString {
        let digits = Array(text.bytes.dropFirst(Self.rawMark.count))
        var key: [UInt8] = []
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard start + 1 < digits.count, let byte = Hex.parse(digits[start...(start + 1)]) else {
                throw StoreError(
                    .einval, "\"\(text)\" is no key: %x is followed by pairs of hexadecimal digits")
            }
            key.append(UInt8(byte))
        }
        return ByteString(key)
    }

    /// The text of a normalised key, or of a prefix that ends with a whole column.
    package func text(_ key: ByteString) -> ByteString {
        Self.text(values(of: key), of: key) { PercentEncoding.encode($0, allowed: Self.plain) }
    }

    /// The values of a key as text; nil where its bytes are no key of these columns.
    func values(of key: ByteString) -> [ByteString?]? {
        guard !key.isEmpty, let texts = try? encoder.decode(key), encoder.encode(texts: texts) == key else {
            return nil
        }
        return texts
    }

    /// Values, each escaped, joined by `,`; without values the key's own bytes.
    static func text(
        _ values: [ByteString?]?, of key: ByteString, escape: (ByteString) -> ByteString
    ) -> ByteString {
        guard let values else { return rawText(key) }
        let parts = values.map { value -> [UInt8] in
            guard let value else { return PartitionPath.null.bytes }
            // A value that reads like the null has its first byte escaped.
            return value == PartitionPath.null
                ? Array("%5F".utf8) + value.bytes.dropFirst() : escape(value).bytes
        }
        return ByteString(Array(parts.joined(separator: [UInt8(ascii: ",")])))
    }

    /// The bytes of a key as text, whatever they are.
    static func rawText(_ key: ByteString) -> ByteString { rawMark + ByteString(Hex.string(key.bytes)) }

    private static let rawMark: ByteString = "%x"
    /// Everything but controls, the comma and the percent sign.
    private static let plain = Set((UInt8(0x20)...0xFF).filter { $0 != 0x7F }).subtracting(",%".utf8)
}
