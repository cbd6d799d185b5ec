import Bytes
import Records
import TestKit

/// Random values of every type, for tests of what must hold for all of them.
enum RandomRecords {
    static let types: [ColumnType] = [
        .boolean, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float, .double, .string,
        .binary, .date, .timestamp(.millisecond, isUTC: true), .timestamp(.microsecond, isUTC: false),
        .timestamp(.nanosecond, isUTC: true), .decimal(precision: 9, scale: 2),
        .decimal(precision: 18, scale: 0), .decimal(precision: 38, scale: 10),
    ]

    /// A value in which edges, repeats and neighbours are common; nil one time in eight.
    static func value(_ type: ColumnType, _ random: inout SeededGenerator) -> TypedValue? {
        if random.next() % 8 == 0 { return nil }
        switch type {
        case .boolean: return .boolean(Bool.random(using: &random))
        case .float:
            let edges: [Float] = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, 1.1]
            if Bool.random(using: &random) { return .floating(Double(edges.randomElement(using: &random)!)) }
            return .floating(Double(Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))))
        case .double:
            let edges = [0, -0.0, 1, -1, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, -5e-300, 0.1]
            if Bool.random(using: &random) { return .floating(edges.randomElement(using: &random)!) }
            return .floating(Double(bitPattern: random.next()))
        case .string:
            let parts = [
                "a", "b", "\u{0}", "é", "e\u{301}", "common-prefix-", "\u{10FFFF}", "\u{1}", "~", ",", "\"",
                "\n",
                "\r\n", "\t", "\\",
            ]
            let count = Int.random(in: 0...4, using: &random)
            return .bytes(ByteString((0..<count).map { _ in parts.randomElement(using: &random)! }.joined()))
        case .binary:
            let choices: [UInt8] = [0, 0, 1, 0x7F, 0xFE, 0xFF]
            let count = Int.random(in: 0...5, using: &random)
            return .bytes(ByteString((0..<count).map { _ in choices.randomElement(using: &random)! }))
        case .decimal(let precision, _):
            let limit = Int128(ValueParser.powerOfTen(precision)) - 1
            return .integer(integer(-limit...limit, &random))
        case .date: return .integer(integer(-3_000_000...3_000_000, &random))
        case .timestamp: return .integer(integer(Int128(Int64.min)...Int128(Int64.max), &random))
        default: return .integer(integer(type.integerRange!, &random))
        }
    }

    private static func integer(_ range: ClosedRange<Int128>, _ random: inout SeededGenerator) -> Int128 {
        switch random.next() % 4 {
        case 0:
            [range.lowerBound, range.upperBound, max(range.lowerBound, -1), 0, 1].randomElement(
                using: &random)!
        case 1: max(range.lowerBound, Int128.random(in: -3...3, using: &random))
        default: Int128.random(in: range, using: &random)
        }
    }

    static func rows(_ types: [ColumnType], _ count: Int, _ random: inout SeededGenerator) -> [[TypedValue?]]
    {
        (0..<count).map { _ in types.map { value($0, &random) } }
    }

    static func columns(_ types: [ColumnType]) -> [TableSchema.Column] {
        types.enumerated().map { .init(id: $0 + 1, name: ByteString("c\($0)"), type: $1) }
    }

    static func batch(_ types: [ColumnType], _ rows: [[TypedValue?]]) -> ColumnBatch {
        var builder = BatchBuilder(schema: columns(types))
        for row in rows { builder.append(row: row) }
        return builder.finish()
    }

    /// Nulls first, then by value.
    static func compare(_ left: [TypedValue?], _ right: [TypedValue?]) -> Int {
        for (a, b) in zip(left, right) {
            switch (a, b) {
            case (nil, nil): continue
            case (nil, _): return -1
            case (_, nil): return 1
            case (let a?, let b?):
                let order = a.compare(b)
                if order != 0 { return order < 0 ? -1 : 1 }
            }
        }
        return 0
    }
}

extension ColumnBatch {
    var rows: [[TypedValue?]] {
        (0..<rowCount).map { row in zip(columns, schema).map { $0.value(row, $1.type) } }
    }
}

/// Equal by value, with NaN equal to itself and zeros of both signs told apart.
func same(_ left: [[TypedValue?]], _ right: [[TypedValue?]]) -> Bool {
    func plain(_ value: TypedValue?) -> String {
        switch value {
        case .floating(let number): number.isNaN ? "NaN" : "\(number)"
        default: "\(value as Any)"
        }
    }
    return left.map { $0.map(plain) } == right.map { $0.map(plain) }
}
