import Bytes

// Values, typed by the column that they meet.
extension FilterParser {
    /// What stands before the quotes of a literal.
    private enum Marker: String { case date = "DATE", timestamp = "TIMESTAMP" }

    /// The literal that stands here; nil for NULL.
    mutating func literal(for column: Int) throws(FilterError) -> Filter.Literal? {
        let place = token
        let target = columns[column]
        switch token.kind {
        case .number(let text):
            advance()
            return try number(text, target, place)
        case .string(let text):
            advance()
            return try string(text, nil, target, place)
        case .word:
            if take("NULL") { return nil }
            if take("TRUE") { return try boolean(true, target, place) }
            if take("FALSE") { return try boolean(false, target, place) }
            for (word, marker) in [("DATE", .date), ("TIMESTAMP", .timestamp)] as [(StaticString, Marker)]
            where token.isWord(word) {
                guard case .string(let text) = tokens[min(tokens.count - 1, position + 1)].kind else { break }
                advance()
                advance()
                return try string(text, marker, target, place)
            }
            throw bareWord(place)
        case .quotedName(let name):
            throw error("a value is expected; strings stand in single quotes: \(Self.quote(name))")
        default:
            throw error("a value is expected: a number, 'string', DATE '…', TIMESTAMP '…', TRUE, FALSE, NULL")
        }
    }

    private func bareWord(_ place: FilterToken) -> FilterError {
        guard case .word(let word) = place.kind else { return error("a value is expected") }
        if schema.column(word) != nil {
            return error(
                "a value is expected, not a column; strings stand in single quotes: \(Self.quote(word))")
        }
        return error("a value is expected; strings stand in single quotes: \(Self.quote(word))")
    }

    private static func quote(_ text: ByteString) -> String {
        "'" + text.display.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''")
            + "'"
    }

    private func wrong(
        _ text: ByteString, _ column: TableSchema.Column, _ expected: String, _ place: FilterToken
    ) -> FilterError {
        error(
            "the column \"\(column.name.display)\" is \(column.type.name): \(expected), and \(text.display) is "
                + "none", at: place)
    }

    private func number(
        _ text: ByteString, _ column: TableSchema.Column, _ place: FilterToken
    ) throws(FilterError) -> Filter.Literal {
        guard let number = ExactNumber(text) else {
            throw error("\(text.display) is no number", at: place)
        }
        switch column.type {
        case .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64:
            return number.literal(scale: 0)
        case .decimal(_, let scale): return number.literal(scale: scale)
        case .float, .double: return floating(text, column.type)
        case .undecided: return .at(.bytes(text))
        case .string:
            throw wrong(text, column, "a string is expected, such as \(Self.quote(text))", place)
        case .date: throw wrong(text, column, "a date is expected, such as '2024-01-31'", place)
        case .timestamp:
            throw wrong(text, column, "a time is expected, such as '2024-01-31T12:00:00'", place)
        case .boolean: throw wrong(text, column, "TRUE or FALSE is expected", place)
        case .binary: throw wrong(text, column, "base64 in single quotes is expected", place)
        }
    }

    /// The nearest of the type; beyond its finite values, between these and infinity.
    private func floating(_ text: ByteString, _ type: ColumnType) -> Filter.Literal {
        let unsigned = text.bytes.first == UInt8(ascii: "+") ? ByteString(text.bytes.dropFirst()) : text
        if let value = ValueText.parse(unsigned, type) { return .at(value) }
        let greatest = type == .float ? Double(Float.greatestFiniteMagnitude) : Double.greatestFiniteMagnitude
        return .justAbove(.floating(text.bytes.first == UInt8(ascii: "-") ? -.infinity : greatest))
    }

    private func boolean(
        _ value: Bool, _ column: TableSchema.Column, _ place: FilterToken
    ) throws(FilterError) -> Filter.Literal {
        switch column.type {
        case .boolean: return .at(.boolean(value))
        case .undecided: return .at(.bytes(value ? "true" : "false"))
        default:
            throw error(
                "the column \"\(column.name.display)\" is \(column.type.name), not boolean", at: place)
        }
    }

