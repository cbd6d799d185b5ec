package import Bytes

/// The text of values by type, both ways, and their order by type.
///
/// What ``append(_:row:type:to:)`` writes, ``parse(_:_:)`` reads back to the same value; there are no nulls in
/// text, the places that hold text (CSV, JSON, paths) have a form of their own for them.
package enum ValueText {
    /// The text of a row; nil where it is null.
    package static func text(of vector: ColumnVector, row: Int, type: ColumnType) -> ByteString? {
        var bytes: [UInt8] = []
        return append(vector, row: row, type: type, to: &bytes) ? ByteString(bytes) : nil
    }

    /// Appends the text of a row; false, and nothing appended, where it is null.
    package static func append(
        _ vector: ColumnVector, row: Int, type: ColumnType, to bytes: inout [UInt8]
    ) -> Bool {
        if vector.isNull(row) { return false }
        switch vector.values {
        case .boolean(let values): bytes.append(literal: values[row] != 0 ? "true" : "false")
        case .int32(let values):
            let value = type.isUnsigned ? Int64(UInt32(bitPattern: values[row])) : Int64(values[row])
            append(integer: value, type: type, to: &bytes)
        case .int64(let values):
            if type == .uint64 {
                bytes.append(decimal: UInt64(bitPattern: values[row]))
            } else {
                append(integer: values[row], type: type, to: &bytes)
            }
        case .int128(let values): append(wide: values[row], type: type, to: &bytes)
        case .float(let values): append(float: values[row], to: &bytes)
        case .double(let values): append(double: values[row], to: &bytes)
        case .bytes(let values):
            values.withRow(row) { value in
                if type == .binary {
                    Base64.append(value, to: &bytes)
                } else {
                    bytes.append(contentsOf: value)
                }
            }
        case .none: return false
        }
        return true
    }

    /// The text of a value.
    package static func text(_ value: TypedValue, _ type: ColumnType) -> ByteString {
        var bytes: [UInt8] = []
        switch value {
        case .boolean(let value): bytes.append(literal: value ? "true" : "false")
        case .integer(let value):
            switch type {
            case .decimal, .uint64: append(wide: value, type: type, to: &bytes)
            default: append(integer: Int64(truncatingIfNeeded: value), type: type, to: &bytes)
            }
        case .floating(let value):
            if type == .float {
                append(float: Float(value), to: &bytes)
            } else {
                append(double: value, to: &bytes)
            }
        case .bytes(let value):
            if type == .binary {
                value.withUnsafeBytes { Base64.append($0, to: &bytes) }
            } else {
                bytes = value.bytes
            }
        }
        return ByteString(bytes)
    }

    /// The value that a text of a type stands for; nil where it stands for none.
    package static func parse(_ text: UnsafeRawBufferPointer, _ type: ColumnType) -> TypedValue? {
        switch type {
        case .boolean: return ValueParser.boolean(text).map(TypedValue.boolean)
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64:
            guard let value = ValueParser.integer128(text), let range = type.integerRange,
                range.contains(value)
            else { return nil }
            return .integer(value)
        case .float: return ValueParser.float(text).map { .floating(Double($0)) }
        case .double: return ValueParser.double(text).map(TypedValue.floating)
        case .string: return isValidUTF8(text) ? .bytes(ByteString(text)) : nil
        case .binary: return Base64.decode(text).map { .bytes(ByteString($0)) }
        case .date: return ValueParser.date(text).map { .integer(Int128($0)) }
        case .timestamp(let unit, let isUTC):
            return ValueParser.timestamp(text, unit, isUTC: isUTC).map { .integer(Int128($0)) }
        case .decimal(let precision, let scale):
            return ValueParser.decimal(text, precision: precision, scale: scale).map(TypedValue.integer)
        case .undecided: return nil
        }
    }

    /// The value that a text of a type stands for; nil where it stands for none.
    package static func parse(_ text: ByteString, _ type: ColumnType) -> TypedValue? {
        text.withUnsafeBytes { parse($0, type) }
    }

    /// Negative, zero or positive as `left` sorts before, with or after `right`; nil where one of them is no
    /// text of the type.
    package static func compare(_ left: ByteString, _ right: ByteString, _ type: ColumnType) -> Int? {
        guard let a = parse(left, type), let b = parse(right, type) else { return nil }
        return a.compare(b)
    }
}

