package import Bytes
package import Metadata
import Platform

/// A version as a person writes it: its number, a time, or a tag.
package enum VersionWord {
    package static func number(_ word: ByteString) -> Version? {
        guard !word.isEmpty, word.count <= 18,
            word.bytes.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") })
        else { return nil }
        return Int64(word.display).map { Version($0) }
    }

    /// Epoch milliseconds; a time between two of them counts as the first.
    package static func milliseconds(_ word: ByteString) -> Int64? {
        guard let microseconds = TimestampText.parseMicroseconds(word) else { return nil }
        return microseconds >= 0 ? microseconds / 1_000 : (microseconds - 999) / 1_000
    }

    /// The version that a tag names.
    package static func tagged(_ word: ByteString, in state: TableState) throws(StoreError) -> Version {
        if let version = state.tags[word] { return version }
        let names = state.tags.keys.sorted().map(\.display).joined(separator: ", ")
        let known = names.isEmpty ? "the table has no tags" : "its tags are \(names)"
        throw StoreError(
            .enoent,
            "\"\(word)\" is neither a version, nor a time such as 2024-01-31T12:34:56, nor a tag: \(known)")
    }
}
