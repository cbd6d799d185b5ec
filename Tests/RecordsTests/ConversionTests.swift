import Bytes
import Records
import Testing

struct ConversionTests {
    static let fitting: [(ColumnType, ColumnType, TypedValue, TypedValue)] = [
        (.int8, .int64, .integer(-5), .integer(-5)), (.int64, .uint8, .integer(255), .integer(255)),
        (.uint64, .int64, .integer(7), .integer(7)),
        (.uint32, .int64, .integer(4_294_967_295), .integer(4_294_967_295)),
        (.int64, .double, .integer(1 << 53), .floating(9_007_199_254_740_992)),
        (.int32, .float, .integer(16_777_216), .floating(16_777_216)),
        (.float, .double, .floating(0.5), .floating(0.5)), (.double, .float, .floating(0.5), .floating(0.5)),
        (.double, .int64, .floating(5), .integer(5)),
        (.decimal(precision: 5, scale: 1), .decimal(precision: 20, scale: 3), .integer(15), .integer(1500)),
        (.decimal(precision: 20, scale: 3), .decimal(precision: 5, scale: 1), .integer(1500), .integer(15)),
        (.decimal(precision: 5, scale: 2), .int8, .integer(1200), .integer(12)),
        (.int64, .decimal(precision: 5, scale: 2), .integer(-9), .integer(-900)),
        (.date, .timestamp(.millisecond, isUTC: true), .integer(-1), .integer(-86_400_000)),
        (.timestamp(.millisecond, isUTC: true), .date, .integer(-86_400_000), .integer(-1)),
        (
            .timestamp(.millisecond, isUTC: true), .timestamp(.nanosecond, isUTC: true), .integer(2),
            .integer(2_000_000)
        ),
        (
            .timestamp(.nanosecond, isUTC: false), .timestamp(.microsecond, isUTC: false), .integer(-3000),
            .integer(-3)
        ),
        (.string, .binary, .bytes("é"), .bytes("é")), (.binary, .string, .bytes("é"), .bytes("é")),
    ]

    @Test("values that fit are carried over, with the nulls", arguments: fitting)
    func fits(from: ColumnType, to: ColumnType, value: TypedValue, expected: TypedValue) throws {
        let vector = RandomRecords.batch([from], [[value], [nil], [value]]).columns[0]
        let result = try ColumnConversion.convert(vector, from: from, to: to)
        #expect((0..<3).map { result.value($0, to) } == [expected, nil, expected])
    }

    static let notFitting: [(ColumnType, ColumnType, TypedValue, ByteString)] = [
        (.int64, .int8, .integer(128), "128"), (.int8, .uint64, .integer(-1), "-1"),
        (.uint64, .int64, .integer(1 << 63), "9223372036854775808"),
        (.int64, .double, .integer(1 << 53 + 1), "9007199254740993"),
        (.int32, .float, .integer(16_777_217), "16777217"), (.double, .float, .floating(0.1), "0.1"),
        (.double, .int64, .floating(0.5), "0.5"), (.double, .int64, .floating(.nan), "NaN"),
        (.decimal(precision: 5, scale: 2), .decimal(precision: 5, scale: 1), .integer(1), "0.01"),
        (.decimal(precision: 5, scale: 1), .decimal(precision: 5, scale: 2), .integer(99_999), "9999.9"),
        (
            .timestamp(.microsecond, isUTC: true), .timestamp(.millisecond, isUTC: true), .integer(1),
            "1970-01-01T00:00:00.000001Z"
        ),
        (
            .timestamp(.millisecond, isUTC: true), .timestamp(.nanosecond, isUTC: true), .integer(1 << 62),
            "+146140482-04-24T15:36:27.904Z"
        ),
        (.timestamp(.millisecond, isUTC: true), .date, .integer(1), "1970-01-01T00:00:00.001Z"),
        (.binary, .string, .bytes(ByteString([0xFF])), "/w=="),
    ]

    @Test("the first value that does not fit is named with its row", arguments: notFitting)
    func doesNotFit(from: ColumnType, to: ColumnType, value: TypedValue, text: ByteString) throws {
        let vector = RandomRecords.batch([from], [[nil], [value]]).columns[0]
        let error = try #require(throws: ConversionError.self) {
            try ColumnConversion.convert(vector, from: from, to: to)
        }
        #expect(error == ConversionError(from: from, to: to, row: 1, value: text))
    }

    static let impossible: [(ColumnType, ColumnType)] = [
        (.string, .int64), (.int64, .string), (.boolean, .int8), (.int8, .boolean), (.string, .date),
        (.timestamp(.millisecond, isUTC: true), .timestamp(.millisecond, isUTC: false)),
        (.decimal(precision: 5, scale: 1), .double), (.int64, .undecided),
    ]

    @Test("types that have nothing in common are refused at once", arguments: impossible)
    func refused(from: ColumnType, to: ColumnType) throws {
        let vector = ColumnVector.nulls(type: from, count: 1)
        let error = try #require(throws: ConversionError.self) {
            try ColumnConversion.convert(vector, from: from, to: to)
        }
        #expect(error == ConversionError(from: from, to: to))
    }

    @Test("a column of nulls becomes any type", arguments: RandomRecords.types)
    func undecided(type: ColumnType) throws {
        let vector = ColumnVector(values: .none(count: 2))
        let result = try ColumnConversion.convert(vector, from: .undecided, to: type)
        #expect(result.count == 2 && result.isNull(0) && result.isNull(1))
        if case .none = result.values { Issue.record("a column of \(type.name) has a lane") }
    }

    @Test("guesses are joined to the narrowest type that holds both")
    func common() {
        let utc = ColumnType.timestamp(.microsecond, isUTC: true)
        #expect(SchemaInference.common(.undecided, .date) == .date)
        #expect(SchemaInference.common(.int64, .double) == .double)
        #expect(SchemaInference.common(.date, utc) == utc)
        #expect(
            SchemaInference.common(utc, .timestamp(.nanosecond, isUTC: true))
                == .timestamp(.nanosecond, isUTC: true))
        #expect(SchemaInference.common(utc, .timestamp(.microsecond, isUTC: false)) == nil)
        #expect(SchemaInference.common(.boolean, .int64) == nil)
    }
}
