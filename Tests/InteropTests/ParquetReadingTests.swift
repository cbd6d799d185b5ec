import Bytes
import Parquet
import Records
import TestKit
import Testing

/// Files of other writers, read value by value.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct ParquetReadingTests {
    /// A piece of Python that writes `path` and leaves what it wrote in `t`, with its number of rows.
    private typealias Case = (python: String, rows: Int)

    /// Runs all cases in one interpreter, whose start takes longer than any of them, and reads their files.
    private func check(_ cases: [Case]) throws {
        let directory = try TemporaryDirectory("parquet")
        var script = parquetPeerPrelude
        for (index, item) in cases.enumerated() {
            script += "\npath = sys.argv[1] + '/\(index).parquet'\n\(item.python)\n"
            script += "with open(sys.argv[1] + '/\(index).txt', 'w') as out: dump(t, out)\n"
        }
        let result = try Peers.python(script, [directory.path])
        try #require(result.succeeded, "\(result.errorText)")
        for (index, item) in cases.enumerated() {
            let text = try directory.read(ByteString("\(index).txt"))
            let expected = lines(String(decoding: text, as: UTF8.self))
            #expect(expected.count == item.rows, "\(item.python)")
            let found = parquetRows(try parquetBatches(try directory.read(ByteString("\(index).parquet"))))
            #expect(found.count == expected.count, "\(item.python)")
            if let row = zip(found, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                Issue.record("\(item.python)\nrow \(row): \(found[row]), expected \(expected[row])")
            }
        }
    }

    @Test("pyarrow's files are read in every codec, page version and encoding")
    func pyarrow() throws {
        let options = [
            "compression='snappy'",
            "compression='zstd', data_page_version='2.0'",
            "compression='gzip', data_page_size=700",
            "compression='none', use_dictionary=False",
            "compression='snappy', use_dictionary=False, data_page_version='2.0', row_group_size=333",
            // The dictionary overflows, and the chunk goes on in PLAIN.
            "dictionary_pagesize_limit=300, data_page_size=200, write_batch_size=50, write_page_checksum=True",
            "dictionary_pagesize_limit=300, data_page_size=200, write_batch_size=50, data_page_version='2.0'",
            "store_decimal_as_integer=True, write_page_index=True",
            "use_deprecated_int96_timestamps=True",
            "coerce_timestamps='ms', allow_truncated_timestamps=True, version='2.4', store_schema=False",
        ]
        try check(
            options.map {
                ("t = peer_table(600)\npq.write_table(t, path, \($0))\nt = pq.read_table(path)", 600)
            })
    }

    @Test("pyarrow's rarer encodings are read")
    func encodings() throws {
        func writing(_ version: String, _ nulls: Double) -> Case {
            let python = """
                names = ["i32", "i64", "u64", "us", "date", "word", "text", "bytes", "fixed", "f32", "f64"]
                t = peer_table(1000, nulls=\(nulls), fields=names + ["boolean", "d38", "ms", "ns", "u32"])
                delta, split = "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"
                kinds = {"i32": delta, "i64": delta, "u64": split, "us": delta, "date": delta,
                    "word": "DELTA_BYTE_ARRAY", "text": "DELTA_LENGTH_BYTE_ARRAY", "bytes": "DELTA_BYTE_ARRAY",
                    "fixed": "DELTA_BYTE_ARRAY", "f32": split, "f64": split, "boolean": "RLE", "d38": split,
                    "ms": split, "u32": split}
                pq.write_table(t, path, use_dictionary=False, column_encoding=kinds, data_page_size=3000,
                    data_page_version="\(version)")
                """
            return (python, 1000)
        }
        try check([writing("1.0", 0), writing("1.0", 0.3), writing("2.0", 0), writing("2.0", 0.3)])
    }

    @Test("columns without nulls, of nulls only, without rows, required and of no type are read")
    func nulls() throws {
        let required = """
            t = peer_table(400, nulls=0, fields=["i64", "text", "boolean", "d18"])
            t = t.cast(pa.schema([f.with_nullable(False) for f in t.schema]))
            t = t.append_column("nothing", pa.nulls(400))
            pq.write_table(t, path)
            """
        try check([
            ("t = peer_table(500, nulls=0)\npq.write_table(t, path)", 500),
            ("t = peer_table(500, nulls=1)\npq.write_table(t, path)", 500),
            ("t = peer_table(0)\npq.write_table(t, path)", 0),
            (required, 400),
        ])
    }

    @Test("files of Polars, pandas and DuckDB are read")
    func others() throws {
        let writers = [
            "import polars as pl\npl.from_arrow(t).write_parquet(path, data_page_size=2000)",
            "import polars as pl\npl.from_arrow(t).write_parquet(path, compression='snappy', row_group_size=300)",
            "import pandas as pd\nt.to_pandas(types_mapper=pd.ArrowDtype).to_parquet(path, index=False)",
        ]
        let options = [
            "", ", parquet_version v2, codec zstd", ", codec gzip, row_group_size 2048",
            ", codec uncompressed",
        ]
        let duck = options.map {
            "import duckdb\nduckdb.sql(\"copy t to '\" + path + \"' (format parquet\($0))\")"
        }
        try check((writers + duck).map { ("t = peer_table(2500)\n\($0)\nt = duck(path)", 2500) })
    }

    @Test("what is not read is refused by the column's name")
    func refused() throws {
        let cases = [
            ("pa.table({'tags': pa.array([[1, 2]])})", "snappy", "tags"),
            ("pa.table({'ok': [1], 'point': pa.array([{'x': 1}])})", "snappy", "point"),
            ("pa.table({'at': pa.array([1], pa.time64('us'))})", "snappy", "at"),
            ("pa.table({'n': pa.array([1, 2, 3])})", "brotli", "n"),
            ("pa.table({'n': pa.array([1, 2, 3])})", "lz4", "n"),
        ]
        let directory = try TemporaryDirectory("parquet")
        var script = parquetPeerPrelude
        for (index, item) in cases.enumerated() {
            script += "\npq.write_table(\(item.0), sys.argv[1] + '/\(index)', compression='\(item.1)')"
        }
        let result = try Peers.python(script, [directory.path])
        try #require(result.succeeded, "\(result.errorText)")
        for (index, (_, codec, column)) in cases.enumerated() {
            let bytes = try directory.read(ByteString("\(index)"))
            let error = #expect(throws: ParquetError.self) { _ = try parquetBatches(bytes) }
            #expect(error?.kind == .unsupported)
            #expect(error?.column == ByteString(column))
            if codec == "brotli" { #expect(error?.description.contains("BROTLI") == true) }
        }
    }
}
