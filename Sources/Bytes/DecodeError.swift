/// What was wrong with some bytes, and where: the one error of every decoder below the table.
@usableFromInline
package struct DecodeError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The kinds that a caller may want to tell apart.
    @usableFromInline
    package enum Kind: Equatable, Sendable {
        /// The bytes end before the value does.
        case truncated
        /// A length, count, index or tag that the format does not allow.
        case malformed
        /// A checksum or a closing marker does not match.
        case corrupt
        /// Well formed, and something this build does not read.
        case unsupported
        /// A limit of ours was passed (nesting, decompressed size).
        case limitExceeded
    }

    package var kind: Kind
    /// Byte offset from the start of what was being decoded.
    package var offset: Int
    package var message: String

    @usableFromInline
    package init(_ kind: Kind, at offset: Int, _ message: String) {
        self.kind = kind
        self.offset = offset
        self.message = message
    }

    @usableFromInline
    package var description: String { "\(message) (at byte \(offset))" }

    /// The same error with its offset counted from the start of the enclosing bytes.
    package func shifted(by base: Int) -> DecodeError {
        DecodeError(kind, at: offset + base, message)
    }
}