    private func string(
        _ text: ByteString, _ marker: Marker?, _ column: TableSchema.Column, _ place: FilterToken
    ) throws(FilterError) -> Filter.Literal {
        if let marker { try check(text, marker, column, place) }
        switch column.type {
        case .string, .undecided: return .at(.bytes(text))
        case .date:
            if let day = text.withUnsafeBytes({ ValueParser.date($0) }) { return .at(.integer(Int128(day))) }
            // A time lies in its day; at midnight it is the day.
            guard let literal = time(text, .microsecond, isUTC: true) else {
                throw wrong(text, column, "a date is expected, such as '2024-01-31'", place)
            }
            return literal.inUnits(of: 86_400 * 1_000_000)
        case .timestamp(let unit, let isUTC):
            if !isUTC, text.withUnsafeBytes({ ValueParser.hasZone($0) }) {
                throw wrong(text, column, "a time without a zone is expected", place)
            }
            guard let literal = time(text, unit, isUTC: isUTC) else {
                throw wrong(text, column, "a time is expected, such as '2024-01-31T12:00:00'", place)
            }
            return literal
        case .boolean:
            guard let value = ValueText.parse(text, .boolean) else {
                throw wrong(text, column, "TRUE or FALSE is expected", place)
            }
            return .at(value)
        case .binary:
            guard let value = ValueText.parse(text, .binary) else {
                throw wrong(text, column, "base64 is expected", place)
            }
            return .at(value)
        case .float, .double:
            if let value = ValueText.parse(text, column.type) { return .at(value) }
            fallthrough
        default:
            guard ExactNumber(text) != nil else { throw wrong(text, column, "a number is expected", place) }
            return try number(text, column, place)
        }
    }

    /// `DATE '…'` must be a date, and both meet columns of time only.
    private func check(
        _ text: ByteString, _ marker: Marker, _ column: TableSchema.Column, _ place: FilterToken
    ) throws(FilterError) {
        switch column.type {
        case .date, .timestamp, .undecided: break
        default:
            throw wrong(
                ByteString("\(marker.rawValue) \(Self.quote(text))"), column,
                "a value of that type is expected\(column.type == .string ? ", such as \(Self.quote(text))" : "")",
                place)
        }
        let isDate = text.withUnsafeBytes { ValueParser.date($0) } != nil
        if marker == .date, !isDate {
            throw error("\(Self.quote(text)) is no date, such as '2024-01-31'", at: place)
        }
        if marker == .timestamp, time(text, .microsecond, isUTC: true) == nil {
            throw error("\(Self.quote(text)) is no time, such as '2024-01-31T12:00:00'", at: place)
        }
    }

    /// The time in units, also where it has a finer fraction than these or lies outside 64 bits of them.
    private func time(_ text: ByteString, _ unit: TimeUnit, isUTC: Bool) -> Filter.Literal? {
        for other in [unit, .nanosecond, .microsecond, .millisecond] {
            guard let value = text.withUnsafeBytes({ ValueParser.timestamp($0, other, isUTC: isUTC) }) else {
                continue
            }
            let nanoseconds = Int128(value) * Int128(1_000_000_000 / other.perSecond)
            return Filter.Literal.at(.integer(nanoseconds)).inUnits(
                of: Int128(1_000_000_000 / unit.perSecond))
        }
        return nil
    }
}

extension Filter.Literal {
    /// The place among greater units, `size` of these each.
    fileprivate func inUnits(of size: Int128) -> Filter.Literal {
        let (value, isExact): (TypedValue, Bool)
        switch self {
        case .at(let place): (value, isExact) = (place, true)
        case .justAbove(let place): (value, isExact) = (place, false)
        }
        guard case .integer(let count) = value else { return self }
        let (quotient, remainder) = count.quotientAndRemainder(dividingBy: size)
        let floor = remainder < 0 ? quotient - 1 : quotient
        return isExact && remainder == 0 ? .at(.integer(floor)) : .justAbove(.integer(floor))
    }
}
