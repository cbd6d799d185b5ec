import Bytes
import Records
import TestKit
import Testing
import Text

@Suite(.enabled(if: Peers.isAvailable, "\(Peers.requirement)"))
struct TextPeersTests {
    private static let table = TableSchema(columns: [
        .init(id: 1, name: "id", type: .int64), .init(id: 2, name: "name, quoted", type: .string),
        .init(id: 3, name: "score", type: .double),
        .init(id: 4, name: "time", type: .timestamp(.microsecond, isUTC: true)),
        .init(id: 5, name: "day", type: .date), .init(id: 6, name: "flag", type: .boolean),
        .init(id: 7, name: "price", type: .decimal(precision: 10, scale: 2)),
    ])

    /// Rows that every reader can hold, with nulls in all columns and everything that needs quotes.
    private static func batch(_ count: Int) -> ColumnBatch {
        var random = SeededGenerator(seed: 42)
        let names: [ByteString?] = [
            "plain", "with, comma", "with \"quotes\"", "two\nlines", "tab\tand é", nil, "null?", " spaces ",
        ]
        var builder = BatchBuilder(schema: table.columns)
        for row in 0..<count {
            let isNull = row % 7 == 3
            builder.append(row: [
                .integer(Int128(row)), names[row % names.count].map(TypedValue.bytes),
                isNull ? nil : .floating(Double.random(in: -1e6...1e6, using: &random)),
                isNull ? nil : .integer(Int128.random(in: 0...2_000_000_000_000_000, using: &random)),
                isNull ? nil : .integer(Int128.random(in: -10_000...20_000, using: &random)),
                isNull ? nil : .boolean(row % 2 == 0),
                isNull ? nil : .integer(Int128.random(in: -1_000_000...1_000_000, using: &random)),
            ])
        }
        return builder.finish()
    }

    private static func source(_ bytes: [UInt8]) -> ChunkSource {
        var rest: [UInt8]? = bytes
        return {
            defer { rest = nil }
            return rest
        }
    }

    /// The rows as CSV of our own, to compare tables by their text.
    private static func text(_ batches: [ColumnBatch]) -> String {
        var writer = CSVWriter(schema: table.columns)
        for batch in batches { writer.write(batch) }
        return String(decoding: writer.take(), as: UTF8.self)
    }

    private static func readCSV(_ bytes: [UInt8], _ dialect: CSVDialect = .csv) throws -> [ColumnBatch] {
        let reader = CSVReader(dialect: dialect, mode: .declared(table), source: source(bytes))
        var batches: [ColumnBatch] = []
        while let batch = try reader.next() { batches.append(batch) }
        return batches
    }

    private static func python(_ script: String, _ input: [UInt8]) throws -> [UInt8] {
        let result = try Peers.python(script, input: input)
        try #require(result.succeeded, "\(result.errorText)")
        return result.standardOutput
    }

    @Test("what duckdb and pandas make of our CSV comes back as the same rows")
    func csv() throws {
        let batch = Self.batch(500)
        var writer = CSVWriter(schema: batch.schema)
        writer.write(batch)
        let ours = writer.take()
        let duckdb = """
            import duckdb, sys, tempfile, os
            duckdb.sql("set timezone='UTC'")
            d = tempfile.mkdtemp(); a, b = os.path.join(d, 'a.csv'), os.path.join(d, 'b.csv')
            open(a, 'wb').write(sys.stdin.buffer.read())
            duckdb.sql(f'''copy (select * from read_csv('{a}', header=true, delim=',', quote='"', escape='"',
              columns={{'id':'BIGINT','name, quoted':'VARCHAR','score':'DOUBLE','time':'TIMESTAMPTZ','day':'DATE',
              'flag':'BOOLEAN','price':'DECIMAL(10,2)'}})) to '{b}' (header)''')
            sys.stdout.buffer.write(open(b, 'rb').read())
            """
        #expect(try Self.text(Self.readCSV(Self.python(duckdb, ours))) == Self.text([batch]))
        for separator in [",", "\\t"] {
            let pandas = """
                import pandas, sys, io
                f = pandas.read_csv(sys.stdin.buffer, dtype_backend='pyarrow', keep_default_na=False, na_values={
                  c: [''] for c in ['id', 'name, quoted', 'score', 'time', 'day', 'flag', 'price']},
                  dtype={'price': 'string', 'name, quoted': 'string'})
                sys.stdout.buffer.write(f.to_csv(index=False, sep='\(separator)').encode())
                """
            let theirs = try Self.python(pandas, ours)
            let dialect: CSVDialect = separator == "," ? .csv : .tsv
            #expect(try Self.text(Self.readCSV(theirs, dialect)) == Self.text([batch]))
        }
    }

    @Test("what duckdb makes of our JSON Lines comes back as the same rows")
    func jsonLines() throws {
        let batch = Self.batch(500)
        var writer = JSONLinesWriter(schema: batch.schema)
        writer.write(batch)
        let duckdb = """
            import duckdb, sys, tempfile, os
            duckdb.sql("set timezone='UTC'")
            d = tempfile.mkdtemp(); a, b = os.path.join(d, 'a.jsonl'), os.path.join(d, 'b.jsonl')
            open(a, 'wb').write(sys.stdin.buffer.read())
            duckdb.sql(f'''copy (select * from read_json('{a}', format='newline_delimited',
              columns={{'id':'BIGINT','name, quoted':'VARCHAR','score':'DOUBLE','time':'TIMESTAMPTZ','day':'DATE',
              'flag':'BOOLEAN','price':'DECIMAL(10,2)'}})) to '{b}' (format json)''')
            sys.stdout.buffer.write(open(b, 'rb').read())
            """
        let theirs = try Self.python(duckdb, writer.take())
        let reader = JSONLinesReader(mode: .declared(Self.table), source: Self.source(theirs))
        var batches: [ColumnBatch] = []
        while let next = try reader.next() { batches.append(next) }
        #expect(Self.text(batches) == Self.text([batch]))
    }

    @Test("columns are guessed from the CSV of others as these write them")
    func guessed() throws {
        let script = """
            import pandas, sys
            f = pandas.DataFrame({'i': [1, 2], 'm': [1, None], 'x': [0.5, 1e300], 's': ['a', 'é,"b"'], 'b': [True, False],
              't': pandas.to_datetime(['2024-01-31 12:00:00', '2024-02-01 00:00:00.25'], format='ISO8601'),
              'u': pandas.to_datetime(['2024-01-31 12:00:00', '2024-02-01'], utc=True, format='ISO8601'), 'z': ['01', '02']})
            sys.stdout.buffer.write(f.to_csv(index=False).encode())
            """
        let inferred = try CSVInference.infer(source: Self.source(Self.python(script, [])))
        #expect(
            inferred.columns.map { "\($0.name) \($0.type.name)" } == [
                "i int64", "m double", "x double", "s string", "b boolean", "t timestamp[us]",
                "u timestamp[us,UTC]",
                "z string",
            ])
    }
}
