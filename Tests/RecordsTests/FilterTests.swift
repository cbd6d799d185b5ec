import Bytes
import Records
import Testing

@Suite("Filters")
struct FilterTests {
    static let schema = TableSchema(columns: [
        .init(id: 1, name: "date", type: .date), .init(id: 2, name: "region", type: .string),
        .init(id: 3, name: "a b", type: .string), .init(id: 4, name: "n", type: .int64),
        .init(id: 5, name: "small", type: .int8), .init(id: 6, name: "u", type: .uint64),
        .init(id: 7, name: "price", type: .decimal(precision: 10, scale: 2)),
        .init(id: 8, name: "x", type: .double), .init(id: 9, name: "f", type: .float),
        .init(id: 10, name: "time", type: .timestamp(.millisecond, isUTC: true)),
        .init(id: 11, name: "local", type: .timestamp(.microsecond, isUTC: false)),
        .init(id: 12, name: "ok", type: .boolean), .init(id: 13, name: "raw", type: .binary),
        .init(id: 14, name: "odd", type: .undecided), .init(id: 15, name: "quote\"d", type: .string),
        .init(id: 16, name: "größe", type: .int32),
    ])

    /// A filter over these values, given as texts of the columns' types; the others are null.
    static func answer(_ text: ByteString, _ values: [ByteString: ByteString]) throws -> Bool? {
        let filter = try Filter(text, schema: schema)
        return filter.evaluate { column in
            let column = filter.columns[column]
            guard let text = values[column.name] else { return nil }
            if column.type == .undecided { return .bytes(text) }
            return ValueText.parse(text, column.type)!
        }
    }

    @Test(
        "conditions are true of the values that they name",
        arguments: [
            ("region = 'eu'", ["region": "eu"], true), ("region = 'eu'", ["region": "us"], false),
            ("region = 'eu'", [:], nil), ("region != 'eu'", ["region": "us"], true),
            ("region <> 'eu'", [:], nil), ("region is null", [:], true), ("region IS NOT NULL", [:], false),
            ("not region is null", ["region": ""], true), ("region = ''", ["region": ""], true),
            ("region = 'it''s'", ["region": "it's"], true), ("\"a b\" = 'c'", ["a b": "c"], true),
            ("\"quote\"\"d\" = 'c'", ["quote\"d": "c"], true), ("größe > 3", ["größe": "4"], true),
            ("region LIKE 'eu-%'", ["region": "eu-west"], true),
            ("region like 'eu-%'", ["region": "eu"], false), ("region LIKE '%'", ["region": ""], true),
            ("region LIKE 'eu'", ["region": "eu"], true),
            ("region LIKE '100\\%%'", ["region": "100% x"], true),
            ("region NOT LIKE 'eu%'", ["region": "us"], true), ("region LIKE 'a%'", [:], nil),
            ("region IN ('eu', 'us')", ["region": "us"], true),
            ("region IN ('eu', NULL)", ["region": "us"], nil),
            ("region IN ('eu', NULL)", ["region": "eu"], true),
            ("region NOT IN ('eu', 'us')", ["region": "asia"], true),
            ("region NOT IN ('eu', NULL)", ["region": "asia"], nil),
            ("n BETWEEN 2 AND 4", ["n": "4"], true), ("n NOT BETWEEN 2 AND 4", ["n": "5"], true),
            ("n between 2 and 4 and region = 'eu'", ["n": "3", "region": "us"], false),
            ("n = 1 OR n = 2 AND region = 'eu'", ["n": "1"], true),
            ("(n = 1 OR n = 2) AND region = 'eu'", ["n": "1", "region": "us"], false),
            ("n = 1 AND region = 'eu'", ["n": "2"], false), ("n = 2 AND region = 'eu'", ["n": "2"], nil),
            ("n = 2 OR region = 'eu'", ["n": "2"], true), ("NOT NOT n = 2", ["n": "2"], true),
            ("NOT n = 2 AND n = 3", ["n": "3"], true), ("n = NULL", ["n": "1"], nil),
            ("ok", ["ok": "true"], true), ("NOT ok", ["ok": "false"], true),
            ("ok AND n > 0", ["ok": "true"], nil),
            ("ok = FALSE", ["ok": "false"], true), ("ok = 'true'", ["ok": "true"], true),
            ("TRUE", [:], true), ("false OR ok", ["ok": "true"], true), ("NULL", [:], nil),
            ("NULL OR TRUE", [:], true), ("(TRUE)", [:], true), ("n == 2", ["n": "2"], true),
        ] as [(ByteString, [ByteString: ByteString], Bool?)])
    func truth(text: ByteString, values: [ByteString: ByteString], expected: Bool?) throws {
        #expect(try Self.answer(text, values) == expected)
    }

