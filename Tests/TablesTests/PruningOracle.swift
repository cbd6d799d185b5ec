import Bytes
import Metadata
import Records
import TestKit

/// A value as the oracle compares it, by rules of its own.
enum OracleValue: Hashable, Sendable {
    /// Of a number 10¹² times; days; nanoseconds.
    case exact(Int128)
    case number(Double)
    case text([UInt8])
    case truth(Bool)

    static func order(_ a: OracleValue, _ b: OracleValue) -> Int {
        switch (a, b) {
        case (.exact(let a), .exact(let b)): return a < b ? -1 : a == b ? 0 : 1
        case (.number(let a), .number(let b)):
            // NaN stands last and equals itself.
            if a.isNaN || b.isNaN { return (a.isNaN ? 1 : 0) - (b.isNaN ? 1 : 0) }
            return a < b ? -1 : a == b ? 0 : 1
        case (.text(let a), .text(let b)):
            return a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        case (.truth(let a), .truth(let b)): return (a ? 1 : 0) - (b ? 1 : 0)
        default: preconditionFailure("values of two kinds")
        }
    }
}

/// A value of a row: for the table, and for the oracle. nil is null.
struct OracleCell {
    var typed: TypedValue?
    var oracle: OracleValue?
    static let null = OracleCell(typed: nil, oracle: nil)
}

/// A column with the values that it is made of.
struct OracleColumn {
    let column: TableSchema.Column
    let pool: [OracleCell]

    var name: ByteString { column.name }

    func cell(_ random: inout SeededGenerator) -> OracleCell { pool.randomElement(using: &random)! }

    init(_ column: TableSchema.Column, _ random: inout SeededGenerator) {
        self.column = column
        let some = Self.values(column.type).shuffled(using: &random).prefix(
            Int.random(in: 1...9, using: &random))
        // All null, some null, none null.
        let nulls = column.isNullable ? [0, 1, 1, 30].randomElement(using: &random)! : 0
        pool = some + [OracleCell](repeating: .null, count: nulls)
    }

    private static func values(_ type: ColumnType) -> [OracleCell] {
        switch type {
        case .string:
            return texts.map { OracleCell(typed: .bytes(ByteString($0)), oracle: .text(Array($0.utf8))) }
        case .boolean:
            return [true, false].map { OracleCell(typed: .boolean($0), oracle: .truth($0)) }
        case .double:
            let values: [Double] = [
                0, -0.0, 1, -1, .nan, .infinity, -.infinity, 0.1, .leastNonzeroMagnitude, 1.7e308, -1.7e308,
                2.5,
                9_007_199_254_740_992,
            ]
            return values.map { OracleCell(typed: .floating($0), oracle: .number($0)) }
        case .date:
            return [0, -1, 1, -719_528, 19_723, 19_724, 19_754, 2_932_896, -25_567].map {
                OracleCell(typed: .integer($0), oracle: .exact($0))
            }
        case .timestamp:
            let values: [Int128] = [
                0, -1, 1, -86_400_000_001, 1_704_067_200_000_000, 1_704_067_200_000_001,
                4_102_444_800_000_000,
            ]
            return values.map { OracleCell(typed: .integer($0), oracle: .exact($0 * 1_000)) }
        case .decimal(_, let scale):
            let unit = Int128(ValueParser.powerOfTen(12 - scale))
            let values: [Int128] = [0, 1, -1, 10, 100, -12_345, 999_999_999_999, 123_456_789_012_345_678_901]
            return values.map { OracleCell(typed: .integer($0), oracle: .exact($0 * unit)) }
        default:
            let range = type.integerRange!
            let values: [Int128] = [
                0, 1, -1, 2, 9, 10, 11, 100, range.lowerBound, range.upperBound, range.upperBound - 1,
                Int128(Int64.max), Int128(Int64.max) + 1,
            ]
            return Array(Set(values.filter(range.contains))).sorted().map {
                OracleCell(typed: .integer($0), oracle: .exact($0 * 1_000_000_000_000))
            }
        }
    }

