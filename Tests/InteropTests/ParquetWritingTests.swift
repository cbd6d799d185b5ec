import Bytes
import Parquet
import Records
import TestKit
import Testing

/// Files of ours, read value by value by others.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct ParquetWritingTests {
    private static let types: [ColumnType] = [
        .boolean, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float, .double, .string,
        .binary, .date, .timestamp(.millisecond, isUTC: true), .timestamp(.microsecond, isUTC: false),
        .timestamp(.microsecond, isUTC: true), .decimal(precision: 7, scale: 2),
        .decimal(precision: 18, scale: 6), .decimal(precision: 38, scale: 10),
    ]

    /// Rows whose values go up and down, repeat or do not, are long or short, and are null now and then.
    private static func batch(_ schema: [TableSchema.Column], rows: Int, from start: Int) -> ColumnBatch {
        let columns = schema.map { column in
            let validity = (0..<rows).map { row in
                column.isNullable && (row + start + column.id) % 7 == 0 ? UInt8(0) : 1
            }
            return ColumnVector(values: values(column, validity, start), validity: validity)
        }
        return ColumnBatch(schema: schema, columns: columns, rowCount: rows)
    }

    private static func values(_ column: TableSchema.Column, _ validity: [UInt8], _ start: Int)
        -> ColumnValues
    {
        func number(_ row: Int) -> Int { (row + start) * (column.id % 2 == 0 ? 1 : 7919) % 1_000_003 }
        func each<T>(_ zero: T, _ make: (Int) -> T) -> [T] {
            validity.indices.map { validity[$0] == 0 ? zero : make(number($0)) }
        }
        switch column.type.lane {
        case .boolean: return .boolean(each(0) { UInt8($0 % 2) })
        case .int32: return .int32(each(0) { int32(column.type, $0) })
        case .int64: return .int64(each(0) { Int64($0 - 300) * 1_000_003 })
        case .int128:
            return .int128(each(0) { Int128($0 - 500) * 10_000_000_000_000_000_000_000_000_000_000 })
        case .float: return .float(each(0) { Float($0 % 50) / 4 - 3 })
        case .double: return .double(each(0) { $0 % 5 == 0 ? -0.0 : Double($0) / 3 })
        case .bytes:
            var strings = ByteColumn()
            for row in validity.indices {
                if validity[row] == 0 { strings.appendEmpty() } else { strings.append(text(number(row))) }
            }
            return .bytes(strings)
        case .none: return .none(count: validity.count)
        }
    }

    private static func int32(_ type: ColumnType, _ number: Int) -> Int32 {
        switch type {
        case .int8: Int32(Int8(truncatingIfNeeded: number))
        case .uint8: Int32(UInt8(truncatingIfNeeded: number))
        case .int16: Int32(Int16(truncatingIfNeeded: number))
        case .uint16: Int32(UInt16(truncatingIfNeeded: number))
        case .uint32: Int32(truncatingIfNeeded: number &* 4001)
        default: Int32(number % 9_999_999 - 4000)
        }
    }

    private static func text(_ number: Int) -> ByteString {
        switch number % 4 {
        case 0: "status"
        case 1: ByteString("größer \(number % 10)")
        case 2: ByteString("\(number)")
        default: ByteString(String(repeating: "long", count: number % 40))
        }
    }

    private func write(
        _ directory: TemporaryDirectory, _ options: ParquetWriter.Options, nullable: Bool = true,
        rows: Int = 3000
    ) throws -> [ColumnBatch] {
        let schema = Self.types.enumerated().map {
            TableSchema.Column(id: $0 + 1, name: ByteString("c\($0)"), type: $1, isNullable: nullable)
        }
        var bytes: [UInt8] = []
        let writer = try ParquetWriter(schema: schema, options: options) { bytes.append(contentsOf: $0) }
        var batches: [ColumnBatch] = []
        for start in stride(from: 0, to: rows, by: 1000) {
            batches.append(Self.batch(schema, rows: min(1000, rows - start), from: start))
        }
        for batch in batches { try writer.append(batch) }
        _ = try writer.finish()
        try directory.write("ours.parquet", bytes)
        return batches
    }

    private static let layouts: [ParquetWriter.Options] = [
        .init(),
        .init(rowGroupRows: 700, pageBytes: 500, pageRows: 130),
        .init(pageRows: 999, zstdLevel: nil, usesDictionaries: false),
    ]

    @Test(
        "every value reaches pyarrow, Polars, pandas and DuckDB",
        arguments: [(0, true), (1, true), (2, true), (1, false)])
    func values(layout: Int, nullable: Bool) throws {
        let directory = try TemporaryDirectory("parquet")
        let batches = try write(directory, Self.layouts[layout], nullable: nullable)
        let script = """
            import polars as pl, pandas as pd
            path = sys.argv[1] + "/ours.parquet"
            frame = pd.read_parquet(path, dtype_backend="pyarrow")
            tables = {
                "pyarrow": pq.read_table(path, page_checksum_verification=True),
                "polars": pl.read_parquet(path).to_arrow(),
                "pandas": pa.Table.from_pandas(frame, preserve_index=False),
                "duckdb": duck(path),
            }
            for name, table in tables.items():
                with open(sys.argv[1] + "/" + name, "w") as out: dump(table, out)
            """
        let result = try Peers.python(parquetPeerPrelude + script, [directory.path])
        try #require(result.succeeded, "\(result.errorText)")
        let expected = parquetRows(batches)
        for reader: ByteString in ["pyarrow", "polars", "pandas", "duckdb"] {
            let found = lines(String(decoding: try directory.read(reader), as: UTF8.self))
            #expect(found.count == expected.count, "\(reader)")
            if let row = zip(found, expected).enumerated().first(where: { $1.0 != $1.1 })?.offset {
                Issue.record("\(reader), row \(row): \(found[row]), expected \(expected[row])")
            }
        }
    }

    @Test("predicates that use statistics and the page index find what is there")
    func predicates() throws {
        let directory = try TemporaryDirectory("parquet")
        let batches = try write(directory, .init(rowGroupRows: 600, pageBytes: 600, pageRows: 100))
        let script = """
            import duckdb, polars as pl
            path = sys.argv[1]
            t = pq.read_table(path)
            def count(f): return sum(1 for v in t.column(f[0]).to_pylist() if v is not None and f[1](v))
            checks = [("c4", ">= 100 * 1000003", lambda v: v >= 100 * 1000003, pl.col("c4") >= 100 * 1000003),
                ("c11", "= 'status'", lambda v: v == "status", pl.col("c11") == "status"),
                ("c11", "> 'größer 8'", lambda v: v.encode() > "größer 8".encode(), pl.col("c11") > "größer 8"),
                ("c10", "< 0.5", lambda v: v < 0.5, pl.col("c10") < 0.5),
                ("c10", "= 0", lambda v: v == 0, pl.col("c10") == 0),
                ("c7", "between 5 and 90000", lambda v: 5 <= v <= 90000, pl.col("c7").is_between(5, 90000))]
            for name, where, f, p in checks:
                expected = count((name, f))
                assert expected > 0, name
                duck = duckdb.sql(f"select count(*) from '{path}' where {name} {where}").fetchall()[0][0]
                assert duck == expected, ("duckdb", name, where, duck, expected)
                lazy = pl.scan_parquet(path).filter(p).select(pl.len()).collect().item()
                assert lazy == expected, ("polars", name, where, lazy, expected)
            """
        let result = try Peers.python(parquetPeerPrelude + script, [directory.file("ours.parquet")])
        #expect(result.succeeded, "\(result.errorText)")
        #expect(batches.count == 3)
    }

    @Test("the footer says what others look for")
    func footer() throws {
        let directory = try TemporaryDirectory("parquet")
        let options = ParquetWriter.Options(
            rowGroupRows: 1000, pageRows: 100,
            sortingColumns: [
                SortingColumn(column: 4), SortingColumn(column: 11, isDescending: true, nullsFirst: false),
            ],
            keyValueMetadata: [("firn.table", "events"), ("firn.empty", "")])
        _ = try write(directory, options)
        let script = """
            m = pq.ParquetFile(sys.argv[1]).metadata
            assert m.num_row_groups == 3 and m.num_columns == 20, m
            assert m.metadata[b"firn.table"] == b"events" and m.metadata[b"firn.empty"] == b"", m.metadata
            assert m.created_by.startswith("firn version 0.1.0 (build "), m.created_by
            g = m.row_group(1)
            assert [(s.column_index, s.descending, s.nulls_first) for s in g.sorting_columns] == [(4, False, True), (11, True, False)]
            for i in range(20):
                c = g.column(i)
                assert c.has_column_index and c.has_offset_index, i
                assert c.compression == "ZSTD" and c.is_stats_set, i
                assert c.statistics.null_count == 142 or c.statistics.null_count == 143, (i, c.statistics.null_count)
            t = pq.read_table(sys.argv[1]).slice(1000, 1000)
            for i in range(20):
                s = g.column(i).statistics
                if s.has_min_max and i not in (11, 12, 17, 18, 19):
                    values = [v for v in t.column(i).to_pylist() if v is not None]
                    assert (s.min, s.max) == (min(values), max(values)), (i, s.min, s.max)
            f = pq.ParquetFile(sys.argv[1]).schema_arrow
            assert f.field(3).metadata[b"PARQUET:field_id"] == b"4"
            import duckdb
            kinds = duckdb.sql(f"select type, logical_type from parquet_schema('{sys.argv[1]}')").fetchall()
            assert len(kinds) == 21, kinds
            """
        let result = try Peers.python(parquetPeerPrelude + script, [directory.file("ours.parquet")])
        #expect(result.succeeded, "\(result.errorText)")
    }
}