    @Test(
        "literals are of the type of the column that they meet, of any size and any precision",
        arguments: [
            ("date = '2024-01-01'", ["date": "2024-01-01"], true),
            ("date < DATE '1969-12-31'", ["date": "1969-12-30"], true),
            ("date > TIMESTAMP '2024-01-01T12:00:00'", ["date": "2024-01-01"], false),
            ("date > TIMESTAMP '2024-01-01T12:00:00'", ["date": "2024-01-02"], true),
            ("date = TIMESTAMP '2024-01-01 00:00'", ["date": "2024-01-01"], true),
            ("time >= '2024-01-01'", ["time": "2024-01-01T00:00:00Z"], true),
            ("time = TIMESTAMP '2024-01-01T01:00:00+01:00'", ["time": "2024-01-01T00:00:00Z"], true),
            ("time > '1969-12-31T23:59:59.9995Z'", ["time": "1969-12-31T23:59:59.999Z"], false),
            ("time < '1969-12-31T23:59:59.9995Z'", ["time": "1969-12-31T23:59:59.999Z"], true),
            ("time = '1969-12-31T23:59:59.9995Z'", ["time": "1969-12-31T23:59:59.999Z"], false),
            ("local < DATE '2024-01-02'", ["local": "2024-01-01T23:59:59.999999"], true),
            ("local < '99999999-01-01'", ["local": "2024-01-01T00:00:00"], nil),
            ("n > 1.5", ["n": "2"], true), ("n > 1.5", ["n": "1"], false), ("n = 1.5", ["n": "1"], false),
            ("n < -1.5", ["n": "-2"], true), ("n < -1.5", ["n": "-1"], false),
            ("n = 1.50e1", ["n": "15"], true),
            ("n < 99999999999999999999999999999999999999999999", ["n": "9223372036854775807"], true),
            ("n > -1e400", ["n": "-9223372036854775808"], true), ("n = 1e-400", ["n": "0"], false),
            ("n >= 9223372036854775808", ["n": "9223372036854775807"], false),
            ("u = 18446744073709551615", ["u": "18446744073709551615"], true),
            ("u > 9223372036854775807", ["u": "9223372036854775808"], true), ("u > -1", ["u": "0"], true),
            ("small < 1000", ["small": "127"], true), ("small = 1000", ["small": "127"], false),
            ("n = '7'", ["n": "7"], true), ("n = +7", ["n": "7"], true), ("n = 007", ["n": "7"], true),
            ("price = 1.10", ["price": "1.1"], true), ("price > 1.104", ["price": "1.10"], false),
            ("price > 1.104", ["price": "1.11"], true),
            ("price < 12345678901234567890", ["price": "1"], true),
            ("x = 0.1", ["x": "0.1"], true), ("f = 0.1", ["f": "0.1"], true), ("x = -0.0", ["x": "0"], true),
            ("x < 1e400", ["x": "inf"], false), ("x < 1e400", ["x": "1.7e308"], true),
            ("x > -1e400", ["x": "-inf"], false), ("x > 5", ["x": "NaN"], true),
            ("x = 'NaN'", ["x": "NaN"], true),
            ("x = 'inf'", ["x": "inf"], true), ("f < 1e39", ["f": "3e38"], true),
            ("f > 1e39", ["f": "inf"], true),
            ("raw = 'AAE='", ["raw": "AAE="], true), ("odd = 12", ["odd": "12"], true),
            ("odd < '2'", ["odd": "10"], true), ("odd = DATE '2024-01-01'", ["odd": "2024-01-01"], true),
            ("region = 'e\u{301}'", ["region": "\u{e9}"], false),
        ] as [(ByteString, [ByteString: ByteString], Bool?)])
    func literals(text: ByteString, values: [ByteString: ByteString], expected: Bool?) throws {
        guard let expected else {
            #expect(throws: FilterError.self) { try Self.answer(text, values) }
            return
        }
        #expect(try Self.answer(text, values) == expected)
    }

