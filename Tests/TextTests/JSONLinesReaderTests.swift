import Bytes
import Records
import TestKit
import Testing
import Text

struct JSONLinesReaderTests {
    @Test("what the writer writes, the reader reads, in pieces of any size", arguments: 1...10)
    func roundTrip(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let types = RandomRecords.types
        let rows = RandomRecords.rows(types, 40, &random)
        let table = TableSchema(columns: RandomRecords.columns(types))
        var writer = JSONLinesWriter(schema: table.columns)
        writer.write(RandomRecords.batch(types, rows))
        let text = writer.take()
        #expect(
            same(try JSONLinesReader(mode: .declared(table), source: pieces(text)).all(), rows),
            "seed \(seed)")
        let size = Int.random(in: 1...64, using: &random)
        let cut = JSONLinesReader(mode: .declared(table), options: tiny, source: pieces(text, size))
        #expect(same(try cut.all(), rows), "seed \(seed), pieces of \(size)")
    }

    static let forms: [(String, [[TypedValue?]])] = [
        (
            "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2}",
            [[.integer(1), .bytes("x")], [.integer(2), .bytes("y")]]
        ),
        ("\u{FEFF}{\"a\":1}\r\n\n  \n{\"b\":null}\n{}\n", [[.integer(1), nil], [nil, nil], [nil, nil]]),
        ("{\"\\u0061\":1.0,\"b\":\"\\u00e9\\n\\\"\"}", [[.integer(1), .bytes("é\n\"")]]),
        ("{\"a\":1e3}", [[.integer(1000), nil]]), ("", []), ("\n", []),
    ]

    @Test("lines, keys in any order, escapes and missing keys are read", arguments: forms)
    func form(text: String, rows: [[TypedValue?]]) throws {
        let table = schema("a:int64", "b:string")
        for size in [Int.max, 1, 2, 3] {
            let reader = JSONLinesReader(mode: .declared(table), options: tiny, source: pieces(text, size))
            #expect(same(try reader.all(), rows), "pieces of \(size)")
        }
    }

    static let wrong: [(String, Int, Int, String)] = [
        ("{\"n\":1}\n{\"n\":1,\"z\":2}\n", 2, 9, "no column z; it has a, b, n"),
        ("{\"n\":1}\n\n{\"n\":1,\"a\":1.5}\n", 3, 12, "\"1.5\" is no int64"),
        ("{\"n\":1,\"a\":\"1\"}", 1, 13, "\"1\" is no int64"),
        ("{\"n\":1,\"b\":1}", 1, 12, "\"1\" is no string"),
        ("{\"n\":1,\"a\":9223372036854775808}", 1, 12, "is no int64"), ("{\"n\":256}", 1, 6, "is no uint8"),
        ("{\"n\":null}", 1, 6, "must not be null"), ("{\"a\":1}", 1, 1, "must not be null"),
        ("{\"n\":1,\"n\":1}", 1, 9, "twice"), ("{\"n\":[1]}", 1, 6, "the key n holds an array"),
        ("{\"n\":{}}", 1, 6, "the key n holds an object"), ("{\"n\":1} x", 1, 9, "end of the document"),
        ("{\"n\":1\n}", 1, 7, "no end"), ("[1]", 1, 1, "object"),
        ("{\"n\":true}", 1, 6, "\"true\" is no uint8"),
    ]

    @Test("what is wrong is named with line and column", arguments: wrong)
    func errors(text: String, line: Int, column: Int, part: String) throws {
        let table = schema("a:int64", "b:string", "n:uint8!")
        for size in [Int.max, 1, 7] {
            let reader = JSONLinesReader(mode: .declared(table), options: tiny, source: pieces(text, size))
            let error = try #require(throws: TextError.self) { try reader.all() }
            #expect(error.line == line && error.column == column && error.message.contains(part), "\(error)")
        }
    }

    @Test("the columns of a file without schema stand in the order in which their keys come")
    func inferred() throws {
        let text = "{\"b\":1,\"a\":\"2024-01-31\"}\n{\"a\":null,\"c\":true,\"b\":2}\n"
        let reader = JSONLinesReader(mode: .infer, source: pieces(text, 5))
        #expect(try reader.prepare().map(\.name) == ["b", "a", "c"])
        #expect(
            same(
                try reader.all(),
                [[.integer(1), .integer(19_753), nil], [.integer(2), nil, .boolean(true)]]))
    }
}
