public import Bytes

// Finding where strings, numbers and literals end, and checking them on the way.
extension JSONReader {
    /// Passes the string whose opening quote is at the offset.
    @inlinable
    mutating func scanString() throws(DecodeError) {
        let start = offset + 1
        var index = start
        hasEscapes = false
        scan: while true {
            // Eight bytes at a time while none is a quote, a backslash, a control or beyond ASCII. The lowest
            // flag of these byte-wise tests is exact; a false one above it is never looked at.
            while index + 8 <= bytes.count {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let ones: UInt64 = 0x0101_0101_0101_0101
                let quote = word ^ (ones &* 0x22)
                let backslash = word ^ (ones &* 0x5C)
                let found =
                    ((quote &- ones) & ~quote | (backslash &- ones) & ~backslash
                        | (word &- ones &* 0x20) & ~word | word) & (ones &* 0x80)
                if found == 0 {
                    index += 8
                } else {
                    index += found.trailingZeroBitCount >> 3
                    break
                }
            }
            guard index < bytes.count else { throw endless("a string", from: offset) }
            let byte = bytes[index]
            if byte == UInt8(ascii: "\"") { break scan }
            if byte >= 0x80 {
                repeat {
                    let length = utf8SequenceLength(bytes, at: index)
                    if length == 0 { throw malformed("a string is not UTF-8", at: index) }
                    index += length
                } while index < bytes.count && bytes[index] >= 0x80
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                index = try escapeEnd(index)
            } else if byte < 0x20 {
                throw malformed("a control character in a string is not escaped", at: index)
            } else {
                index += 1
            }
        }
        textStart = start
        textEnd = index
        offset = index + 1
    }

    /// Checks the escape at `index` (with its pair, for a surrogate) and returns where it ends.
    @usableFromInline
    func escapeEnd(_ index: Int) throws(DecodeError) -> Int {
        guard index + 1 < bytes.count else { throw endless("an escape", from: index) }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return index + 2
        case UInt8(ascii: "u"):
            let unit = try codeUnit(index)
            if unit & 0xF800 != 0xD800 { return index + 6 }
            guard unit < 0xDC00, index + 8 <= bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
                bytes[index + 7] == UInt8(ascii: "u"), try codeUnit(index + 6) & 0xFC00 == 0xDC00
            else { throw malformed("a surrogate stands alone", at: index) }
            return index + 12
        default:
            throw malformed("an unknown escape", at: index)
        }
    }

    /// The four hexadecimal digits of the `\uXXXX` at `index`.
    func codeUnit(_ index: Int) throws(DecodeError) -> UInt16 {
        guard index + 6 <= bytes.count else { throw endless("an escape", from: index) }
        guard let unit = Hex.parse(bytes[(index + 2)..<(index + 6)]) else {
            throw malformed("an escape has no four hexadecimal digits", at: index)
        }
        return UInt16(unit)
    }

    /// Passes the number at the offset.
    @inlinable
    mutating func scanNumber() throws(DecodeError) {
        var index = offset
        if bytes[index] == UInt8(ascii: "-") { index += 1 }
        let first = index
        index = digitsEnd(index)
        guard index > first else { throw malformed("a number has no digits", at: offset) }
        if bytes[first] == UInt8(ascii: "0"), index - first > 1 {
            throw malformed("a number begins with 0", at: offset)
        }
        isWhole = true
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            isWhole = false
            let fraction = index + 1
            index = digitsEnd(fraction)
            guard index > fraction else { throw malformed("a fraction has no digits", at: offset) }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") {
                index += 1
            }
            let exponent = index
            index = digitsEnd(exponent)
            guard index > exponent else { throw malformed("an exponent has no digits", at: offset) }
        }
        textStart = offset
        textEnd = index
        offset = index
    }

    @inlinable
    func digitsEnd(_ start: Int) -> Int {
        var index = start
        while index < bytes.count, bytes[index] &- UInt8(ascii: "0") < 10 { index += 1 }
        return index
    }

    @usableFromInline
    mutating func literal(_ byte: UInt8) throws(DecodeError) -> JSONToken {
        switch byte {
        case UInt8(ascii: "t"): return try literal("true", .true)
        case UInt8(ascii: "f"): return try literal("false", .false)
        case UInt8(ascii: "n"): return try literal("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func literal(_ word: StaticString, _ token: JSONToken) throws(DecodeError) -> JSONToken {
        let end = offset + word.utf8CodeUnitCount
        let matches = word.withUTF8Buffer { end <= bytes.count && bytes[offset..<end].elementsEqual($0) }
        guard matches else { throw unexpected("\(word)") }
        textStart = offset
        textEnd = end
        offset = end
        return token
    }

    @usableFromInline
    func atEnd() throws(DecodeError) -> JSONToken {
        guard expectation == .nothing else { throw endless("a document", from: offset) }
        return .end
    }

    @usableFromInline
    func unexpected(_ wanted: String) -> DecodeError {
        guard offset < bytes.count else { return endless("a document", from: offset) }
        let byte = bytes[offset]
        let found = byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "byte \(byte)"
        return DecodeError(.malformed, at: offset, "\(wanted) is expected, \(found) is found")
    }

    @usableFromInline
    func malformed(_ message: String, at index: Int) -> DecodeError {
        DecodeError(.malformed, at: index, message)
    }

    @usableFromInline
    func endless(_ what: String, from start: Int) -> DecodeError {
        DecodeError(.truncated, at: start, "\(what) has no end")
    }

    @usableFromInline
    func tooDeep() -> DecodeError {
        DecodeError(.limitExceeded, at: offset, "more than \(maximumDepth) objects and arrays are open")
    }
}