    @Test(
        "an error says what was expected, and a caret stands below the place",
        arguments: [
            ("", 0, "a condition is expected"), ("regoin = 'eu'", 0, "did you mean \"region\"?"),
            ("DATE = '2024-01-01'", 0, "did you mean \"date\"?"),
            ("zzzzzzzz = 1", 0, "there are \"date\", \"region\""),
            ("region = eu", 9, "strings stand in single quotes: 'eu'"),
            ("region = \"eu\"", 9, "single quotes: 'eu'"), ("n = small", 4, "not a column"),
            ("region = 5", 9, "is string: a string is expected, such as '5'"),
            ("n = 'seven'", 4, "is int64: a number is expected"), ("n = 1x", 4, "1x is no number"),
            ("date = '2024-13-01'", 7, "a date is expected"), ("date = 20240101", 7, "a date is expected"),
            ("time = 'noon'", 7, "a time is expected"),
            ("local = '2024-01-01T00:00:00Z'", 8, "without a zone"),
            ("region = DATE '2024-01-01'", 9, "such as '2024-01-01'"), ("date = DATE 'x'", 7, "is no date"),
            ("n = TRUE", 4, "not boolean"), ("ok = 1", 5, "TRUE or FALSE"), ("raw = '!'", 6, "base64"),
            ("region", 6, "a comparison is expected"), ("region =", 8, "a value is expected"),
            ("region = 'eu", 9, "has no end"), ("\"a b = 1", 0, "has no end"),
            ("`a b` = 1", 0, "double quotes"),
            ("n ! 1", 2, "!= or <>"), ("n = 1 n = 2", 6, "AND, OR or the end"),
            ("n = 1)", 5, "no parenthesis"),
            ("(n = 1", 0, "not closed"), ("n = 1 AND", 9, "expected"), ("n IN 1", 5, "( and a list"),
            ("n IN (1 2)", 8, "comma or )"), ("n IN ()", 6, "a value is expected"),
            ("n IS 5", 5, "NULL or NOT NULL"), ("n NOT = 5", 6, "IN, BETWEEN or LIKE"),
            ("n BETWEEN 1 OR 2", 12, "AND and the upper"), ("n LIKE '1%'", 2, "LIKE is for strings"),
            ("region LIKE '%x'", 12, "one % at their end"), ("region LIKE 'a_%'", 12, "_ stands for any"),
            ("region LIKE 'a\\b'", 12, "a backslash"), ("region LIKE 5", 12, "a pattern"),
            ("'eu' = region", 0, "the value stands behind"), ("n = 1; DROP", 5, "no meaning"),
            ("region = 'a'\n  AND n = x", 23, "single quotes: 'x'"),
        ] as [(ByteString, Int, String)])
    func errors(text: ByteString, offset: Int, message: String) throws {
        let error = try #require(throws: FilterError.self) { try Filter(text, schema: Self.schema) }
        #expect(error.message.contains(message), "\(error)")
        #expect(error.offset == offset, "\(error)")
    }

