package import Bytes
package import Planning
import Platform

/// Ranges of keys as people write them: `FROM..TO`, without TO itself; `FROM..`; `..TO`; or one key or prefix alone.
///
/// The first two dots part the ends; inside of a value they are written `%2E`.
extension KeyText {
    package func span(_ text: ByteString) throws(StoreError) -> KeyInterval {
        guard let dots = Self.dots(in: text) else { return KeyInterval(prefix: try key(text)) }
        let ends = [text.bytes[..<dots], text.bytes[(dots + 2)...]].map { ByteString($0) }
        let span = KeyInterval(
            min: ends[0].isEmpty ? nil : try key(ends[0]), max: ends[1].isEmpty ? nil : try key(ends[1]))
        guard !span.isEmpty else {
            throw StoreError(.einval, "\"\(text)\" holds no key: \(ends[0]) is not below \(ends[1])")
        }
        return span
    }

    /// What ``span(_:)`` reads back.
    package func text(_ span: KeyInterval) -> ByteString {
        if let min = span.min, span == KeyInterval(prefix: min) { return end(min) }
        return (span.min.map(end) ?? "") + ".." + (span.max.map(end) ?? "")
    }

    private func end(_ key: ByteString) -> ByteString {
        let text = text(key)
        let dot = UInt8(ascii: ".")
        guard text.bytes.first == dot || text.bytes.last == dot || Self.dots(in: text) != nil else {
            return text
        }
        return ByteString(text.bytes.flatMap { $0 == dot ? Array("%2E".utf8) : [$0] })
    }

    private static func dots(in text: ByteString) -> Int? {
        text.bytes.indices.dropLast().first {
            text.bytes[$0] == UInt8(ascii: ".") && text.bytes[$0 + 1] == UInt8(ascii: ".")
        }
    }
}
