package import Bytes

// The current token's value.
extension JSONReader {
    /// The current key or string, unescaped, appended to `target`.
    package func appendText(to target: inout [UInt8]) {
        if !hasEscapes {
            target.append(contentsOf: text)
            return
        }
        let start = target.count
        let length = text.count
        target.append(contentsOf: repeatElement(0, count: length))
        let used = target.withUnsafeMutableBytes { buffer in
            unescape(into: UnsafeMutableRawBufferPointer(rebasing: buffer[start...]))
        }
        target.removeLast(length - used)
    }

    /// The current key or string, unescaped.
    package var string: ByteString {
        if !hasEscapes { return ByteString([UInt8](text)) }
        var bytes: [UInt8] = []
        appendText(to: &bytes)
        return ByteString(bytes)
    }

    /// Writes the current key or string, unescaped, and returns its length, which is never more than the
    /// length of ``text``.
    ///
    /// - Precondition: `target` has room for `text.count` bytes.
    package func unescape(into target: UnsafeMutableRawBufferPointer) -> Int {
        precondition(target.count >= text.count)
        var index = textStart
        var used = 0
        while index < textEnd {
            let byte = bytes[index]
            guard byte == UInt8(ascii: "\\") else {
                target[used] = byte
                used += 1
                index += 1
                continue
            }
            let escaped = bytes[index + 1]
            index += 2
            switch escaped {
            case UInt8(ascii: "b"): target[used] = 0x08
            case UInt8(ascii: "f"): target[used] = 0x0C
            case UInt8(ascii: "n"): target[used] = 0x0A
            case UInt8(ascii: "r"): target[used] = 0x0D
            case UInt8(ascii: "t"): target[used] = 0x09
            case UInt8(ascii: "u"):
                let scalar = scalar(after: &index)
                for unit in UTF8.encode(scalar).unsafelyUnwrapped {  // every scalar has an encoding
                    target[used] = unit
                    used += 1
                }
                continue
            default: target[used] = escaped
            }
            used += 1
        }
        return used
    }

    /// The scalar of a checked `\u` escape, or pair of them, whose digits begin at `index`.
    private func scalar(after index: inout Int) -> Unicode.Scalar {
        let high = UInt32(Hex.parse(bytes[index..<(index + 4)]) ?? 0xFFFD)
        index += 4
        var value = high
        if high & 0xFC00 == 0xD800 {
            let low = UInt32(Hex.parse(bytes[(index + 2)..<(index + 6)]) ?? 0xDC00)
            index += 6
            value = 0x10000 + (high & 0x3FF) << 10 + (low & 0x3FF)
        }
        return Unicode.Scalar(value) ?? "\u{FFFD}"
    }

    /// Whether the current key or string is `expected`.
    @inlinable
    package func textEquals(_ expected: StaticString) -> Bool {
        if hasEscapes { return unescapedEquals(expected) }
        return expected.withUTF8Buffer { text.elementsEqual($0) }
    }

    @usableFromInline
    func unescapedEquals(_ expected: StaticString) -> Bool { string == ByteString("\(expected)") }

    /// The current number as an integer; nil where it has a fraction or an exponent, or does not fit.
    @inlinable
    package var int64: Int64? {
        guard isWhole, let magnitude = magnitude else { return nil }
        if bytes[textStart] == UInt8(ascii: "-") {
            return magnitude <= 1 << 63 ? 0 &- Int64(bitPattern: magnitude) : nil
        }
        return Int64(exactly: magnitude)
    }

    /// The current number as an unsigned integer; nil where it is none or does not fit.
    @inlinable
    package var uint64: UInt64? {
        guard isWhole, bytes[textStart] != UInt8(ascii: "-") else { return nil }
        return magnitude
    }

    @inlinable
    var magnitude: UInt64? {
        var index = textStart
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let count = textEnd - index
        guard count <= 20 else { return nil }
        var value: UInt64 = 0
        if count <= 19 {
            while index < textEnd {
                value = value &* 10 &+ UInt64(bytes[index] &- UInt8(ascii: "0"))
                index += 1
            }
            return value
        }
        while index < textEnd {
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.addingReportingOverflow(UInt64(bytes[index] &- UInt8(ascii: "0")))
            if tooLarge || carried { return nil }
            value = sum
            index += 1
        }
        return value
    }

    /// The current number as the nearest double; nil where it is beyond the finite ones.
    package var double: Double? { DecimalText.double(text) }
}

extension Array where Element == UInt8 {
    /// Calls `body` with a reader over the array's bytes.
    package func withJSONReader<R>(
        manyValues: Bool = false, _ body: (inout JSONReader) throws(DecodeError) -> R
    ) throws(DecodeError) -> R {
        let result = withUnsafeBytes { buffer -> Result<R, DecodeError> in
            var reader = JSONReader(buffer, manyValues: manyValues)
            do throws(DecodeError) { return .success(try body(&reader)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