    @Test("the caret stands below the place, also behind letters of several bytes and in a later line")
    func caret() throws {
        let error = try #require(throws: FilterError.self) {
            try Filter("ok AND\n\tgröße = eins", schema: Self.schema)
        }
        #expect(error.description.split(separator: "\n").suffix(2) == ["  \tgröße = eins", "  \t        ^"])
    }

    @Test("conditions nested beyond all measure are refused, and do not overflow the stack")
    func depth() throws {
        for text in [String(repeating: "(", count: 100_000), String(repeating: "NOT ", count: 100_000)] {
            let error = try #require(throws: FilterError.self) {
                try Filter(ByteString(text + "ok"), schema: Self.schema)
            }
            #expect(error.message.contains("200 deep"))
        }
        let wide = (0..<5_000).map { "n = \($0)" }.joined(separator: " OR ")
        #expect(try Self.answer(ByteString(wide), ["n": "4999"]) == true)
    }

    @Test("outcomes join as three-valued logic does, for every pair of sets")
    func outcomes() {
        let all: [Bool?] = [true, false, nil]
        func and(_ a: Bool?, _ b: Bool?) -> Bool? {
            if a == false || b == false { return false }
            return a == nil || b == nil ? nil : true
        }
        func set(_ values: [Bool?]) -> FilterOutcomes {
            var result: FilterOutcomes = []
            for value in values { result.insert(value.map { $0 ? .isTrue : .isFalse } ?? .isUnknown) }
            return result
        }
        let schema = TableSchema(columns: [
            .init(id: 1, name: "a", type: .boolean), .init(id: 2, name: "b", type: .boolean),
        ])
        func facts(_ values: [Bool?]) -> ColumnFacts {
            let there = values.compactMap { $0 }
            if there.isEmpty { return ColumnFacts(exactly: nil) }
            return ColumnFacts(
                min: .boolean(!there.contains(false)), max: .boolean(there.contains(true)),
                hasNull: values.contains { $0 == nil })
        }
        for left in 1..<8 {
            for right in 1..<8 {
                let a = all.indices.filter { left >> $0 & 1 == 1 }.map { all[$0] }
                let b = all.indices.filter { right >> $0 & 1 == 1 }.map { all[$0] }
                let pairs = a.flatMap { x in b.map { (x, $0) } }
                for (text, join) in [
                    ("a AND b", { and($0, $1) }),
                    ("NOT (NOT a AND NOT b)", { and($0.map { !$0 }, $1.map { !$0 }).map { !$0 } }),
                    ("a OR b", { and($0.map { !$0 }, $1.map { !$0 }).map { !$0 } }),
                ] as [(ByteString, (Bool?, Bool?) -> Bool?)] {
                    let filter = try! Filter(text, schema: schema)
                    let found = filter.outcomes { filter.columns[$0].name == "a" ? facts(a) : facts(b) }
                    #expect(found == set(pairs.map { join($0.0, $0.1) }), "\(text) \(a) \(b)")
                }
            }
        }
    }
}

@Suite("What bounds say of a filter")
struct FilterBoundsTests {
    static func match(_ text: ByteString, _ facts: ColumnFacts) throws -> FilterMatch {
        let filter = try Filter(text, schema: FilterTests.schema)
        return filter.outcomes { _ in facts }.match
    }

    static func integers(_ min: Int?, _ max: Int?, hasNull: Bool? = false) -> ColumnFacts {
        ColumnFacts(
            min: min.map { .integer(Int128($0)) }, max: max.map { .integer(Int128($0)) }, hasNull: hasNull)
    }

