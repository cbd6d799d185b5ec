import Bytes
import Records

/// What a column's values have been so far, guessed as a person would.
///
/// A number has no leading zeros (a postcode is text) and must survive: integers that a double cannot hold, among
/// fractions, make text.
struct TypeGuess {
    private(set) var type: ColumnType = .undecided
    private(set) var hasNulls = false
    /// Something that is null unless the column turns out to be text.
    private var hasSoftNulls = false
    /// An integer that no double holds.
    private var hasWideInteger = false
    private var hasNegativeInteger = false

    mutating func addNull() { hasNulls = true }
    mutating func addSoftNull() { hasSoftNulls = true }

    /// Whether a row of the column was null, given its type now.
    var isNullable: Bool { hasNulls || (hasSoftNulls && type != .string) }

    /// A text that may stand for a value of any type.
    mutating func add(_ text: UnsafeRawBufferPointer) {
        switch type {
        case .string: return
        case .int64:
            if !Self.hasLeadingZero(text), let value = ValueParser.int64(text) { return noteInteger(value) }
        case .double:
            if !Self.hasLeadingZero(text), Self.isFraction(text), ValueParser.double(text) != nil { return }
        case .date: if ValueParser.date(text) != nil { return }
        case .timestamp(let unit, let isUTC):
            if Self.classifyTime(text) == .timestamp(unit, isUTC: isUTC) { return }
        default: break
        }
        merge(classify(text))
    }

    /// A text that stands for a string, a date or a timestamp (JSON).
    mutating func addString(_ text: UnsafeRawBufferPointer) {
        if type != .string { merge(Self.classifyTime(text) ?? .string) }
    }

    /// A number as JSON writes it; false where no type holds it. Among fractions an integer is a double, as it is
    /// for every other reader of JSON.
    mutating func addNumber(_ text: UnsafeRawBufferPointer) -> Bool {
        if type == .int64, let value = ValueParser.int64(text) {
            noteInteger(value)
            return true
        }
        guard let kind = classifyNumber(text), kind != .string else { return false }
        hasWideInteger = false
        merge(kind)
        return type != .string
    }

    mutating func addBoolean() { merge(.boolean) }

    private mutating func noteInteger(_ value: Int64) {
        if value < 0 { hasNegativeInteger = true }
        if value.magnitude > 1 << 53 { noteWide(value.magnitude) }
    }

    /// A double has 53 bits from the first one that is set to the last.
    private mutating func noteWide(_ magnitude: UInt64) {
        if 64 - magnitude.leadingZeroBitCount - magnitude.trailingZeroBitCount > 53 { hasWideInteger = true }
    }

    private mutating func merge(_ kind: ColumnType) {
        let isUnsigned = (type, kind) == (.int64, .uint64) || (type, kind) == (.uint64, .int64)
        if isUnsigned, !hasNegativeInteger {
            type = .uint64
        } else {
            type = SchemaInference.common(type, kind) ?? .string
        }
        if type == .double, hasWideInteger { type = .string }
    }

    private mutating func classify(_ text: UnsafeRawBufferPointer) -> ColumnType {
        if text.count > 1, ValueParser.boolean(text) != nil { return .boolean }
        return classifyNumber(text) ?? Self.classifyTime(text) ?? .string
    }

    private mutating func classifyNumber(_ text: UnsafeRawBufferPointer) -> ColumnType? {
        if Self.hasLeadingZero(text) { return nil }
        if let value = ValueParser.int64(text) {
            noteInteger(value)
            return .int64
        }
        if let value = ValueParser.integer128(text) {
            guard let unsigned = UInt64(exactly: value) else { return .string }
            noteWide(unsigned)
            return .uint64
        }
        return Self.isFraction(text) && ValueParser.double(text) != nil ? .double : nil
    }

    private static func classifyTime(_ text: UnsafeRawBufferPointer) -> ColumnType? {
        guard text.count >= 10, text.count < 40 else { return nil }
        if ValueParser.date(text) != nil { return .date }
        let isUTC = ValueParser.hasZone(text)
        if ValueParser.timestamp(text, .microsecond, isUTC: isUTC) != nil {
            return .timestamp(.microsecond, isUTC: isUTC)
        }
        if ValueParser.timestamp(text, .nanosecond, isUTC: isUTC) != nil {
            return .timestamp(.nanosecond, isUTC: isUTC)
        }
        return nil
    }

    /// `007`, `-01.5`: text, not a number.
    private static func hasLeadingZero(_ text: UnsafeRawBufferPointer) -> Bool {
        let first = text.first == UInt8(ascii: "-") ? 1 : 0
        return text.count > first + 1 && text[first] == UInt8(ascii: "0")
            && text[first + 1] &- UInt8(ascii: "0") < 10
    }

    /// Whether a number has a point or an exponent, or is no digits at all (`NaN`, `inf`).
    private static func isFraction(_ text: UnsafeRawBufferPointer) -> Bool {
        text.contains { $0 > UInt8(ascii: "9") || $0 == UInt8(ascii: ".") }
    }
}
