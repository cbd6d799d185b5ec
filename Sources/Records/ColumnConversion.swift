package import Bytes

/// A value, or a whole type, that a column cannot take.
package struct ConversionError: Error, Equatable, Sendable, CustomStringConvertible {
    package var from: ColumnType
    package var to: ColumnType
    /// The first row that does not fit; nil where no value of the type could.
    package var row: Int?
    /// The text of that row's value.
    package var value: ByteString?

    package init(from: ColumnType, to: ColumnType, row: Int? = nil, value: ByteString? = nil) {
        self.from = from
        self.to = to
        self.row = row
        self.value = value
    }

    package var description: String {
        if let value {
            "\(value.display) (\(from.name)) does not fit \(to.name)"
        } else {
            "\(from.name) cannot be read as \(to.name)"
        }
    }
}

/// Fits a file's column to the type of a table's column, never changing a value.
///
/// | from | to | which values |
/// |---|---|---|
/// | undecided | anything | all (they are null) |
/// | integer | integer | in range |
/// | integer | float, double | exact |
/// | integer | decimal | in range |
/// | float | double | all |
/// | double | float | exact |
/// | float, double | integer | whole numbers in range |
/// | decimal | decimal, integer | exact and in range |
/// | date | timestamp | midnight, in range |
/// | timestamp | date | midnight |
/// | timestamp | timestamp of the same zone | exact and in range |
/// | string | binary | all |
/// | binary | string | valid UTF-8 |
///
/// Text is never parsed here: a string is not a number.
package enum ColumnConversion {
    /// Whether some value of one type can be one of the other.
    package static func isPossible(from: ColumnType, to: ColumnType) -> Bool {
        if from == to || from == .undecided { return true }
        switch (kind(from), kind(to)) {
        case (.integer, .integer), (.integer, .floating), (.integer, .decimal), (.floating, .floating),
            (.floating, .integer), (.decimal, .decimal), (.decimal, .integer), (.date, .timestamp),
            (.timestamp, .date), (.bytes, .bytes):
            return true
        case (.timestamp(let a), .timestamp(let b)): return a == b
        default: return false
        }
    }

    /// The column in the lane and with the meaning of `to`.
    package static func convert(
        _ vector: ColumnVector, from: ColumnType, to: ColumnType
    ) throws(ConversionError) -> ColumnVector {
        if from == to { return vector }
        guard isPossible(from: from, to: to) else { throw ConversionError(from: from, to: to) }
        if case .none(let count) = vector.values { return .nulls(type: to, count: count) }
        if let quick = sameLane(vector, from, to) { return quick }
        var builder = ColumnBuilder(type: to)
        builder.reserveCapacity(vector.count)
        for row in 0..<vector.count {
            guard let value = vector.value(row, from) else {
                builder.appendNull()
                continue
            }
            guard let converted = convert(value, from: from, to: to) else {
                throw ConversionError(
                    from: from, to: to, row: row, value: ValueText.text(of: vector, row: row, type: from))
            }
            builder.append(converted)
        }
        return builder.finish()
    }

    /// One value; nil where it does not fit.
    package static func convert(_ value: TypedValue, from: ColumnType, to: ColumnType) -> TypedValue? {
        switch (value, to) {
        case (.integer(let number), .float):
            return significantBits(number) <= 24 ? .floating(Double(number)) : nil
        case (.integer(let number), .double):
            return significantBits(number) <= 53 ? .floating(Double(number)) : nil
        case (.floating(let number), .float):
            return number.isNaN || Double(Float(number)) == number ? value : nil
        case (.floating, .double): return value
        case (.floating(let number), _):
            return Int128(exactly: number).flatMap { inRange(.integer($0), to) }
        case (.bytes(let bytes), .string): return bytes.isUTF8 ? value : nil
        case (.bytes, .binary): return value
        case (.integer(let number), _):
            return rescale(number, from: unitsPerWhole(from), to: unitsPerWhole(to))
                .flatMap { inRange(.integer($0), to) }
        default: return nil
        }
    }

    /// Bits from the first one that is set to the last.
    private static func significantBits(_ number: Int128) -> Int {
        number == 0 ? 0 : 128 - number.magnitude.leadingZeroBitCount - number.magnitude.trailingZeroBitCount
    }

    private static func rescale(_ number: Int128, from: Int128, to: Int128) -> Int128? {
        if to >= from {
            let (product, overflow) = number.multipliedReportingOverflow(by: to / from)
            return overflow ? nil : product
        }
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: from / to)
        return remainder == 0 ? quotient : nil
    }

    /// Units in one: of a decimal, in a day.
    private static func unitsPerWhole(_ type: ColumnType) -> Int128 {
        switch type {
        case .decimal(_, let scale): Int128(ValueParser.powerOfTen(scale))
        case .timestamp(let unit, _): Int128(unit.perSecond) * 86_400
        default: 1
        }
    }

    private static func inRange(_ value: TypedValue, _ type: ColumnType) -> TypedValue? {
        guard case .integer(let number) = value else { return value }
        let fits =
            switch type {
            case .date: Int32(exactly: number) != nil
            case .timestamp: Int64(exactly: number) != nil
            case .decimal(let precision, _): number.magnitude < ValueParser.powerOfTen(precision)
            default: type.integerRange?.contains(number) ?? false
            }
        return fits ? value : nil
    }

    /// Conversions that keep every bit, and the widenings worth a loop of their own.
    private static func sameLane(_ vector: ColumnVector, _ from: ColumnType, _ to: ColumnType)
        -> ColumnVector?
    {
        switch (from, to, vector.values) {
        case (.int8, .int16, _), (.int8, .int32, _), (.int16, .int32, _), (.uint8, .uint16, _),
            (.uint8, .uint32, _), (.uint16, .uint32, _), (.uint8, .int16, _), (.uint8, .int32, _),
            (.uint16, .int32, _), (.string, .binary, _):
            return vector
        case (.int8, .int64, .int32(let values)), (.int16, .int64, .int32(let values)),
            (.int32, .int64, .int32(let values)):
            return ColumnVector(values: .int64(values.map { Int64($0) }), validity: vector.validity)
        case (.float, .double, .float(let values)):
            return ColumnVector(values: .double(values.map { Double($0) }), validity: vector.validity)
        default: return nil
        }
    }

    private enum Kind {
        case integer, floating, decimal, date, timestamp(isUTC: Bool), bytes, other
    }

    private static func kind(_ type: ColumnType) -> Kind {
        switch type {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64: .integer
        case .float, .double: .floating
        case .decimal: .decimal
        case .date: .date
        case .timestamp(_, let isUTC): .timestamp(isUTC: isUTC)
        case .string, .binary: .bytes
        case .boolean, .undecided: .other
        }
    }
}