    private static let long = String(repeating: "long ", count: 30)
    static let texts = [
        "", "1", "9", "10", "1a", "01", "-5", "1e3", "NaN", "inf", "null", "NULL",
        "__HIVE_DEFAULT_PARTITION__",
        "caf\u{E9}", "cafe\u{301}", "a|b", "a%b", "100%", "a_b", "a\\b", "it's", "\"q\"", " ", "a/b=c",
        "\u{1F600}",
        "\u{FF5E}", "eu", "eu-west", "EU", long + "a", long + "b", long + "b\u{301}", long + "\u{10FFFF}",
        String(repeating: "\u{10FFFF}", count: 40), String(repeating: "é", count: 64) + "x",
        String(repeating: "é", count: 64) + "y", "2024-01-01", "a\nb",
    ]
}

/// A literal as it is written, and as the oracle reads it.
struct OracleLiteral {
    var text: ByteString
    var value: OracleValue?

    static func quoted(_ bytes: [UInt8]) -> ByteString {
        ByteString([0x27] + bytes.flatMap { $0 == 0x27 ? [0x27, 0x27] : [$0] } + [0x27])
    }

    static func random(_ column: OracleColumn, _ random: inout SeededGenerator) -> OracleLiteral {
        let cell = OracleColumn(column.column, &random).cell(&random)
        let known = column.cell(&random)
        guard let value = Bool.random(using: &random) ? known.oracle : cell.oracle else {
            return OracleLiteral(text: "NULL", value: nil)
        }
        switch value {
        case .truth(let value): return OracleLiteral(text: value ? "TRUE" : "false", value: .truth(value))
        case .text(var bytes):
            // What bounds are cut to, and what lies just beside a value.
            switch Int.random(in: 0..<6, using: &random) {
            case 0: bytes = Array(bytes.prefix(Int.random(in: 0...130, using: &random)))
            case 1: bytes.append(UInt8.random(in: 0x20...0x7E, using: &random))
            default: break
            }
            return OracleLiteral(text: quoted(bytes), value: .text(bytes))
        case .number(let value):
            let text: ByteString =
                value.isFinite
                ? ByteString("\(value)") : value.isNaN ? "'NaN'" : value > 0 ? "'inf'" : "'-inf'"
            return OracleLiteral(text: text, value: .number(value))
        case .exact(let value): return exact(value, column.column.type, &random)
        }
    }

    private static func exact(
        _ value: Int128, _ type: ColumnType, _ random: inout SeededGenerator
    ) -> OracleLiteral {
        switch type {
        case .date:
            let text = ValueText.text(.integer(value), .date)
            return OracleLiteral(
                text: (Bool.random(using: &random) ? "DATE '" : "'") + text + "'", value: .exact(value))
        case .timestamp:
            let moved = value + [0, 0, 1, -1, 500, 86_400_000_000_000].randomElement(using: &random)!
            let text = ValueText.text(.integer(moved), .timestamp(.nanosecond, isUTC: true))
            return OracleLiteral(text: "TIMESTAMP '" + text + "'", value: .exact(moved))
        default:
            // Numbers that lie between two values of the column, and beyond all of them.
            let moved = value + [0, 0, 0, 1, -1, 500_000_000_000].randomElement(using: &random)!
            let text = ValueText.text(.integer(moved), .decimal(precision: 38, scale: 12))
            let isWhole = moved % 1_000_000_000_000 == 0
            if isWhole, Bool.random(using: &random) {
                return OracleLiteral(text: ByteString("\(moved / 1_000_000_000_000)"), value: .exact(moved))
            }
            return OracleLiteral(text: text, value: .exact(moved))
        }
    }
}

