import Bytes
import Metadata
import Records

/// The directory name of a child of a split: `<key>-to-<value>` of the left one, `<key>-from-<value>` of the right.
///
/// `<key>` is the names of the key columns joined by `,`; `<value>` is the key of the split, its values joined by `,`.
/// Both are percent-encoded as partition values are, and besides `,` inside of a value or name, and `-` inside of a
/// name. So no name has a `=`, by which the directories of partition columns are known, and the first `-` ends the key.
/// A name of more than 200 bytes is cut there and ends with `~` and a hash of the whole.
package enum PartitionName {
    package enum Side: String, Sendable {
        /// The keys below the split.
        case left = "-to-"
        /// The key of the split and those above.
        case right = "-from-"
    }

    package static let maxBytes = 200

    static func name(_ side: Side, columns: [ByteString], at key: ByteString, _ keys: KeyText?) -> ByteString
    {
        let names = columns.map { escape($0, besides: ",-").bytes }
        let value = KeyText.text(keys?.values(of: key), of: key) { escape($0, besides: ",") }
        let text = Array(names.joined(separator: [UInt8(ascii: ",")])) + side.rawValue.utf8 + value.bytes
        return cut(ByteString(text))
    }

    private static func escape(_ text: ByteString, besides more: String) -> ByteString {
        var bytes: [UInt8] = []
        for byte in PartitionPath.escape(text).bytes {
            if more.utf8.contains(byte) {
                bytes += "%\(Hex.string(UInt64(byte), width: 2).uppercased())".utf8
            } else {
                bytes.append(byte)
            }
        }
        return ByteString(bytes)
    }

    private static func cut(_ text: ByteString) -> ByteString {
        guard text.count > maxBytes else { return text }
        let hash = text.withUnsafeBytes { FileID.hash($0) }
        // A character stays whole, and so does what is encoded.
        var end = maxBytes - 17
        while end > 0, text.bytes[end] & 0xC0 == 0x80 { end -= 1 }
        for back in 1...2 where text.bytes[end - back] == UInt8(ascii: "%") { end -= back }
        return ByteString(text.bytes[..<end] + "~\(Hex.string(hash))".utf8)
    }
}