    @Test(
        "each comparison over values from 3 to 7",
        arguments: [
            ("n = 2", .never), ("n = 3", .maybe), ("n = 7", .maybe), ("n = 8", .never), ("n = 4.5", .never),
            ("n != 2", .always), ("n != 5", .maybe), ("n < 3", .never), ("n < 4", .maybe), ("n < 8", .always),
            ("n <= 2", .never), ("n <= 3", .maybe), ("n <= 7", .always), ("n > 7", .never), ("n > 6", .maybe),
            ("n > 2", .always), ("n > 6.5", .maybe), ("n > 7.5", .never), ("n >= 2.5", .always),
            ("n >= 8", .never), ("n >= 7", .maybe), ("n >= 3", .always), ("n IN (1, 2)", .never),
            ("n IN (1, 5)", .maybe), ("n NOT IN (1, 2)", .always), ("n NOT IN (1, NULL)", .never),
            ("n BETWEEN 1 AND 9", .always), ("n BETWEEN 8 AND 9", .never), ("n BETWEEN 5 AND 9", .maybe),
            ("n IS NULL", .never), ("n IS NOT NULL", .always), ("NOT n > 2", .never), ("NOT n > 8", .always),
            ("n = NULL", .never), ("n > 2 OR n < 1", .always), ("n > 9 OR n < 1", .never),
            ("n > 2 AND n < 5", .maybe), ("n > 1e60", .never), ("n > -1e60", .always),
        ] as [(ByteString, FilterMatch)])
    func comparisons(text: ByteString, expected: FilterMatch) throws {
        #expect(try Self.match(text, Self.integers(3, 7)) == expected)
    }

    @Test("nulls, and not knowing of nulls, keep a filter from being always true, and never make it true")
    func nulls() throws {
        #expect(try Self.match("n > 2", Self.integers(3, 7, hasNull: nil)) == .maybe)
        #expect(try Self.match("n > 2", Self.integers(3, 7, hasNull: true)) == .maybe)
        #expect(try Self.match("n > 8", Self.integers(3, 7, hasNull: nil)) == .never)
        #expect(try Self.match("n IS NULL", Self.integers(3, 7, hasNull: nil)) == .maybe)
        #expect(try Self.match("n IS NULL", ColumnFacts(exactly: nil)) == .always)
        #expect(try Self.match("n IS NOT NULL", ColumnFacts(exactly: nil)) == .never)
        #expect(try Self.match("n = 3 OR NOT n = 3", ColumnFacts(exactly: nil)) == .never)
        #expect(try Self.match("n = 3", .unknown) == .maybe)
    }

    @Test("bounds that are open, NaN or the wrong way round say what they can and no more")
    func doubtful() throws {
        #expect(try Self.match("n > 9", Self.integers(3, nil)) == .maybe)
        #expect(try Self.match("n < 3", Self.integers(3, nil)) == .never)
        #expect(try Self.match("n > 9", Self.integers(nil, 9)) == .never)
        #expect(try Self.match("n = 5", Self.integers(7, 3)) == .maybe)
        func floats(_ min: Double, _ max: Double) -> ColumnFacts {
            ColumnFacts(min: .floating(min), max: .floating(max), hasNull: false)
        }
        #expect(try Self.match("x > 9", floats(1, 5)) == .never)
        #expect(try Self.match("x > 9", floats(1, .nan)) == .maybe)
        #expect(try Self.match("x < 1", floats(1, .nan)) == .never)
        #expect(try Self.match("x < 1", floats(.nan, .nan)) == .maybe)
        #expect(try Self.match("x = 'NaN'", floats(1, 5)) == .maybe)
        #expect(try Self.match("x < 'NaN'", floats(1, 5)) == .maybe)
        #expect(try Self.match("x < 0", floats(-0.0, 0)) == .never)
    }

    @Test(
        "a prefix is looked for between bounds byte by byte",
        arguments: [
            ("region LIKE 'b%'", .never), ("region LIKE 'c%'", .always), ("region LIKE 'car%'", .maybe),
            ("region LIKE 'cat%'", .maybe), ("region LIKE 'ca%'", .always), ("region LIKE 'cb%'", .never),
            ("region LIKE 'cz%'", .never), ("region NOT LIKE 'ca%'", .never), ("region LIKE '%'", .always),
            ("region LIKE 'cath%'", .never), ("region LIKE 'caq%'", .never),
        ] as [(ByteString, FilterMatch)])
    func prefixes(text: ByteString, expected: FilterMatch) throws {
        let facts = ColumnFacts(min: .bytes("car"), max: .bytes("cat"), hasNull: false)
        #expect(try Self.match(text, facts) == expected)
    }

