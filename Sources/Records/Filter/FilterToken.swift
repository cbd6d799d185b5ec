import Bytes

/// A word of a filter's text.
struct FilterToken: Hashable {
    enum Kind: Hashable {
        /// Letters, digits, `_`, `.` and what is not ASCII, not beginning with a digit or a point.
        case word(ByteString)
        /// In double quotes.
        case quotedName(ByteString)
        /// In single quotes.
        case string(ByteString)
        case number(ByteString)
        case comparison(Filter.Comparison)
        case open, close, comma
        case end
    }

    var kind: Kind
    /// Where it begins and ends in the text.
    var range: Range<Int>

    /// Whether it is this word, in any case.
    func isWord(_ name: StaticString) -> Bool {
        guard case .word(let word) = kind, word.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { zip(word.bytes, $0).allSatisfy { $0 & 0xDF == $1 & 0xDF } }
    }
}

extension FilterToken {
    /// All words of a text, and the end.
    static func all(of text: ByteString) throws(FilterError) -> [FilterToken] {
        var scanner = FilterScanner(text: text)
        var tokens: [FilterToken] = []
        repeat { tokens.append(try scanner.next()) } while tokens.last?.kind != .end
        return tokens
    }
}

/// Cuts a text into words.
private struct FilterScanner {
    let text: ByteString
    var offset = 0

    var bytes: [UInt8] { text.bytes }

    mutating func next() throws(FilterError) -> FilterToken {
        while offset < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[offset]) { offset += 1 }
        let start = offset
        guard start < bytes.count else { return FilterToken(kind: .end, range: start..<start) }
        let kind = try kind()
        return FilterToken(kind: kind, range: start..<offset)
    }

    private mutating func kind() throws(FilterError) -> FilterToken.Kind {
        let byte = bytes[offset]
        switch byte {
        case UInt8(ascii: "'"): return .string(try quoted("'", "the string"))
        case UInt8(ascii: "\""): return .quotedName(try quoted("\"", "the column name"))
        case UInt8(ascii: "("): return one(.open)
        case UInt8(ascii: ")"): return one(.close)
        case UInt8(ascii: ","): return one(.comma)
        case UInt8(ascii: "="), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "!"):
            return try comparison()
        default: break
        }
        if isNumberStart(offset) { return .number(run { Self.isWordByte($0) }) }
        if byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-"), isNumberStart(offset + 1) {
            offset += 1
            return .number(ByteString([byte]) + run { Self.isWordByte($0) })
        }
        if Self.isWordByte(byte), byte != UInt8(ascii: ".") { return .word(run { Self.isWordByte($0) }) }
        if byte == UInt8(ascii: "`") { throw error("a column name with other signs stands in double quotes") }
        throw error("'\(Character(UnicodeScalar(byte)))' has no meaning here")
    }

    private mutating func one(_ kind: FilterToken.Kind) -> FilterToken.Kind {
        offset += 1
        return kind
    }

    private mutating func comparison() throws(FilterError) -> FilterToken.Kind {
        let signs: [(ByteString, Filter.Comparison)] = [
            ("!=", .notEqual), ("<>", .notEqual), ("<=", .lessOrEqual), (">=", .greaterOrEqual),
            ("==", .equal), ("=", .equal), ("<", .less), (">", .greater),
        ]
        for (sign, comparison) in signs where ByteString(bytes[offset...].prefix(sign.count)) == sign {
            offset += sign.count
            return .comparison(comparison)
        }
        throw error("\"not equal\" is != or <>")
    }

    /// What stands between two quotes, of which a double one is one.
    private mutating func quoted(_ quote: Unicode.Scalar, _ what: String) throws(FilterError) -> ByteString {
        let quote = UInt8(ascii: quote)
        let start = offset
        var content: [UInt8] = []
        offset += 1
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == quote {
                guard offset < bytes.count, bytes[offset] == quote else { return ByteString(content) }
                offset += 1
            }
            content.append(byte)
        }
        offset = start
        throw error("\(what) that begins here has no end")
    }

    private mutating func run(_ belongs: (UInt8) -> Bool) -> ByteString {
        let start = offset
        while offset < bytes.count {
            let isSign = bytes[offset] == UInt8(ascii: "+") || bytes[offset] == UInt8(ascii: "-")
            // The sign of an exponent is part of the number.
            let isExponentSign = isSign && offset > start && bytes[offset - 1] | 0x20 == UInt8(ascii: "e")
            guard belongs(bytes[offset]) || (isExponentSign && isNumberStart(start)) else { break }
            offset += 1
        }
        return ByteString(bytes[start..<offset])
    }

    private func isNumberStart(_ offset: Int) -> Bool {
        guard offset < bytes.count else { return false }
        if bytes[offset] &- UInt8(ascii: "0") < 10 { return true }
        return bytes[offset] == UInt8(ascii: ".") && offset + 1 < bytes.count
            && bytes[offset + 1] &- UInt8(ascii: "0") < 10
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), 0x80...0xFF:
            true
        default: false
        }
    }

    private func error(_ message: String) -> FilterError { FilterError(message, at: offset, in: text) }
}
