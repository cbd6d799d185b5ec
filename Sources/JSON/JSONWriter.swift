package import Bytes

/// Appends JSON to a byte array, compact or indented by two spaces.
///
/// The writer sets commas and colons; the caller brings keys and values in order. What it writes is always
/// UTF-8: bytes of a string that are not become U+FFFD (a caller that must not lose them percent-encodes).
@frozen
@usableFromInline
package struct JSONWriter: Sendable {
    /// How much white space is written.
    @frozen
    @usableFromInline
    package enum Style: Sendable { case compact, indented }

    @usableFromInline package var bytes: [UInt8]
    @usableFromInline package let style: Style
    @usableFromInline var depth = 0
    @usableFromInline var needsComma = false
    @usableFromInline var afterKey = false

    @inlinable
    package init(_ style: Style = .compact, capacity: Int = 0) {
        self.style = style
        bytes = []
        if capacity > 0 { bytes.reserveCapacity(capacity) }
    }

    package mutating func beginObject() { begin(UInt8(ascii: "{")) }
    package mutating func endObject() { end(UInt8(ascii: "}")) }
    package mutating func beginArray() { begin(UInt8(ascii: "[")) }
    package mutating func endArray() { end(UInt8(ascii: "]")) }

    /// Ends a line of JSON Lines; the next value stands by itself.
    package mutating func endLine() {
        assert(depth == 0 && !afterKey)
        bytes.append(0x0A)
        needsComma = false
    }

    package mutating func key(_ key: ByteString) { key.withUnsafeBytes { keyBytes($0) } }
    package mutating func key(_ key: String) { keyString(key) }

    package mutating func value(_ value: ByteString) {
        prepare()
        value.withUnsafeBytes { quote($0) }
    }

    package mutating func value(_ value: String) {
        prepare()
        var text = value
        text.withUTF8 { quote(UnsafeRawBufferPointer($0)) }
    }

    /// A string given by its bytes.
    package mutating func string(_ value: UnsafeRawBufferPointer) {
        prepare()
        quote(value)
    }

    package mutating func value(_ value: Int64) { plain(String(value)) }
    package mutating func value(_ value: UInt64) { plain(String(value)) }
    package mutating func value(_ value: Int) { plain(String(value)) }
    package mutating func value(_ value: Bool) { plain(value ? "true" : "false") }
    package mutating func null() { plain("null") }

    /// The shortest text that reads back as the same double; JSON has no NaN and no infinity: null.
    package mutating func value(_ value: Double) { plain(value.isFinite ? "\(value)" : "null") }

    /// A value that is JSON already; nothing is checked or laid out again.
    package mutating func raw(_ json: UnsafeRawBufferPointer) {
        prepare()
        bytes.append(contentsOf: json)
    }

    package mutating func raw(_ json: [UInt8]) { json.withUnsafeBytes { raw($0) } }

    private mutating func keyBytes(_ key: UnsafeRawBufferPointer) {
        assert(!afterKey)
        prepare()
        quote(key)
        bytes.append(UInt8(ascii: ":"))
        if style == .indented { bytes.append(0x20) }
        afterKey = true
    }

    private mutating func keyString(_ key: String) {
        var text = key
        text.withUTF8 { keyBytes(UnsafeRawBufferPointer($0)) }
    }

    private mutating func plain(_ text: String) {
        prepare()
        bytes.append(contentsOf: text.utf8)
    }

    /// What goes before a key, or before a value that has none.
    private mutating func prepare() {
        if afterKey {
            afterKey = false
        } else {
            if needsComma { bytes.append(UInt8(ascii: ",")) }
            if depth > 0 { newLine() }
        }
        needsComma = true
    }

    private mutating func begin(_ bracket: UInt8) {
        prepare()
        bytes.append(bracket)
        depth += 1
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        assert(depth > 0 && !afterKey)
        depth -= 1
        if needsComma { newLine() }
        bytes.append(bracket)
        needsComma = true
    }

    private mutating func newLine() {
        guard style == .indented else { return }
        bytes.append(0x0A)
        bytes.append(contentsOf: repeatElement(0x20, count: depth * 2))
    }
}
