package import Bytes

/// Any Avro datum, for schemas that are not known beforehand.
///
/// Comfortable rather than fast: known schemas are read step by step through an ``AvroPlan``.
package indirect enum AvroValue: Equatable, Sendable {
    case null
    case boolean(Bool)
    case int(Int32)
    case long(Int64)
    case float(Float)
    case double(Double)
    case bytes(ByteString)
    case string(ByteString)
    case fixed(ByteString)
    /// The index of the symbol.
    case enumeration(Int)
    /// One value a field, in the schema's order.
    case record([AvroValue])
    case array([AvroValue])
    /// The entries in the order in which they stand.
    case map([Entry])
    /// The index of the branch and its value.
    case union(Int, AvroValue)

    /// An entry of a map.
    package struct Entry: Equatable, Sendable {
        package var key: ByteString
        package var value: AvroValue

        package init(_ key: ByteString, _ value: AvroValue) {
            self.key = key
            self.value = value
        }
    }

    /// The value without the unions around it.
    package var unwrapped: AvroValue {
        if case .union(_, let value) = self { value.unwrapped } else { self }
    }

    /// An `int` or `long`, also inside a union.
    package var integerValue: Int64? {
        switch unwrapped {
        case .int(let value): Int64(value)
        case .long(let value): value
        default: nil
        }
    }

    /// The content of a `string`, `bytes` or `fixed`, also inside a union.
    package var bytesValue: ByteString? {
        switch unwrapped {
        case .string(let value), .bytes(let value), .fixed(let value): value
        default: nil
        }
    }
}

/// A value that does not fit the schema it is to be written with.
package struct AvroMismatch: Error, Equatable, CustomStringConvertible {
    package var description: String
}
