import Bytes
import JSON
import Records

/// Turns one JSON value into one of a column.
enum JSONColumnFiller {
    /// Appends the reader's current value; false, and nothing appended, where it is null or does not fit.
    static func append(_ token: JSONToken, _ reader: JSONReader, to column: inout ColumnBuilder) -> Bool {
        switch token {
        case .number: return appendNumber(reader, to: &column)
        case .string: return appendString(reader, to: &column)
        case .true, .false:
            guard column.lane == .boolean else { return false }
            column.append(boolean: token == .true)
            return true
        default: return false
        }
    }

    private static func appendNumber(_ reader: JSONReader, to column: inout ColumnBuilder) -> Bool {
        switch column.type {
        case .int64:
            guard let value = reader.int64 ?? whole(reader).flatMap({ Int64(exactly: $0) }) else {
                return false
            }
            column.append(int64: value)
        case .int8, .int16, .int32, .uint8, .uint16, .uint32, .uint64:
            guard let value = reader.int64.map({ Int128($0) }) ?? whole(reader),
                let range = column.type.integerRange,
                range.contains(value)
            else { return false }
            column.append(.integer(value))
        case .double:
            guard let value = reader.double else { return false }
            column.append(double: value)
        case .float:
            guard let value = ValueParser.float(reader.text) else { return false }
            column.append(float: value)
        case .decimal(let precision, let scale):
            guard let value = ValueParser.decimal(reader.text, precision: precision, scale: scale) else {
                return false
            }
            column.append(.integer(value))
        default: return false
        }
        return true
    }

    /// A number with a fraction or an exponent that is an integer all the same: `1.0`, `1e3`.
    private static func whole(_ reader: JSONReader) -> Int128? {
        ValueParser.decimal(reader.text, precision: 38, scale: 0)
    }

    private static func appendString(_ reader: JSONReader, to column: inout ColumnBuilder) -> Bool {
        if case .string = column.type {
            if reader.hasEscapes {
                reader.appendText(to: &column.bytes.data)
                column.bytes.appendEmpty()
                column.validity.append(1)
            } else {
                column.append(bytes: reader.text)
            }
            return true
        }
        if reader.hasEscapes {
            return reader.string.withUnsafeBytes { appendText($0, to: &column) }
        }
        return appendText(reader.text, to: &column)
    }

    private static func appendText(_ text: UnsafeRawBufferPointer, to column: inout ColumnBuilder) -> Bool {
        switch column.type {
        case .date:
            guard let value = ValueParser.date(text) else { return false }
            column.append(int32: value)
        case .timestamp(let unit, let isUTC):
            guard let value = ValueParser.timestamp(text, unit, isUTC: isUTC) else { return false }
            column.append(int64: value)
        case .double, .float:
            // JSON has no numbers for these three.
            guard let value = ValueParser.double(text), !value.isFinite else { return false }
            column.append(.floating(value))
        case .decimal, .binary:
            guard let value = ValueText.parse(text, column.type) else { return false }
            column.append(value)
        default: return false
        }
        return true
    }
}