// One value of each kind.
extension ValueText {
    /// An integer that fits 64 bits, of any type whose lane is an integer.
    package static func append(integer value: Int64, type: ColumnType, to bytes: inout [UInt8]) {
        switch type {
        case .date: append(day: value, to: &bytes)
        case .timestamp(let unit, let isUTC): append(timestamp: value, unit, isUTC: isUTC, to: &bytes)
        case .decimal(_, let scale) where scale > 0: append(wide: Int128(value), type: type, to: &bytes)
        default:
            if value < 0 { bytes.append(UInt8(ascii: "-")) }
            bytes.append(decimal: value.magnitude)
        }
    }

    /// A decimal, or an integer wider than 64 bits.
    private static func append(wide value: Int128, type: ColumnType, to bytes: inout [UInt8]) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        var scale = 0
        if case .decimal(_, let digits) = type { scale = digits }
        var digits: [UInt8] = []
        var rest = value.magnitude
        repeat {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            digits.append(UInt8(ascii: "0") + UInt8(remainder))
            rest = quotient
        } while rest > 0
        while digits.count <= scale { digits.append(UInt8(ascii: "0")) }
        bytes.append(contentsOf: digits[scale...].reversed())
        guard scale > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        bytes.append(contentsOf: digits[..<scale].reversed())
    }

    package static func append(double value: Double, to bytes: inout [UInt8]) {
        if value.isNaN { return bytes.append(literal: "NaN") }
        bytes.append(contentsOf: value.description.utf8)
    }

    package static func append(float value: Float, to bytes: inout [UInt8]) {
        if value.isNaN { return bytes.append(literal: "NaN") }
        bytes.append(contentsOf: value.description.utf8)
    }

    /// `2024-01-31`; a year beyond four digits has a sign.
    package static func append(day: Int64, to bytes: inout [UInt8]) {
        let date = CivilDate(daysSinceEpoch: Int(day))
        if date.year < 0 {
            bytes.append(UInt8(ascii: "-"))
        } else if date.year > 9_999 {
            bytes.append(UInt8(ascii: "+"))
        }
        bytes.append(decimal: UInt64(date.year.magnitude), width: 4)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: UInt64(date.month), width: 2)
        bytes.append(UInt8(ascii: "-"))
        bytes.append(decimal: UInt64(date.day), width: 2)
    }

    /// `2024-01-31T12:34:56.123456Z`: a fraction only where there is one, then in the unit's digits; `Z` for UTC.
    package static func append(
        timestamp value: Int64, _ unit: TimeUnit, isUTC: Bool, to bytes: inout [UInt8]
    ) {
        let perDay = unit.perSecond * 86_400
        var day = value / perDay
        var rest = value % perDay
        if rest < 0 {
            day -= 1
            rest += perDay
        }
        append(day: day, to: &bytes)
        let seconds = UInt64(rest / unit.perSecond)
        let fraction = UInt64(rest % unit.perSecond)
        bytes.append(UInt8(ascii: "T"))
        bytes.append(decimal: seconds / 3_600, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: seconds / 60 % 60, width: 2)
        bytes.append(UInt8(ascii: ":"))
        bytes.append(decimal: seconds % 60, width: 2)
        if fraction > 0 {
            bytes.append(UInt8(ascii: "."))
            bytes.append(decimal: fraction, width: unit.fractionDigits)
        }
        if isUTC { bytes.append(UInt8(ascii: "Z")) }
    }
}

extension [UInt8] {
    fileprivate mutating func append(literal text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    /// The digits of `value`, at least `width` of them.
    fileprivate mutating func append(decimal value: UInt64, width: Int = 1) {
        withUnsafeTemporaryAllocation(byteCount: 24, alignment: 1) { digits in
            var index = 24
            var rest = value
            repeat {
                index -= 1
                digits[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0 || 24 - index < width
            append(contentsOf: digits[index...])
        }
    }
}
