import Bytes
import Compression
import Ingest
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Ingest by format")
struct IngestFormatTests {
    private static let csv = "id,name\n2,b\n1,a\n"
    private static let rows = ["id=1 name=a", "id=2 name=b"]

    static func packed(_ text: String, _ codec: Codec) -> [UInt8] {
        var output: [UInt8] = []
        Array(text.utf8).withUnsafeBytes { codec.compress($0, into: &output) }
        return output
    }

    @Test(
        "one table takes every text format",
        arguments: [
            ("a.csv", csv), ("a.tsv", "id\tname\n2\tb\n1\ta\n"), ("A.CSV", csv),
            ("a.jsonl", "{\"id\":2,\"name\":\"b\"}\n{\"id\":1,\"name\":\"a\"}\n"),
            ("a.ndjson", "{\"id\":2, \"name\":\"b\"}\n{\"id\":1,\"name\":\"a\"}"),
            ("a.json", "{\"id\":2,\"name\":\"b\"}\n{\"id\":1,\"name\":\"a\"}\n"),
        ])
    func text(_ name: String, _ text: String) throws {
        for codec in [nil, Codec.gzip(), .zstd()] {
            let store = try SampleStore(rowKey: ["id"])
            var bytes = Array(text.utf8)
            var path = name
            if let codec {
                bytes = Self.packed(text, codec)
                path += codec == .gzip() ? ".gz" : ".zst"
            }
            _ = try store.service.commit([try store.stage(ByteString(path), bytes)])
            #expect(try store.rows() == Self.rows, "\(path)")
        }
    }

    @Test("a compressed file that is cut short is refused", arguments: [Codec.gzip(), .zstd()])
    func truncated(_ codec: Codec) throws {
        let text = "id\n" + (1...5_000).map { "\($0 &* 7919 % 10_007)\n" }.joined()
        let bytes = Self.packed(text, codec)
        for count in [bytes.count - 1, bytes.count / 2, 12] {
            let store = try SampleStore()
            let file = try store.stage("a.csv.x", Array(bytes[..<count]))
            var named = file
            named.relativePath = codec == .gzip() ? "a.csv.gz" : "a.csv.zst"
            do throws(IngestRefusal) {
                _ = try store.service.commit([named])
                Issue.record("\(count) bytes of \(bytes.count) were taken")
            } catch {
                #expect(error.errno == .ebadmsg)
                #expect(error.rule == .content)
            }
            #expect(store.dataKeys.isEmpty)
        }
    }

    private static let columns = [
        TableSchema.Column(id: 1, name: "id", type: .int64, isNullable: false),
        TableSchema.Column(id: 2, name: "name", type: .string),
        TableSchema.Column(id: 3, name: "x", type: .double),
    ]

