package import Bytes

/// What a table may be called: `[A-Za-z0-9][A-Za-z0-9._-]{0,127}`.
package enum TableName {
    package static let rule =
        "a table's name has 1 to 128 letters, digits, '.', '_' or '-', and starts with a letter or digit"

    package static func isValid(_ name: ByteString) -> Bool {
        guard let first = name.bytes.first, isAlphanumeric(first), name.count <= 128 else { return false }
        return name.bytes.allSatisfy { isAlphanumeric($0) || ".-_".utf8.contains($0) }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}
