import Bytes
import Records
import Testing
import Text

struct InferenceTests {
    static let columns: [([String], String)] = [
        (["1", "-5", "0"], "int64"), (["1", "2.5"], "double"), (["1e3", ".5"], "double"),
        (["1", "NaN"], "double"),
        (["1", "x"], "string"), (["007", "1"], "string"), (["0", "0.5"], "double"), (["00.5"], "string"),
        (["true", "False"], "boolean"), (["t", "f"], "string"), (["true", "1"], "string"),
        (["2024-01-31", "1999-12-31"], "date"), (["2024-01-31", "2024-02-30"], "string"),
        (["2024-01-31", "2024-01-31T01:02:03"], "timestamp[us]"),
        (["2024-01-31 01:02:03Z", "2024-01-31T01:02:03.5+02:00"], "timestamp[us,UTC]"),
        (["2024-01-31T01:02:03.123456789", "2024-01-31T01:02"], "timestamp[ns]"),
        (["2024-01-31T01:02:03Z", "2024-01-31T01:02:03"], "string"),
        (["9223372036854775808", "1"], "uint64"), (["9223372036854775808", "-1"], "string"),
        (["9007199254740993", "0.5"], "string"), (["9007199254740992", "0.5"], "double"),
        (["18446744073709551616"], "string"), (["", ""], "undecided"), (["NA", ""], "undecided"),
        (["NA", "1"], "int64"), (["NA", "x"], "string"), (["null", "2024-01-31"], "date"),
        (["\"1\"", "2"], "int64"), (["\"\"", "2"], "int64"), (["\"\"", "x"], "string"),
    ]

    @Test("types are guessed as a person would", arguments: columns)
    func csv(values: [String], type: String) throws {
        for order in [values, values.reversed()] {
            let text = "x,y\n" + order.map { "\($0),1\n" }.joined()
            let inferred = try CSVInference.infer(source: pieces(text))
            #expect(inferred.columns[0].type.name == type, "\(order)")
            #expect(inferred.rowCount == values.count && inferred.isComplete)
            // What was guessed can be read.
            let rows = try CSVReader(mode: .declared(inferred.tableSchema()), source: pieces(text)).all()
            #expect(rows.count == values.count)
            #expect(rows.contains { $0[0] == nil } == inferred.columns[0].hasNulls, "\(order)")
        }
    }

    @Test("a later value that does not fit the sample's type says what was expected")
    func beyondTheSample() throws {
        var options = TextOptions()
        options.sampleBytes = 20
        let text = "id,v\n" + (1...100).map { "\($0),\($0)\n" }.joined() + "101,1.5\n"
        let reader = CSVReader(mode: .infer, options: options, source: pieces(text, 7))
        let error = try #require(throws: TextError.self) { try reader.all() }
        #expect(
            error.line == 102 && error.columnName == "v" && error.value == "1.5"
                && error.expectedType == .int64)
        let inferred = try CSVInference.infer(source: pieces(text, 7))
        #expect(inferred.columns.map(\.type) == [.int64, .double])
    }

    @Test("a sample that ends inside a quoted field is enough")
    func cutSample() throws {
        var options = TextOptions()
        options.sampleBytes = 12
        let text = "a,b\n1,\"x\ny\"\n2,\"zzz\nzzz\"\n"
        for size in 1...12 {
            let reader = CSVReader(mode: .infer, options: options, source: pieces(text, size))
            let rows = try reader.all()
            #expect(
                same(rows, [[.integer(1), .bytes("x\ny")], [.integer(2), .bytes("zzz\nzzz")]]), "\(size)")
        }
    }

    static let json: [(String, String)] = [
        (#"{"x":1}{"x":-2}"#, "int64"), (#"{"x":1}{"x":2.5}"#, "double"),
        (#"{"x":null}{"y":1}"#, "undecided"),
        (#"{"x":true}{"x":null}"#, "boolean"), (#"{"x":"2024-01-31"}"#, "date"),
        (#"{"x":"2024-01-31"}{"x":"2024-01-31T00:00:00Z"}"#, "timestamp[us,UTC]"),
        (#"{"x":"2024-01-31"}{"x":"b"}"#, "string"),
        (#"{"x":"b"}{"x":"2024-01-31"}"#, "string"), (#"{"x":"1"}"#, "string"),
        (#"{"x":18446744073709551615}{"x":1}"#, "uint64"),
        (#"{"x":9007199254740993}{"x":0.5}"#, "double"),
    ]

    @Test("JSON's own types are kept; strings that look like times are times", arguments: json)
    func jsonTypes(text: String, type: String) throws {
        let lines = text.replacing("}{", with: "}\n{")
        let inferred = try JSONLinesInference.infer(source: pieces(lines))
        #expect(inferred.columns[0].type.name == type)
        let count = try JSONLinesReader(mode: .declared(inferred.tableSchema()), source: pieces(lines)).all()
            .count
        #expect(count == inferred.rowCount)
    }

    static let refused: [(String, Int, Int, String)] = [
        (#"{"x":1}|{"x":"a"}"#, 2, 7, "a string here and a number before"),
        (#"{"x":1}|{"x":[1]}"#, 2, 6, "holds an array"), (#"{"x":{"y":1}}"#, 1, 6, "holds an object"),
        (#"{"x":18446744073709551616}"#, 1, 6, "no type holds"), (#"{"_firn_x":1}"#, 1, 3, "_firn_"),
        ("[1]", 1, 1, "object"),
        (#"{"x":18446744073709551615}|{"x":-1}"#, 2, 6, "no type holds"),
    ]

    @Test("values that no column holds together are refused with their line", arguments: refused)
    func jsonErrors(text: String, line: Int, column: Int, part: String) throws {
        let lines = text.replacing("|", with: "\n")
        let error = try #require(throws: TextError.self) {
            try JSONLinesInference.infer(source: pieces(lines))
        }
        #expect(error.line == line && error.column == column && error.message.contains(part), "\(error)")
    }
}
