import Bytes

// What is asked of one column.
extension FilterParser {
    mutating func condition(on column: Int) throws(FilterError) -> Filter.Condition {
        if case .comparison(let comparison) = token.kind {
            advance()
            guard let literal = try literal(for: column) else { return .constant(nil) }
            return .comparison(column: column, comparison, literal)
        }
        if take("IS") {
            let isNot = take("NOT")
            guard take("NULL") else {
                throw error(
                    isNot ? "NULL is expected behind IS NOT" : "NULL or NOT NULL is expected behind IS")
            }
            return isNot ? .not(.isNull(column: column)) : .isNull(column: column)
        }
        let isNot = take("NOT")
        var found = try list(column)
        if found == nil { found = try between(column) }
        if found == nil { found = try like(column) }
        if let found { return isNot ? .not(found) : found }
        if isNot { throw error("IN, BETWEEN or LIKE is expected behind NOT") }
        if columns[column].type == .boolean {
            return .comparison(column: column, .equal, .at(.boolean(true)))
        }
        throw error(
            "a comparison is expected behind the column \"\(columns[column].name.display)\": "
                + "= != < <= > >= IN LIKE BETWEEN IS")
    }

    private mutating func list(_ column: Int) throws(FilterError) -> Filter.Condition? {
        guard take("IN") else { return nil }
        guard token.kind == .open else { throw error("( and a list of values are expected behind IN") }
        var literals: [Filter.Literal] = []
        var orNull = false
        repeat {
            advance()
            if let literal = try literal(for: column) { literals.append(literal) } else { orNull = true }
        } while token.kind == .comma
        guard token.kind == .close else { throw error("a comma or ) is expected") }
        advance()
        return .isIn(column: column, literals, orNull: orNull)
    }

    private mutating func between(_ column: Int) throws(FilterError) -> Filter.Condition? {
        guard take("BETWEEN") else { return nil }
        let low = try literal(for: column)
        guard take("AND") else { throw error("AND and the upper value are expected behind BETWEEN") }
        let high = try literal(for: column)
        return .all([
            low.map { .comparison(column: column, .greaterOrEqual, $0) } ?? .constant(nil),
            high.map { .comparison(column: column, .lessOrEqual, $0) } ?? .constant(nil),
        ])
    }

    private mutating func like(_ column: Int) throws(FilterError) -> Filter.Condition? {
        let word = token
        guard take("LIKE") else { return nil }
        let type = columns[column].type
        guard type == .string || type == .undecided else {
            throw error(
                "LIKE is for strings, and the column \"\(columns[column].name.display)\" is \(type.name)",
                at: word
            )
        }
        guard case .string(let pattern) = token.kind else {
            throw error("a pattern such as 'prefix%' is expected behind LIKE")
        }
        let condition = try condition(pattern, column)
        advance()
        return condition
    }

    private func condition(_ pattern: ByteString, _ column: Int) throws(FilterError) -> Filter.Condition {
        var prefix: [UInt8] = []
        var rest = pattern.bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst(), [0x25, 0x5F, 0x5C].contains(next) else {
                    throw error("a backslash in a pattern stands before %, _ or another backslash")
                }
                prefix.append(next)
            case UInt8(ascii: "%"):
                guard rest.allSatisfy({ $0 == byte }) else {
                    throw error(
                        "only patterns with one % at their end are understood, as nothing else can be told from "
                            + "the least and the greatest value; for a % itself write \\%")
                }
                return .hasPrefix(column: column, ByteString(prefix))
            case UInt8(ascii: "_"):
                throw error(
                    "only patterns with one % at their end are understood, and _ stands for any character; for "
                        + "a _ itself write \\_")
            default: prefix.append(byte)
            }
        }
        return .comparison(column: column, .equal, .at(.bytes(ByteString(prefix))))
    }
}
