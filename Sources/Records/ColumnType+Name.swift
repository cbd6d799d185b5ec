package import Bytes

// The names of types in `schema.json`, in messages and on command lines.
extension ColumnType {
    /// `int64`, `timestamp[us,UTC]`, `decimal(10,2)` …
    package var name: String {
        switch self {
        case .timestamp(let unit, let isUTC): "timestamp[\(unit.rawValue)\(isUTC ? ",UTC" : "")]"
        case .decimal(let precision, let scale): "decimal(\(precision),\(scale))"
        default: Self.plainNames.first { $0.type == self }.map(\.name) ?? "undecided"
        }
    }

    /// The forms of a type's name, for a message that refuses another.
    package static var allNames: String {
        plainNames.map(\.name).joined(separator: ", ")
            + ", timestamp[ms|us|ns] or timestamp[ms|us|ns,UTC], decimal(precision,scale)"
    }

    /// The type of that name; nil where there is none. Spaces are ignored.
    package init?(name text: ByteString) {
        let name = ByteString(text.bytes.filter { $0 != 0x20 })
        if let plain = Self.plainNames.first(where: { ByteString($0.name) == name }) {
            self = plain.type
        } else if let inner = name.between("timestamp[", "]") {
            let parts = inner.split(UInt8(ascii: ","))
            guard let unit = parts[0].utf8Text.flatMap(TimeUnit.init(rawValue:)), parts.count <= 2,
                parts.count == 1 || parts[1] == "UTC"
            else { return nil }
            self = .timestamp(unit, isUTC: parts.count == 2)
        } else if let inner = name.between("decimal(", ")") {
            let parts = inner.split(UInt8(ascii: ",")).map { $0.utf8Text.flatMap { Int($0) } }
            guard parts.count == 2, let precision = parts[0], let scale = parts[1],
                (1...38).contains(precision), (0...precision).contains(scale)
            else { return nil }
            self = .decimal(precision: precision, scale: scale)
        } else {
            return nil
        }
    }

    private static let plainNames: [(name: String, type: ColumnType)] = [
        ("boolean", .boolean), ("int8", .int8), ("int16", .int16), ("int32", .int32), ("int64", .int64),
        ("uint8", .uint8), ("uint16", .uint16), ("uint32", .uint32), ("uint64", .uint64),
        ("float", .float), ("double", .double), ("string", .string), ("binary", .binary), ("date", .date),
        ("undecided", .undecided),
    ]

    /// The least and the greatest integer of an integer type; nil for every other type.
    package var integerRange: ClosedRange<Int128>? {
        switch self {
        case .int8: -0x80...0x7F
        case .int16: -0x8000...0x7FFF
        case .int32: Int128(Int32.min)...Int128(Int32.max)
        case .int64: Int128(Int64.min)...Int128(Int64.max)
        case .uint8: 0...0xFF
        case .uint16: 0...0xFFFF
        case .uint32: 0...Int128(UInt32.max)
        case .uint64: 0...Int128(UInt64.max)
        default: nil
        }
    }
}

extension TimeUnit {
    /// Units in a second.
    package var perSecond: Int64 {
        switch self {
        case .millisecond: 1_000
        case .microsecond: 1_000_000
        case .nanosecond: 1_000_000_000
        }
    }

    /// Digits behind the point of a second.
    package var fractionDigits: Int {
        switch self {
        case .millisecond: 3
        case .microsecond: 6
        case .nanosecond: 9
        }
    }
}

extension ByteString {
    /// What stands between the two; nil where the bytes do not begin and end so.
    fileprivate func between(_ prefix: ByteString, _ suffix: ByteString) -> ByteString? {
        guard count >= prefix.count + suffix.count, hasPrefix(prefix), hasSuffix(suffix) else { return nil }
        return ByteString(bytes[prefix.count..<(count - suffix.count)])
    }

    fileprivate func split(_ separator: UInt8) -> [ByteString] {
        bytes.split(separator: separator, omittingEmptySubsequences: false).map { ByteString($0) }
    }
}
