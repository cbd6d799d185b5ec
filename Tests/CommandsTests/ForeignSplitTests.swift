import Bytes
import Metadata
import Planning
import Tables
import TestKit
import Testing

/// Files of pyarrow have no page index unless it is asked for one, and are adopted as they are.
@Suite(
    "Splits of tables of pyarrow's files",
    .enabled(if: Peers.isAvailable, "\(Peers.requirement)"))
struct ForeignSplitTests {
    private let scratch: ScratchStore
    private var address: ByteString { scratch.path + "/t" }

    /// A table of one file with these keys, an expression of numpy.
    private init(_ keys: String, writing: String = "") throws {
        scratch = try ScratchStore()
        try scratch.directory.write(
            "schema.json", Array(#"{"columns": [{"name": "id", "type": "int64"}]}"#.utf8))
        let written = try Peers.python(
            """
            import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
            keys = \(keys)
            pq.write_table(pa.table({"id": pa.array(keys.astype("int64"))}), sys.argv[1]\(writing))
            assert not pq.ParquetFile(sys.argv[1]).metadata.row_group(0).column(0).has_offset_index
            """, [scratch.directory.file("file.parquet")])
        #expect(written.errorText == "")
        let made = try scratch.firn(
            "create", address, "--key", "id", "--schema", scratch.directory.file("schema.json"))
        #expect(made.status == 0, "\(made.errors)")
        let ingested = try scratch.firn("ingest", address, scratch.directory.file("file.parquet"))
        #expect(ingested.status == 0, "\(ingested.errors)")
    }

    init() throws { try self.init("np.arange(100000)") }

    private func leaves() throws -> [PartitionReport.Node] {
        let leaves = PartitionReport(try scratch.store.table("t").refresh()).nodes.filter(\.isLeaf)
        #expect(leaves.allSatisfy { $0.rowsEstimated == 0 })
        return leaves
    }

    @Test("a split is in the middle, with both halves counted")
    func middle() throws {
        let split = try scratch.firn("split", address)
        #expect(split.status == 0 && split.output.contains("0 of them by an estimate"), "\(split)")
        #expect(try leaves().allSatisfy { (49_900...50_100).contains($0.rowsExact) })
    }

    @Test("a leaf above the threshold is split by itself until none is")
    func automatic() throws {
        #expect(try scratch.firn("set", address, "partition.splitThresholdRows", "30000").status == 0)
        let compacted = try scratch.firn("compact", address)
        #expect(compacted.status == 0, "\(compacted.errors)")
        let rows = try leaves().map(\.rowsExact)
        #expect(rows.count == 4 && rows.allSatisfy { (24_900...25_100).contains($0) }, "\(rows)")
        #expect(rows.reduce(0, +) == 100_000)
    }

    @Test("a leaf that begins within a row group is split, and into many")
    func withinRowGroup() throws {
        #expect(try scratch.firn("split", address, "--at", "50000").status == 0)
        let split = try scratch.firn("split", address, "id-to-50000")
        #expect(split.status == 0, "\(split)")
        #expect(try leaves().map(\.rowsExact).filter { (24_900...25_100).contains($0) }.count == 2)
        let many = try scratch.firn("split", address, "id-from-50000", "--into", "4")
        #expect(many.status == 0, "\(many)")
        #expect(try leaves().map(\.rowsExact).filter { (12_400...12_600).contains($0) }.count == 4)
    }

    @Test(
        "beside a key that nearly all rows have, and only what has one key is unsplittable",
        arguments: ["", ", row_group_size=1000", ", use_dictionary=False, data_page_size=1000"])
    func heavy(writing: String) throws {
        let heavy = try ForeignSplitTests(
            "np.concatenate([np.zeros(20000), np.arange(1, 4)])", writing: writing)
        #expect(try heavy.scratch.firn("split", heavy.address).status == 0)
        #expect(try heavy.leaves().map(\.rowsExact) == [20_000, 3])
        let one = try heavy.scratch.firn("split", heavy.address, "id-to-1")
        #expect(one.status == 1 && one.errors.contains("all of its rows have the key 0"), "\(one)")
        #expect(try heavy.scratch.firn("split", heavy.address, "id-from-1", "--into", "3").status == 0)
        #expect(try heavy.leaves().map(\.rowsExact) == [20_000, 1, 1, 1])
    }
}
