/// The length of the well-formed UTF-8 sequence at `offset`, or 0 where there is none.
///
/// Surrogates, overlong forms and values beyond U+10FFFF are not well formed (Unicode table 3-7).
@inlinable
package func utf8SequenceLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
    let first = bytes[offset]
    if first < 0x80 { return 1 }
    let left = bytes.count - offset
    switch first {
    case 0xC2...0xDF:
        return left >= 2 && bytes[offset + 1] & 0xC0 == 0x80 ? 2 : 0
    case 0xE0...0xEF:
        guard left >= 3, bytes[offset + 1] & 0xC0 == 0x80, bytes[offset + 2] & 0xC0 == 0x80 else { return 0 }
        if first == 0xE0, bytes[offset + 1] < 0xA0 { return 0 }
        if first == 0xED, bytes[offset + 1] > 0x9F { return 0 }
        return 3
    case 0xF0...0xF4:
        guard left >= 4, bytes[offset + 1] & 0xC0 == 0x80, bytes[offset + 2] & 0xC0 == 0x80,
            bytes[offset + 3] & 0xC0 == 0x80
        else { return 0 }
        if first == 0xF0, bytes[offset + 1] < 0x90 { return 0 }
        if first == 0xF4, bytes[offset + 1] > 0x8F { return 0 }
        return 4
    default:
        return 0
    }
}

/// Whether all of `bytes` is well-formed UTF-8; ASCII is passed eight bytes at a time.
@inlinable
package func isValidUTF8(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var offset = 0
    while offset < bytes.count {
        if offset + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            offset += 8
            continue
        }
        let length = utf8SequenceLength(bytes, at: offset)
        if length == 0 { return false }
        offset += length
    }
    return true
}

extension ByteString {
    /// Whether the bytes are well-formed UTF-8.
    package var isUTF8: Bool { withUnsafeBytes { isValidUTF8($0) } }
}
