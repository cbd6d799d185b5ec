import Bytes
import Records
import TestKit
import Testing

struct ValueTextTests {
    @Test("what is written is read back as the same value", arguments: RandomRecords.types)
    func roundTrip(type: ColumnType) throws {
        var random = SeededGenerator(seed: 21)
        let rows = RandomRecords.rows([type], 300, &random)
        let column = RandomRecords.batch([type], rows).columns[0]
        for (index, row) in rows.enumerated() {
            let text = ValueText.text(of: column, row: index, type: type)
            #expect((text == nil) == (row[0] == nil))
            guard let text, let value = row[0] else { continue }
            let back = try #require(ValueText.parse(text, type), "\(text)")
            #expect(same([[back]], [[value]]), "\(text)")
            #expect(ValueText.text(value, type) == text)
        }
    }

    static let texts: [(ColumnType, TypedValue, ByteString)] = [
        (.boolean, .boolean(true), "true"),
        (.int8, .integer(-128), "-128"),
        (.uint64, .integer(Int128(UInt64.max)), "18446744073709551615"),
        (.double, .floating(0.1), "0.1"), (.double, .floating(1e300), "1e+300"),
        (.double, .floating(-.infinity), "-inf"), (.double, .floating(.nan), "NaN"),
        (.float, .floating(Double(Float(0.1))), "0.1"),
        (.date, .integer(0), "1970-01-01"), (.date, .integer(19_753), "2024-01-31"),
        (.date, .integer(-719_529), "-0001-12-31"), (.date, .integer(3_000_000), "+10183-09-21"),
        (
            .timestamp(.microsecond, isUTC: true), .integer(1_706_704_496_123_456),
            "2024-01-31T12:34:56.123456Z"
        ),
        (.timestamp(.microsecond, isUTC: false), .integer(1_706_704_496_000_000), "2024-01-31T12:34:56"),
        (.timestamp(.millisecond, isUTC: false), .integer(-1), "1969-12-31T23:59:59.999"),
        (.timestamp(.nanosecond, isUTC: true), .integer(1), "1970-01-01T00:00:00.000000001Z"),
        (.decimal(precision: 10, scale: 2), .integer(-5), "-0.05"),
        (.decimal(precision: 38, scale: 0), .integer(Int128(10)), "10"),
        (.binary, .bytes(ByteString([0xFF, 0])), "/wA="),
        (.string, .bytes("é,"), "é,"),
    ]

    @Test("values are written in one form", arguments: texts)
    func form(type: ColumnType, value: TypedValue, text: ByteString) {
        #expect(ValueText.text(value, type) == text)
    }

    static let accepted: [(ColumnType, ByteString, ByteString)] = [
        (.boolean, "TRUE", "true"), (.boolean, "False", "false"), (.boolean, "t", "true"),
        (.boolean, "F", "false"),
        (.int32, "007", "7"), (.int32, "-0", "0"), (.double, "1", "1.0"), (.double, "-Infinity", "-inf"),
        (.double, "nan", "NaN"), (.double, "123456789012345678901234567890", "1.2345678901234568e+29"),
        (.timestamp(.microsecond, isUTC: true), "2024-01-31 12:34:56", "2024-01-31T12:34:56Z"),
        (.timestamp(.microsecond, isUTC: true), "2024-01-31t12:34+01:00", "2024-01-31T11:34:00Z"),
        (.timestamp(.microsecond, isUTC: true), "2024-01-31T00:00:00.5-0130", "2024-01-31T01:30:00.500000Z"),
        (.timestamp(.millisecond, isUTC: true), "2024-01-31T00:00:00.120000z", "2024-01-31T00:00:00.120Z"),
        (.timestamp(.microsecond, isUTC: false), "2024-01-31", "2024-01-31T00:00:00"),
        (.decimal(precision: 5, scale: 2), "1.5e1", "15.00"),
        (.decimal(precision: 5, scale: 2), "1.500", "1.50"),
        (.decimal(precision: 5, scale: 2), "00012", "12.00"),
        (.decimal(precision: 5, scale: 2), "-.5", "-0.50"),
        (.decimal(precision: 3, scale: 0), "12.000", "12"),
    ]

    @Test("the usual variants are read", arguments: accepted)
    func variants(type: ColumnType, text: ByteString, written: ByteString) throws {
        #expect(ValueText.text(try #require(ValueText.parse(text, type)), type) == written)
    }

    static let refused: [(ColumnType, ByteString)] = [
        (.boolean, "yes"), (.boolean, "tRUE"), (.boolean, ""), (.int8, "128"), (.uint8, "-1"),
        (.int64, "1.0"),
        (.int64, " 1"), (.int64, "9223372036854775808"), (.int64, "-"), (.double, "1,5"), (.double, ""),
        (.double, "1e999"), (.float, "1e39"), (.date, "2023-02-29"), (.date, "2024-1-31"),
        (.date, "2024-01-31T00:00"),
        (.date, "24-01-31"), (.timestamp(.microsecond, isUTC: false), "2024-01-31T00:00:00Z"),
        (.timestamp(.millisecond, isUTC: true), "2024-01-31T00:00:00.0001Z"),
        (.timestamp(.microsecond, isUTC: true), "2024-01-31T24:00:00Z"),
        (.timestamp(.nanosecond, isUTC: true), "2400-01-31T00:00:00Z"),
        (.decimal(precision: 3, scale: 2), "10"), (.decimal(precision: 5, scale: 2), "0.001"),
        (.decimal(precision: 5, scale: 2), "."), (.binary, "abc"), (.binary, "ab=="), (.undecided, "1"),
        (.string, ByteString([0xFF])),
    ]

    @Test("what is no value of the type is refused", arguments: refused)
    func refusal(type: ColumnType, text: ByteString) {
        #expect(ValueText.parse(text, type) == nil)
    }

    static let orders: [(ColumnType, ByteString, ByteString, Int?)] = [
        (.int64, "9", "10", -1), (.string, "9", "10", 1), (.string, "2024", "10", 1),
        (.double, "1e3", "999", 1),
        (.decimal(precision: 9, scale: 1), "10", "9.5", 1), (.date, "2024-01-31", "2024-01-31", 0),
        (.double, "NaN", "inf", 1), (.double, "-0.0", "0", 0), (.int64, "x", "1", nil),
    ]

    @Test("texts are compared by the declared type", arguments: orders)
    func comparison(type: ColumnType, left: ByteString, right: ByteString, expected: Int?) {
        #expect(ValueText.compare(left, right, type)?.signum() == expected)
    }
}
