package import Bytes

extension Filter {
    /// Reads a filter and binds it to the columns of a table.
    ///
    /// ```
    /// filter    = and { OR and }          and  = not { AND not }         not = [NOT] condition
    /// condition = ( filter ) | TRUE | FALSE | NULL | column
    ///           | column (= != <> < <= > >=) literal
    ///           | column [NOT] IN ( literal, … )
    ///           | column [NOT] BETWEEN literal AND literal
    ///           | column [NOT] LIKE 'prefix%'
    ///           | column IS [NOT] NULL
    /// literal   = number | 'string' | DATE 'y-m-d' | TIMESTAMP '…' | TRUE | FALSE | NULL
    /// column    = word | "any name"
    /// ```
    ///
    /// Keywords are read in any case, names of columns in their own. A column alone is a boolean one.
    package init(_ text: ByteString, schema: TableSchema) throws(FilterError) {
        var parser = FilterParser(text: text, tokens: try FilterToken.all(of: text), schema: schema)
        let condition = try parser.filter()
        self.init(columns: parser.columns, condition: condition)
    }
}

/// One pass over the words of a filter.
struct FilterParser {
    let text: ByteString
    let tokens: [FilterToken]
    let schema: TableSchema
    /// The columns named so far.
    private(set) var columns: [TableSchema.Column] = []
    private(set) var position = 0
    private var depth = 0

    /// What an evaluation's recursion is held to.
    private static let maxDepth = 200

    init(text: ByteString, tokens: [FilterToken], schema: TableSchema) {
        self.text = text
        self.tokens = tokens
        self.schema = schema
    }

    mutating func filter() throws(FilterError) -> Filter.Condition {
        if token.kind == .end { throw error("a condition is expected, such as column = 'value'") }
        let condition = try or()
        if token.kind == .close { throw error("no parenthesis is open here") }
        guard token.kind == .end else { throw error("AND, OR or the end is expected") }
        return condition
    }

    private mutating func or() throws(FilterError) -> Filter.Condition {
        var parts = [try and()]
        while take("OR") { parts.append(try and()) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func and() throws(FilterError) -> Filter.Condition {
        var parts = [try not()]
        while take("AND") { parts.append(try not()) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func not() throws(FilterError) -> Filter.Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.maxDepth else {
            throw error("conditions are nested more than \(Self.maxDepth) deep")
        }
        if take("NOT") { return .not(try not()) }
        return try condition()
    }

    private mutating func condition() throws(FilterError) -> Filter.Condition {
        switch token.kind {
        case .open:
            let open = token
            advance()
            let inner = try or()
            guard token.kind == .close else {
                if token.kind == .end { throw error("this parenthesis is not closed", at: open) }
                throw error("AND, OR or ) is expected")
            }
            advance()
            return inner
        case .word, .quotedName: return try onWord()
        case .string, .number:
            throw error("a column is expected; the value stands behind it, as in column = 'value'")
        case .end: throw error("a condition is expected behind this")
        case .close: throw error("a condition is expected before the parenthesis is closed")
        case .comparison, .comma: throw error("a column is expected")
        }
    }

    private mutating func onWord() throws(FilterError) -> Filter.Condition {
        let next = tokens[min(position + 1, tokens.count - 1)]
        // A column may be named as a constant is; then something is asked of it.
        if next.kind.isEndOfCondition || next.isWord("AND") || next.isWord("OR") {
            for (word, value) in [("TRUE", true), ("FALSE", false)] as [(StaticString, Bool)]
            where token.isWord(word) {
                advance()
                return .constant(value)
            }
            if take("NULL") { return .constant(nil) }
        }
        return try condition(on: column())
    }

    // MARK: Words

    var token: FilterToken { tokens[position] }

    mutating func advance() { if position < tokens.count - 1 { position += 1 } }

    mutating func take(_ word: StaticString) -> Bool {
        guard token.isWord(word) else { return false }
        advance()
        return true
    }

    func error(_ message: String, at place: FilterToken? = nil) -> FilterError {
        FilterError(message, at: (place ?? token).range.lowerBound, in: text)
    }

    // MARK: Columns

    /// The place of the column that is named here.
    private mutating func column() throws(FilterError) -> Int {
        let name: ByteString
        switch token.kind {
        case .word(let word): name = word
        case .quotedName(let quoted): name = quoted
        default: throw error("a column is expected")
        }
        guard let column = schema.column(name) else {
            throw error(
                "there is no column \"\(name.display)\"; \(NearNames.hint(name, schema.columns.map(\.name)))")
        }
        advance()
        if let known = columns.firstIndex(of: column) { return known }
        columns.append(column)
        return columns.count - 1
    }
}

extension FilterToken.Kind {
    fileprivate var isEndOfCondition: Bool { self == .end || self == .close }
}
