package import Bytes

/// Gives equal bytes one and the same string: names that many entries repeat take memory once.
package struct ByteStringPool {
    private var interner = ByteInterner()
    private var strings: [ByteString] = []

    package init() {}

    package mutating func string(_ bytes: UnsafeRawBufferPointer) -> ByteString {
        let code = interner.code(bytes)
        if code == strings.count { strings.append(ByteString(Array(bytes))) }
        return strings[code]
    }
}
