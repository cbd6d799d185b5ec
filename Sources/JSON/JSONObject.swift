package import Bytes

/// The members of an object in the order in which they stand.
///
/// A key that stands more than once is kept as often; looking it up finds the last, as most readers do.
package struct JSONObject: Equatable, Sendable {
    /// One key with its value.
    package struct Member: Equatable, Sendable {
        package var key: ByteString
        package var value: JSONValue

        package init(key: ByteString, value: JSONValue) {
            self.key = key
            self.value = value
        }
    }

    package var members: [Member]

    package init(_ members: [Member] = []) { self.members = members }

    package var count: Int { members.count }
    package var isEmpty: Bool { members.isEmpty }
    package var keys: [ByteString] { members.map(\.key) }

    /// Setting replaces the value in its place, or appends; setting nil removes.
    package subscript(_ key: ByteString) -> JSONValue? {
        get { members.last { $0.key == key }?.value }
        set {
            guard let newValue else {
                members.removeAll { $0.key == key }
                return
            }
            if let index = members.lastIndex(where: { $0.key == key }) {
                members[index].value = newValue
            } else {
                members.append(Member(key: key, value: newValue))
            }
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (ByteString, JSONValue)...) {
        members = elements.map { Member(key: $0.0, value: $0.1) }
    }
}