/// A condition with its text, and its truth in a row by the rules of SQL.
indirect enum OracleCondition {
    case comparison(Int, String, OracleLiteral)
    case list(Int, [OracleLiteral], isNot: Bool)
    case between(Int, OracleLiteral, OracleLiteral)
    case prefix(Int, [UInt8])
    case null(Int, isNot: Bool)
    case not(OracleCondition)
    case and([OracleCondition])
    case or([OracleCondition])

    static func random(
        _ columns: [OracleColumn], of chosen: [Int], depth: Int, _ random: inout SeededGenerator
    ) -> OracleCondition {
        if depth > 1, Int.random(in: 0..<3, using: &random) > 0 {
            let parts = (0..<Int.random(in: 2...3, using: &random)).map { _ in
                self.random(columns, of: chosen, depth: depth - 1, &random)
            }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return .not(parts[0])
            case 1, 2: return .or(parts)
            default: return .and(parts)
            }
        }
        let index = chosen.randomElement(using: &random)!
        let column = columns[index]
        func literal(_ random: inout SeededGenerator) -> OracleLiteral { .random(column, &random) }
        switch Int.random(in: 0..<12, using: &random) {
        case 0: return .null(index, isNot: Bool.random(using: &random))
        case 1, 2:
            let count = Int.random(in: 1...4, using: &random)
            return .list(index, (0..<count).map { _ in literal(&random) }, isNot: Bool.random(using: &random))
        case 3: return .between(index, literal(&random), literal(&random))
        case 4, 5:
            guard column.column.type == .string else { fallthrough }
            let text = Array(OracleColumn.texts.randomElement(using: &random)!.utf8)
            return .prefix(index, Array(text.prefix(Int.random(in: 0...(text.count + 1), using: &random))))
        default:
            let sign = ["=", "!=", "<>", "<", "<=", ">", ">="].randomElement(using: &random)!
            return .comparison(index, sign, literal(&random))
        }
    }

    func text(_ columns: [OracleColumn]) -> ByteString {
        func name(_ index: Int) -> ByteString { "\"" + columns[index].name + "\"" }
        func joined(_ parts: [ByteString], _ word: String) -> ByteString {
            ByteString(Array(parts.map(\.bytes).joined(separator: Array(word.utf8))))
        }
        switch self {
        case .comparison(let column, let sign, let literal):
            return name(column) + ByteString(" \(sign) ") + literal.text
        case .list(let column, let literals, let isNot):
            return name(column) + (isNot ? " NOT IN (" : " in (") + joined(literals.map(\.text), ", ") + ")"
        case .between(let column, let low, let high):
            return name(column) + " BETWEEN " + low.text + " AND " + high.text
        case .prefix(let column, let prefix):
            let escaped = prefix.flatMap { [0x25, 0x5F, 0x5C].contains($0) ? [0x5C, $0] : [$0] }
            return name(column) + " LIKE " + OracleLiteral.quoted(escaped + [0x25])
        case .null(let column, let isNot): return name(column) + (isNot ? " IS NOT NULL" : " is null")
        case .not(let inner): return "NOT (" + inner.text(columns) + ")"
        case .and(let parts): return joined(parts.map { "(" + $0.text(columns) + ")" }, " AND ")
        case .or(let parts): return joined(parts.map { "(" + $0.text(columns) + ")" }, " or ")
        }
    }

    func truth(_ row: [OracleValue?]) -> Bool? {
        switch self {
        case .comparison(let column, let sign, let literal):
            guard let value = row[column], let other = literal.value else { return nil }
            let order = OracleValue.order(value, other)
            switch sign {
            case "=": return order == 0
            case "<": return order < 0
            case "<=": return order <= 0
            case ">": return order > 0
            case ">=": return order >= 0
            default: return order != 0
            }
        case .list(let column, let literals, let isNot):
            let any = OracleCondition.or(literals.map { .comparison(column, "=", $0) }).truth(row)
            return isNot ? any.map { !$0 } : any
        case .between(let column, let low, let high):
            return OracleCondition.and([.comparison(column, ">=", low), .comparison(column, "<=", high)])
                .truth(row)
        case .prefix(let column, let prefix):
            guard case .text(let text)? = row[column] else { return nil }
            return text.starts(with: prefix)
        case .null(let column, let isNot): return (row[column] == nil) != isNot
        case .not(let inner): return inner.truth(row).map { !$0 }
        case .and(let parts):
            let all = parts.map { $0.truth(row) }
            return all.contains(false) ? false : all.contains(nil) ? nil : true
        case .or(let parts):
            let all = parts.map { $0.truth(row) }
            return all.contains(true) ? true : all.contains(nil) ? nil : false
        }
    }
}
