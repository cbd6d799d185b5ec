package import Bytes

/// Why a text is no filter of a table: what is wrong, and where.
package struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
    package var message: String
    /// Of the text's bytes.
    package var offset: Int
    package var text: ByteString

    init(_ message: String, at offset: Int, in text: ByteString) {
        self.message = message
        self.offset = offset
        self.text = text
    }

    /// The message, the line that is wrong, and a caret under the place.
    package var description: String {
        let bytes = text.bytes
        let place = min(offset, bytes.count)
        let start = bytes[..<place].lastIndex(of: 0x0A).map { $0 + 1 } ?? 0
        let end = bytes[place...].firstIndex(of: 0x0A) ?? bytes.count
        let line = String(decoding: bytes[start..<end], as: UTF8.self)
        // A tab stays a tab, so that the caret stands under what it means.
        let before = String(decoding: bytes[start..<place], as: UTF8.self)
        let indent = String(before.map { $0 == "\t" ? "\t" : " " })
        return "\(message)\n  \(line)\n  \(indent)^"
    }
}
