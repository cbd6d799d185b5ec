import Bytes
import JSON
import Metadata

/// What was wrong with the wire form of an action; the reader of the file adds where.
package struct WireError: Error, Hashable, Sendable {
    /// Whether the bytes are wrong, or right and beyond this build.
    package enum Kind: Hashable, Sendable { case malformed, unsupported }

    package var kind: Kind
    package var message: String

    package init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }
}

/// The fields of one action's object. A field that is null is absent, everywhere.
struct WireObject {
    /// The action's key, for messages.
    let action: String
    let object: JSONObject

    init(_ action: String, _ value: JSONValue) throws(WireError) {
        guard let object = value.objectValue else {
            throw WireError(.malformed, "\(action) is not an object")
        }
        self.action = action
        self.object = object
    }

    func value(_ key: StaticString) -> JSONValue? {
        // Keys are compared as the bytes that they are: nothing is allocated for a look, and looks are many.
        let index = key.withUTF8Buffer { wanted in
            object.members.lastIndex { member in
                member.key.count == wanted.count
                    && member.key.withUnsafeBytes { compareBytes($0, UnsafeRawBufferPointer(wanted)) == 0 }
            }
        }
        guard let index else { return nil }
        let value = object.members[index].value
        if case .null = value { return nil }
        return value
    }

    func wrong(_ key: StaticString, _ wanted: String) -> WireError {
        WireError(.malformed, "\(action).\(key) is \(value(key) == nil ? "missing" : "not \(wanted)")")
    }

    func optionalString(_ key: StaticString) throws(WireError) -> ByteString? {
        guard let value = value(key) else { return nil }
        guard let text = value.stringValue else { throw wrong(key, "a string") }
        return text
    }

    func string(_ key: StaticString) throws(WireError) -> ByteString {
        guard let text = try optionalString(key) else { throw wrong(key, "a string") }
        return text
    }

    func optionalInteger(_ key: StaticString) throws(WireError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let number = value.int64Value else { throw wrong(key, "a 64-bit integer") }
        return number
    }

    func integer(_ key: StaticString) throws(WireError) -> Int64 {
        guard let number = try optionalInteger(key) else { throw wrong(key, "a 64-bit integer") }
        return number
    }

    func count(_ key: StaticString, default standard: Int) throws(WireError) -> Int {
        Int(try optionalInteger(key) ?? Int64(standard))
    }

    func boolean(_ key: StaticString, default standard: Bool) throws(WireError) -> Bool {
        guard let value = value(key) else { return standard }
        guard let bool = value.boolValue else { throw wrong(key, "true or false") }
        return bool
    }

    /// An array of strings.
    func optionalStrings(_ key: StaticString) throws(WireError) -> [ByteString]? {
        guard let value = value(key) else { return nil }
        guard let array = value.arrayValue else { throw wrong(key, "an array of strings") }
        var result: [ByteString] = []
        for element in array {
            guard let text = element.stringValue else { throw wrong(key, "an array of strings") }
            result.append(text)
        }
        return result
    }

    /// An object as its members in the order in which they stand.
    func optionalMembers(_ key: StaticString) throws(WireError) -> [JSONObject.Member]? {
        guard let value = value(key) else { return nil }
        guard let object = value.objectValue else { throw wrong(key, "an object") }
        return object.members
    }

    /// 16 hexadecimal digits.
    func optionalHex(_ key: StaticString) throws(WireError) -> UInt64? {
        guard let text = try optionalString(key) else { return nil }
        guard text.count == 16, let number = Hex.parse(text.bytes) else {
            throw wrong(key, "16 hexadecimal digits")
        }
        return number
    }

    func hex(_ key: StaticString) throws(WireError) -> UInt64 {
        guard let number = try optionalHex(key) else { throw wrong(key, "16 hexadecimal digits") }
        return number
    }

    func fileID(_ key: StaticString) throws(WireError) -> FileID { FileID(try hex(key)) }

    /// Numbers of files, each 16 hexadecimal digits.
    func fileIDs(_ key: StaticString) throws(WireError) -> [FileID] {
        guard let texts = try optionalStrings(key) else { throw wrong(key, "an array of file numbers") }
        var result: [FileID] = []
        for text in texts {
            guard text.count == 16, let number = Hex.parse(text.bytes) else {
                throw wrong(key, "an array of file numbers")
            }
            result.append(FileID(number))
        }
        return result
    }

    func sessionIDs(_ key: StaticString) throws(WireError) -> [SessionID] {
        guard let texts = try optionalStrings(key) else { throw wrong(key, "an array of session numbers") }
        var result: [SessionID] = []
        for text in texts {
            guard text.count == 16, let number = Hex.parse(text.bytes) else {
                throw wrong(key, "an array of session numbers")
            }
            result.append(SessionID(number))
        }
        return result
    }

    /// Bytes of any kind, as an even number of hexadecimal digits.
    func optionalHexBytes(_ key: StaticString) throws(WireError) -> ByteString? {
        guard let text = try optionalString(key) else { return nil }
        guard let bytes = HexBytes.parse(text) else { throw wrong(key, "hexadecimal digits in pairs") }
        return bytes
    }
}

/// Bytes that need not be UTF-8 (row keys), as JSON can carry them.
enum HexBytes {
    static func text(_ bytes: ByteString) -> String { Hex.string(bytes.bytes) }

    static func parse(_ text: ByteString) -> ByteString? {
        guard text.count % 2 == 0 else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 2)
        var index = 0
        while index < text.count {
            guard let byte = Hex.parse(text.bytes[index..<(index + 2)]) else { return nil }
            result.append(UInt8(byte))
            index += 2
        }
        return ByteString(result)
    }
}

extension JSONWriter {
    /// A field that is left out where there is no value.
    mutating func optional(_ name: String, _ content: ByteString?) {
        if let content { field(name, content) }
    }

    mutating func optional(_ name: String, _ content: String?) {
        if let content { field(name, content) }
    }

    mutating func optional(_ name: String, _ content: Int64?) {
        if let content { field(name, content) }
    }

    mutating func strings(_ name: String, _ content: [ByteString]) {
        key(name)
        beginArray()
        for text in content { value(text) }
        endArray()
    }

    mutating func fileIDs(_ name: String, _ content: [FileID]) {
        key(name)
        beginArray()
        for file in content { value(file.description) }
        endArray()
    }
}
