/// A string of bytes: a path, a key, a value, a bound.
///
/// Compared and hashed byte by byte. Swift's `String` equates canonically equivalent texts (NFC and
/// NFD), which would merge two different files into one; names on disk are bytes and stay bytes.
@frozen
@usableFromInline
package struct ByteString: Hashable, Sendable {
    @usableFromInline package var bytes: [UInt8]

    @inlinable package init(_ bytes: [UInt8]) { self.bytes = bytes }
    @inlinable package init<S: Sequence>(_ bytes: S) where S.Element == UInt8 { self.bytes = Array(bytes) }
    @inlinable package init(_ text: String) { self.bytes = Array(text.utf8) }
    @inlinable package init() { bytes = [] }

    @inlinable package var count: Int { bytes.count }
    @inlinable package var isEmpty: Bool { bytes.isEmpty }
    @inlinable package var utf8Text: String? { String(validating: bytes, as: UTF8.self) }

    /// For messages only: invalid UTF-8 is shown with replacement characters.
    package var display: String { String(decoding: bytes, as: UTF8.self) }

    @inlinable
    package func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
        try bytes.withUnsafeBytes(body)
    }

    package func hasPrefix(_ prefix: ByteString) -> Bool {
        bytes.count >= prefix.count && bytes[..<prefix.count].elementsEqual(prefix.bytes)
    }

    package func hasSuffix(_ suffix: ByteString) -> Bool {
        bytes.count >= suffix.count && bytes[(bytes.count - suffix.count)...].elementsEqual(suffix.bytes)
    }

    package static func + (left: ByteString, right: ByteString) -> ByteString {
        ByteString(left.bytes + right.bytes)
    }
}

extension ByteString: Comparable {
    /// memcmp order, the shorter first where one is a prefix of the other.
    @usableFromInline
    package static func < (left: ByteString, right: ByteString) -> Bool {
        left.bytes.withUnsafeBytes { a in
            right.bytes.withUnsafeBytes { b in compareBytes(a, b) < 0 }
        }
    }
}

extension ByteString: ExpressibleByStringLiteral {
    @usableFromInline
    package init(stringLiteral value: String) { self.init(value) }
}

extension ByteString: CustomStringConvertible {
    @usableFromInline
    package var description: String { display }
}
