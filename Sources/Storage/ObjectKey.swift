package import Bytes

/// The rules for keys, the same in every storage.
package enum ObjectKey {
    /// Throws `invalid` for a key with an empty component, one that begins with `.` (which takes in `.` and `..`),
    /// one of more than 255 bytes, or a NUL.
    package static func check(
        _ key: ByteString, _ operation: StorageError.Operation
    ) throws(StorageError) {
        var start = 0
        let bytes = key.bytes
        for end in 0...bytes.count where end == bytes.count || bytes[end] == UInt8(ascii: "/") {
            guard end > start, end - start <= 255, bytes[start] != UInt8(ascii: ".") else {
                throw StorageError(.invalid, operation, key, detail: "a component of the key is not allowed")
            }
            start = end + 1
        }
        if bytes.contains(0) { throw StorageError(.invalid, operation, key, detail: "the key has a NUL") }
    }

    /// ``check(_:_:)``, with the empty key for the root.
    package static func checkDirectory(
        _ key: ByteString, _ operation: StorageError.Operation
    ) throws(StorageError) {
        if !key.isEmpty { try check(key, operation) }
    }

    /// The key of the directory that holds `key`; empty for the root.
    package static func parent(of key: ByteString) -> ByteString {
        guard let slash = key.bytes.lastIndex(of: UInt8(ascii: "/")) else { return ByteString() }
        return ByteString(key.bytes[..<slash])
    }

    /// The last component.
    package static func name(of key: ByteString) -> ByteString {
        guard let slash = key.bytes.lastIndex(of: UInt8(ascii: "/")) else { return key }
        return ByteString(key.bytes[(slash + 1)...])
    }

    /// `directory/name`, or `name` in the root.
    package static func child(_ name: ByteString, of directory: ByteString) -> ByteString {
        directory.isEmpty ? name : directory + "/" + name
    }

    /// The key and all directories that hold it, the outermost first, without the root.
    package static func prefixes(of key: ByteString) -> [ByteString] {
        var result: [ByteString] = []
        for (index, byte) in key.bytes.enumerated() where byte == UInt8(ascii: "/") {
            result.append(ByteString(key.bytes[..<index]))
        }
        if !key.isEmpty { result.append(key) }
        return result
    }
}