    static func foreign(_ min: ByteString, _ max: ByteString, cut: Bool = false) -> ColumnFacts {
        ColumnFacts(.foreignTexts(ForeignTextBounds(min: min, max: max, mayBeCut: cut)), hasNull: nil)
    }

    @Test("bounds of texts by another program's order are believed where no number takes part")
    func foreignTexts() throws {
        let days = Self.foreign("2024-01-05", "2024-01-09")
        #expect(try Self.match("region = '2024-01-04'", days) == .never)
        #expect(try Self.match("region = '2024-01-05'", days) == .maybe)
        #expect(try Self.match("region > '2024-01-09'", days) == .never)
        #expect(try Self.match("region >= '2024-01-09'", days) == .maybe)
        // The empty text is left out of such bounds.
        #expect(try Self.match("region < '2024-01-05'", days) == .maybe)
        #expect(try Self.match("region = ''", days) == .maybe)
        #expect(try Self.match("region LIKE '2024-02%'", days) == .never)
        #expect(try Self.match("region LIKE '2024-01%'", days) == .maybe)
        #expect(try Self.match("region IN ('2024-01-01', '2024-01-10')", days) == .never)
        #expect(try Self.match("region = '2024'", days) == .maybe)
        #expect(try Self.match("region = 'NaN'", days) == .maybe)
    }

    @Test("bounds of numbers in texts are believed for equality with whole numbers alone")
    func foreignNumbers() throws {
        let months = Self.foreign("9", "12")
        #expect(try Self.match("region = '10'", months) == .maybe)
        #expect(try Self.match("region = '13'", months) == .never)
        #expect(try Self.match("region IN ('8', '13')", months) == .never)
        #expect(try Self.match("region > '95'", months) == .maybe)
        #expect(try Self.match("region LIKE '1%'", months) == .maybe)
        #expect(try Self.match("region LIKE '7%'", months) == .maybe)
        #expect(try Self.match("region = '1a'", months) == .maybe)
        #expect(try Self.match("region = '99'", Self.foreign("1a", "1a")) == .maybe)
        #expect(try Self.match("region = 'zz'", Self.foreign("9", "1a")) == .maybe)
        #expect(try Self.match("region = '5'", Self.foreign("9", "3")) == .maybe)
        for number in ["1.5", "1d", "0x1p3", "inf", "+5", " 7 ", "1e3", ".5"] as [ByteString] {
            #expect(try Self.match("region = 'a'", Self.foreign(number, "zzz")) == .maybe, "\(number)")
        }
    }

    @Test("a greatest text that may have been cut leaves room for what it was cut from")
    func cut() throws {
        #expect(try Self.match("region = 'aaaz'", Self.foreign("a", "aaa")) == .never)
        #expect(try Self.match("region = 'aaaz'", Self.foreign("a", "aaa", cut: true)) == .maybe)
        #expect(try Self.match("region > 'aaaz'", Self.foreign("a", "aaa", cut: true)) == .maybe)
        #expect(try Self.match("region LIKE 'aaaz%'", Self.foreign("a", "aaa", cut: true)) == .maybe)
        #expect(try Self.match("region = 'aab'", Self.foreign("a", "aaa", cut: true)) == .never)
    }

    @Test("letters whose order in UTF-16 is another than in bytes leave a doubt")
    func utf16() throws {
        #expect(try Self.match("region = 'b'", Self.foreign("a", "\u{FF5E}")) == .maybe)
        #expect(try Self.match("region > '\u{1F600}'", Self.foreign("a", "b")) == .maybe)
        #expect(try Self.match("region > 'é'", Self.foreign("a", "b")) == .never)
    }
}
