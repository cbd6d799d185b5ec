public import Bytes

/// A strict pull reader (RFC 8259) over borrowed bytes.
///
/// `next()` returns one token; the token's text lies between ``textStart`` and ``textEnd`` until the next
/// call. Strings and numbers are checked in full when they are passed, so that taking them cannot fail.
/// With `manyValues`, any number of values follow each other with white space between (JSON Lines).
@frozen
@usableFromInline
package struct JSONReader {
    /// What may come at the offset.
    @frozen
    @usableFromInline
    enum Expectation: UInt8 {
        case value, firstKeyOrEnd, firstElementOrEnd, separatorOrEnd, nothing
    }

    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline package var offset: Int = 0
    /// Where the text of the current token begins and ends, without quotes.
    @usableFromInline package var textStart: Int = 0
    @usableFromInline package var textEnd: Int = 0
    /// Whether the current key or string has escapes, so that its text is not its value.
    @usableFromInline package var hasEscapes = false
    /// Whether the current number has neither a fraction nor an exponent.
    @usableFromInline package var isWhole = false
    /// The number of open objects and arrays.
    @usableFromInline package var depth = 0
    @usableFromInline let maximumDepth: Int
    @usableFromInline let manyValues: Bool
    @usableFromInline var expectation: Expectation = .value
    /// One bit an open container, the innermost lowest: set for an object.
    @usableFromInline var containers: UInt128 = 0

    /// - Precondition: `bytes` outlives the reader; `maximumDepth` is at most 128.
    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer, maximumDepth: Int = 128, manyValues: Bool = false) {
        precondition(maximumDepth <= 128)
        self.bytes = bytes
        self.maximumDepth = maximumDepth
        self.manyValues = manyValues
        if manyValues { expectation = .nothing }
    }

    /// The text of the current token, borrowed.
    @inlinable package var text: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[textStart..<textEnd])
    }

    /// Reads the next token.
    @inlinable
    package mutating func next() throws(DecodeError) -> JSONToken {
        skipWhiteSpace()
        guard offset < bytes.count else { return try atEnd() }
        let byte = bytes[offset]
        switch expectation {
        case .value:
            return try value(byte)
        case .separatorOrEnd:
            let inObject = containers & 1 == 1
            if byte == UInt8(ascii: ",") {
                offset += 1
                skipWhiteSpace()
                guard offset < bytes.count else { return try atEnd() }
                return inObject ? try key(bytes[offset]) : try value(bytes[offset])
            }
            return try close(byte, inObject: inObject)
        case .firstKeyOrEnd:
            return byte == UInt8(ascii: "}") ? try close(byte, inObject: true) : try key(byte)
        case .firstElementOrEnd:
            return byte == UInt8(ascii: "]") ? try close(byte, inObject: false) : try value(byte)
        case .nothing:
            guard manyValues else { throw unexpected("the end of the document") }
            return try value(byte)
        }
    }

    @inlinable
    mutating func skipWhiteSpace() {
        while offset < bytes.count {
            let byte = bytes[offset]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            offset += 1
        }
    }

    @inlinable
    mutating func value(_ byte: UInt8) throws(DecodeError) -> JSONToken {
        switch byte {
        case UInt8(ascii: "\""):
            try scanString()
            valueEnded()
            return .string
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            try scanNumber()
            valueEnded()
            return .number
        case UInt8(ascii: "{"):
            try open(isObject: true)
            return .objectBegin
        case UInt8(ascii: "["):
            try open(isObject: false)
            return .arrayBegin
        default:
            let token = try literal(byte)
            valueEnded()
            return token
        }
    }

    @inlinable
    mutating func valueEnded() {
        expectation = depth == 0 ? .nothing : .separatorOrEnd
    }

    @inlinable
    mutating func key(_ byte: UInt8) throws(DecodeError) -> JSONToken {
        guard byte == UInt8(ascii: "\"") else { throw unexpected("a key") }
        try scanString()
        skipWhiteSpace()
        guard offset < bytes.count, bytes[offset] == UInt8(ascii: ":") else { throw unexpected("':'") }
        offset += 1
        expectation = .value
        return .key
    }

    @inlinable
    mutating func open(isObject: Bool) throws(DecodeError) {
        guard depth < maximumDepth else { throw tooDeep() }
        textStart = offset
        offset += 1
        textEnd = offset
        depth += 1
        containers = containers << 1 | (isObject ? 1 : 0)
        expectation = isObject ? .firstKeyOrEnd : .firstElementOrEnd
    }

    @inlinable
    mutating func close(_ byte: UInt8, inObject: Bool) throws(DecodeError) -> JSONToken {
        guard byte == (inObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
            throw unexpected(inObject ? "',' or '}'" : "',' or ']'")
        }
        textStart = offset
        offset += 1
        textEnd = offset
        depth -= 1
        containers >>= 1
        valueEnded()
        return inObject ? .objectEnd : .arrayEnd
    }

    /// Passes the next value whole and returns its bytes, white space around it left out.
    package mutating func skipValue() throws(DecodeError) -> UnsafeRawBufferPointer {
        let outer = depth
        let token = try next()
        switch token {
        case .key, .objectEnd, .arrayEnd, .end: throw unexpected("a value")
        default: break
        }
        let start = token == .string ? textStart - 1 : textStart
        while depth > outer { _ = try next() }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<offset])
    }
}
