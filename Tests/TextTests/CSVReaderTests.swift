import Bytes
import Records
import TestKit
import Testing
import Text

struct CSVReaderTests {
    @Test("what the writer writes, the reader reads, in pieces of any size", arguments: 1...10)
    func roundTrip(seed: Int) throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let types = RandomRecords.types
        let rows = RandomRecords.rows(types, 40, &random)
        let table = TableSchema(columns: RandomRecords.columns(types))
        for dialect in [CSVDialect.csv, .tsv] {
            var writer = CSVWriter(dialect: dialect, schema: table.columns)
            writer.write(RandomRecords.batch(types, rows))
            let text = writer.take()
            let whole = try CSVReader(dialect: dialect, mode: .declared(table), source: pieces(text)).all()
            #expect(same(whole, rows), "seed \(seed)")
            let size = Int.random(in: 1...64, using: &random)
            let cut = CSVReader(
                dialect: dialect, mode: .declared(table), options: tiny, source: pieces(text, size))
            #expect(same(try cut.all(), rows), "seed \(seed), pieces of \(size)")
        }
    }

    @Test("one column keeps its nulls and empty strings apart")
    func oneColumn() throws {
        let rows: [[TypedValue?]] = [[nil], [.bytes("")], [.bytes("x")], [nil]]
        let table = schema("c0:string")
        var writer = CSVWriter(schema: table.columns)
        writer.write(RandomRecords.batch([.string], rows))
        let text = writer.take()
        #expect(String(decoding: text, as: UTF8.self) == "c0\n\n\"\"\nx\n\n")
        #expect(same(try CSVReader(mode: .declared(table), source: pieces(text)).all(), rows))
    }

    static let forms: [(String, [[TypedValue?]])] = [
        ("a,b\n1,x\n2,y\n", [[.integer(1), .bytes("x")], [.integer(2), .bytes("y")]]),
        ("a,b\n1,x", [[.integer(1), .bytes("x")]]),
        ("a,b\r\n1,x\r\n2,y\r", [[.integer(1), .bytes("x")], [.integer(2), .bytes("y")]]),
        ("\u{FEFF}a,b\n1,x\n", [[.integer(1), .bytes("x")]]),
        ("b,a\nx,1\n", [[.integer(1), .bytes("x")]]),
        ("b\nx\n", [[nil, .bytes("x")]]),
        ("a,b\n", []), ("a,b", []),
        ("\n\na,b\n\n1,x\n\r\n2,y\n\n", [[.integer(1), .bytes("x")], [.integer(2), .bytes("y")]]),
        ("a,b\n,\n", [[nil, nil]]), ("a,b\n\"\",\"\"\n", [[nil, .bytes("")]]),
        (
            "a,b\nNA,NA\nNULL,NULL\nnull,\n\\N,\\N\n",
            [
                [nil, .bytes("NA")], [nil, .bytes("NULL")], [nil, nil], [nil, .bytes("\\N")],
            ]
        ),
        ("a,b\n\"1\",\"x,\"\"y\"\"\r\nz\"\n", [[.integer(1), .bytes("x,\"y\"\r\nz")]]),
        ("a,b\n1,x \"quoted\" y\n", [[.integer(1), .bytes("x \"quoted\" y")]]),
        ("\"a\",\"b\"\n1,\"x\"", [[.integer(1), .bytes("x")]]),
        ("a,b\n1,\"x\"\r", [[.integer(1), .bytes("x")]]),
        ("a,b\n1,\r\n", [[.integer(1), nil]]), ("a,b\n1,", [[.integer(1), nil]]),
        ("a,b\n1,0123456789abcdef,".dropLast() + "\n", [[.integer(1), .bytes("0123456789abcdef")]]),
    ].map { (String($0.0), $0.1) }

    @Test(
        "quotes, line ends, marks and blank lines are read as RFC 4180 and people write them",
        arguments: forms)
    func form(text: String, rows: [[TypedValue?]]) throws {
        let table = schema("a:int64", "b:string")
        #expect(same(try CSVReader(mode: .declared(table), source: pieces(text)).all(), rows))
        for size in 1...9 {
            let reader = CSVReader(mode: .declared(table), options: tiny, source: pieces(text, size))
            #expect(same(try reader.all(), rows), "pieces of \(size)")
        }
    }

    static let wrong: [(String, Int, Int, String)] = [
        ("", 1, 1, "empty"), ("\n\n", 1, 1, "empty"),
        ("a,a\n", 1, 3, "named a"), ("a,\n", 1, 3, "no name"),
        ("a,c\n", 1, 1, "no column c; it has a, b, n"),
        ("b\nx\n", 1, 1, "n is missing"),
        ("a,n\n1,2\n3\n", 3, 2, "1 fields, the header 2"),
        ("a,n\n1,2\n3,4,5\n", 3, 5, "more fields"),
        ("a,b,n\n1,\"x\ny\",2\nz,,1\n", 4, 1, "\"z\" is no int64"),
        ("a,n\n1,2\n1,\n", 3, 3, "must not be null"),
        ("a,n\n99999999999999999999,1\n", 2, 1, "is no int64"),
        ("b,n\n\"x,1\n", 2, 1, "never closed"),
        ("b,n\n\"x\"y,1\n", 2, 4, "closing quote"),
        ("n\n300\n", 2, 1, "is no uint8"),
    ]

    @Test("what is wrong is named with line and column", arguments: wrong)
    func errors(text: String, line: Int, column: Int, part: String) throws {
        let table = schema("a:int64", "b:string", "n:uint8!")
        for size in [Int.max, 1, 7] {
            let reader = CSVReader(
                mode: .declared(table), options: size == .max ? TextOptions() : tiny,
                source: pieces(text, size))
            let error = try #require(throws: TextError.self) { try reader.all() }
            #expect(error.line == line && error.column == column && error.message.contains(part), "\(error)")
        }
    }

    @Test("bytes that are not UTF-8 are named with line, column and the column's name")
    func notUTF8() throws {
        let text = Array("a,b\n1,\"x\ny\"\n2,abc".utf8) + [0xE9] + Array("d\n".utf8)
        for size in [Int.max, 3] {
            let reader = CSVReader(
                mode: .declared(schema("a:int64", "b:string")), options: tiny, source: pieces(text, size))
            let error = try #require(throws: TextError.self) { try reader.all() }
            #expect(error.line == 4 && error.column == 6 && error.columnName == "b", "\(error)")
        }
        let utf16 = CSVReader(mode: .infer, source: pieces([0xFF, 0xFE, 0x61, 0]))
        #expect(try #require(throws: TextError.self) { try utf16.next() }.message.contains("UTF-16"))
    }

    @Test("an error of the source is passed on as the cause")
    func sourceError() throws {
        struct Broken: Error {}
        var count = 0
        let reader = CSVReader(mode: .declared(schema("a:int64"))) {
            count += 1
            if count > 1 { throw Broken() }
            return Array("a\n1\n2\n".utf8)
        }
        let error = try #require(throws: TextError.self) { try reader.all() }
        #expect(error.cause is Broken)
    }

    @Test("a record longer than the limit is refused")
    func longRecord() throws {
        var options = tiny
        options.maximumRecordBytes = 100
        let text = "a\n\"" + String(repeating: "x", count: 1_000) + "\"\n"
        let reader = CSVReader(
            mode: .declared(schema("a:string")), options: options, source: pieces(text, 10))
        #expect(try #require(throws: TextError.self) { try reader.all() }.message.contains("more than 100"))
    }
}