    private func parquet(_ rows: [(Int64, String?, Double)]) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let writer = try ParquetWriter(schema: Self.columns, sink: { bytes.append(contentsOf: $0) })
        var builder = BatchBuilder(schema: Self.columns)
        for (id, name, x) in rows {
            builder.append(row: [
                .integer(Int128(id)), name.map { .bytes(ByteString($0)) }, .floating(x),
            ])
        }
        try writer.append(builder.finish())
        _ = try writer.finish()
        return bytes
    }

    @Test("a Parquet file that fits is registered byte for byte")
    func adopted() throws {
        for key: [ByteString] in [[], ["id"]] {
            let store = try SampleStore(rowKey: key)
            let bytes = try parquet([(1, "b", 0.5), (2, nil, .nan), (3, "a", -1)])
            let outcome = try store.service.commit([try store.stage("a.parquet", bytes)])
            guard case .committed(_, 3, let files) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(try store.storage.get("t/" + files[0].path) == bytes)
            #expect(files[0].minValues?.map(\.text) == ["1", "a", "-1.0"])
            #expect(files[0].maxValues?.map(\.text) == ["3", "b", "NaN"])
            #expect(files[0].stats == #"{"numRecords":3,"nullCount":{"id":0,"name":1,"x":0}}"#)
            #expect(files[0].rowCount == 3)
            #expect((files[0].minKey == nil) == key.isEmpty)
            #expect(
                try store.rows() == ["id=1 name=b x=0.5", "id=2 x=NaN", "id=3 name=a x=-1.0"])
        }
    }

    @Test("a Parquet file out of order is sorted, one of other types converted")
    func rewritten() throws {
        let store = try SampleStore(rowKey: ["id"])
        let bytes = try parquet([(2, "b", 0.5), (1, "a", 2)])
        let outcome = try store.service.commit([try store.stage("a.parquet", bytes)])
        #expect(outcome.committedRows == 2)
        #expect(try store.rows() == ["id=1 name=a x=2.0", "id=2 name=b x=0.5"])

        let other = try SampleStore(rowKey: ["id"])
        try other.ingest("a.csv", "id,name,x\n0,z,7\n")
        _ = try other.service.commit([try other.stage("b.parquet", try parquet([(5, nil, 3)]))])
        #expect(Set(try other.rows()) == ["id=0 name=z x=7", "id=5 x=3"])
        let file = try other.stage("c.parquet", bytes)
        do throws(IngestRefusal) {
            _ = try other.service.commit([file])
            Issue.record("0.5 was taken as an int64")
        } catch {
            #expect(error.rule == .value)
            #expect(error.columnName == "x")
            #expect(error.message.contains("row 1"))
        }
    }

    @Test("a Parquet file that is cut short or damaged is refused")
    func damaged() throws {
        let bytes = try parquet((0..<500).map { (Int64($0), "name \($0)", 1) })
        for count in [bytes.count - 1, bytes.count / 2, 8] {
            let store = try SampleStore()
            #expect(throws: IngestRefusal.self, "\(count) bytes") {
                _ = try store.service.commit([try store.stage("a.parquet", Array(bytes[..<count]))])
            }
            #expect(store.dataKeys.isEmpty)
        }
    }

    @Test("a crash at any step of taking a Parquet file leaves all of it or nothing")
    func adoptionCrashes() throws {
        let bytes = try parquet([(1, "b", 0.5), (2, nil, 2)])
        for step in 1...12 {
            let store = try SampleStore()
            store.storage.inject(.crash, atOperation: step)
            _ = try? store.service.commit([try store.stage("a.parquet", bytes)])
            let next = try SampleStore(reopening: store.storage.crashedCopy(), like: store)
            #expect([0, 2].contains(try next.rows().count), "step \(step)")
            _ = try next.service.commit([try next.stage("a.parquet", bytes)])
            #expect(try next.rows().count == 2, "step \(step)")
        }
    }

    @Test("a batch of files is one version, or nothing")
    func batches() throws {
        let store = try SampleStore(rowKey: ["id"], partitionColumns: ["day"])
        let good = [
            try store.stage("day=1/a.csv", "id,v\n2,1\n"), try store.stage("day=1/b.csv", "v,id\n2.5,1\n"),
            try store.stage("day=2/c.jsonl", "{\"id\":9}\n"), try store.stage("day=2/_SUCCESS", ""),
        ]
        let bad = try store.stage("day=2/d.csv", "id,v\n1,1\n2\n")
        do throws(IngestRefusal) {
            _ = try store.service.commit(good + [bad])
            Issue.record("a batch with a damaged file was taken")
        } catch {
            #expect(error.path == "day=2/d.csv")
            #expect(error.line == 3)
        }
        #expect(store.log.current.version == Version(0))
        #expect(store.dataKeys.isEmpty)
        let outcome = try store.service.commit(good)
        #expect(outcome.committedRows == 3)
        #expect(store.types == ["id:int64", "v:double", "day:int64"])
        #expect(try store.rows() == ["day=1 id=1 v=2.5", "day=1 id=2 v=1.0", "day=2 id=9"])
        #expect(store.log.current.version == Version(1))
        #expect(store.log.current.receipts.count == 3)
        #expect(try store.service.commit(good).isDuplicate)
        // What is new in a batch is taken, what is not is not.
        let more = good + [try store.stage("day=2/e.csv", "id,v\n4,4\n")]
        #expect(try store.service.commit(more).committedRows == 1)
    }

    @Test("sorting beyond the memory limit gives the same rows")
    func spilling() throws {
        let store = try SampleStore(
            rowKey: ["id"], partitionColumns: ["day"], properties: [("ingest.memoryLimit", "16MiB")])
        let count = 20_000
        let text =
            "day,id,pad\n"
            + (0..<count).map {
                let id = $0 &* 7_919 % 60_013
                return "\(id % 3),\(id),\(String(repeating: "p", count: 900))\n"
            }.joined()
        #expect(try store.ingest("a.csv", text).committedRows == Int64(count))
        var last: [Int64: Int64] = [:]
        var seen = 0
        for row in try store.rows() {
            let parts = row.split(separator: " ")
            let day = try #require(Int64(parts[0].dropFirst(4)))
            let id = try #require(Int64(parts[1].dropFirst(3)))
            #expect(id % 3 == day && id > last[day] ?? -1)
            last[day] = id
            seen += 1
        }
        #expect(seen == count)
    }
}
