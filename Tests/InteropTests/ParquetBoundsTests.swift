import Bytes
import Parquet
import Records
import TestKit
import Testing

/// Row groups of other writers, copied: what their footers leave out is not made up from other rows.
@Suite(.enabled(if: Peers.isAvailable, Comment(rawValue: Peers.requirement)))
struct ParquetBoundsTests {
    private static let script = """
        import sys, pyarrow as pa, pyarrow.parquet as pq
        def write(name, values, **options):
            column = pa.array(values, pa.string())
            pq.write_table(pa.table({"text": column}), sys.argv[1] + "/" + name, compression="zstd", **options)
        write("known.parquet", ["c", "d"])
        write("unknown.parquet", ["a", "z"], write_statistics=False)
        write("nulls.parquet", [None, None])
        """

    private func files(_ names: [ByteString], in directory: TemporaryDirectory) throws -> [ParquetFile] {
        try names.map { try ParquetFile(MemoryParquetSource(try directory.read($0))) }
    }

    @Test("bounds of rows that nobody states are not known, whatever stands beside them")
    func copiedGroups() throws {
        let directory = try TemporaryDirectory("bounds")
        let result = try Peers.python(Self.script, [directory.path])
        try #require(result.succeeded, "\(result.errorText)")
        let cases: [(names: [ByteString], bounds: [StatisticValue?])] = [
            (["known.parquet"], [.bytes("c"), .bytes("d")]),
            (["nulls.parquet", "known.parquet"], [.bytes("c"), .bytes("d")]),
            (["known.parquet", "unknown.parquet"], [nil, nil]),
            (["unknown.parquet", "nulls.parquet", "known.parquet"], [nil, nil]),
        ]
        for (names, bounds) in cases {
            let files = try files(names, in: directory)
            let writer = try ParquetWriter(schema: files[0].columns) { _ in }
            for file in files { try writer.appendRowGroup(copying: file, rowGroup: 0) }
            let known = try writer.finish().columnStatistics[0]
            #expect([known.minimum, known.maximum] == bounds, "\(names)")
            #expect(known.lacksMinimum == (bounds[0] == nil) && known.lacksMaximum == known.lacksMinimum)
        }
    }
}
