/// Bytes as ASCII, `%XX` for what may not stand for itself.
package enum PercentEncoding {
    /// Letters, digits and `-._~`, which stand for themselves in every use of percent-encoding (RFC 3986).
    package static let unreserved: Set<UInt8> = Set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)

    /// `bytes` with everything but `allowed` encoded, in upper-case hexadecimal.
    ///
    /// - Precondition: `%` is not in `allowed`.
    package static func encode(_ bytes: ByteString, allowed: Set<UInt8> = unreserved) -> ByteString {
        precondition(!allowed.contains(UInt8(ascii: "%")))
        let digits = Array("0123456789ABCDEF".utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        for byte in bytes.bytes {
            if allowed.contains(byte) {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 0xF)]]
            }
        }
        return ByteString(result)
    }

    /// Encodes only what is not UTF-8, controls, and `%` itself: readable, and safe inside JSON.
    package static func encodeInvalid(_ bytes: ByteString) -> ByteString {
        encodeUnreadable(bytes, percent: true)
    }

    /// Encodes only what is not UTF-8, and controls: for people, of texts that have their own escapes.
    package static func readable(_ bytes: ByteString) -> ByteString {
        encodeUnreadable(bytes, percent: false)
    }

    private static func encodeUnreadable(_ bytes: ByteString, percent: Bool) -> ByteString {
        var result: [UInt8] = []
        bytes.withUnsafeBytes { buffer in
            var index = 0
            while index < buffer.count {
                let length = utf8SequenceLength(buffer, at: index)
                let byte = buffer[index]
                if length == 0 || byte < 0x20 || byte == 0x7F || (percent && byte == UInt8(ascii: "%")) {
                    result.append(UInt8(ascii: "%"))
                    result.append(contentsOf: Hex.string([byte]).uppercased().utf8)
                    index += 1
                } else {
                    result.append(contentsOf: buffer[index..<(index + length)])
                    index += length
                }
            }
        }
        return ByteString(result)
    }

    /// The bytes that were encoded; nil where a `%` is not followed by two hexadecimal digits.
    package static func decode(_ text: ByteString) -> ByteString? {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var index = 0
        let bytes = text.bytes
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%") {
                guard index + 2 < bytes.count, let value = Hex.parse(bytes[(index + 1)...(index + 2)]) else {
                    return nil
                }
                result.append(UInt8(value))
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return ByteString(result)
    }
}
