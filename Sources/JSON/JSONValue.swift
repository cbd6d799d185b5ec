package import Bytes

/// A JSON document in memory; integers are exact, other numbers keep their text.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    /// Only what is greater than the greatest `Int64`.
    case unsigned(UInt64)
    /// Any other number, as written.
    case number(ByteString)
    case string(ByteString)
    case array([JSONValue])
    case object(JSONObject)

    package static func string(_ text: String) -> JSONValue { .string(ByteString(text)) }

    /// A double as the shortest text that reads back as the same; null for NaN and the infinities.
    package static func double(_ value: Double) -> JSONValue {
        value.isFinite ? .number(ByteString("\(value)")) : .null
    }

    package var isNull: Bool { self == .null }

    package var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    package var stringValue: ByteString? {
        if case .string(let value) = self { value } else { nil }
    }

    /// The string as text; nil for anything that is no string.
    package var textValue: String? { stringValue?.utf8Text }

    package var int64Value: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    package var uint64Value: UInt64? {
        switch self {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        default: nil
        }
    }

    /// The nearest double of any number.
    package var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .number(let text): text.withUnsafeBytes { DecimalText.double($0) }
        default: nil
        }
    }

    package var arrayValue: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var objectValue: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of an object; nil where there is none, and for anything that is no object.
    package subscript(_ key: ByteString) -> JSONValue? { objectValue?[key] }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral,
    ExpressibleByFloatLiteral
{
    package init(stringLiteral value: String) { self = .string(ByteString(value)) }
    package init(integerLiteral value: Int64) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .double(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }

    package init(dictionaryLiteral elements: (ByteString, JSONValue)...) {
        self = .object(JSONObject(elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
    }
}
