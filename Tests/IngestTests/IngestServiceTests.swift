import Bytes
import Ingest
import Metadata
import Platform
import Records
import TestKit
import Testing
import TransactionLog

@Suite("Ingest")
struct IngestServiceTests {
    @Test("the first file makes the schema, and the rows are sorted by the declared key")
    func firstFile() throws {
        let store = try SampleStore(rowKey: ["id"])
        let outcome = try store.ingest("a.csv", "id,name\n3,c\n1,a\n2,\n")
        #expect(outcome.committedRows == 3)
        #expect(store.types == ["id:int64", "name:string"])
        #expect(try store.rows() == ["id=1 name=a", "id=2", "id=3 name=c"])
        #expect(store.log.current.version == Version(1))
    }

    @Test("rows are split by the partition columns, nulls too")
    func partitions() throws {
        let store = try SampleStore(rowKey: ["id"], partitionColumns: ["day", "to"])
        try store.ingest(
            "a.csv",
            "day,id,to\n2024-01-02,2,x\n2024-01-01,9,a=b\n2024-01-02,1,x\n,5,x\n2024-01-01,8,a=b\n")
        #expect(
            Set(try store.rows()) == [
                "day=2024-01-01/to=a%3Db id=8", "day=2024-01-01/to=a%3Db id=9", "day=2024-01-02/to=x id=1",
                "day=2024-01-02/to=x id=2", "day=__HIVE_DEFAULT_PARTITION__/to=x id=5",
            ])
        #expect(store.dataKeys.count == 3)
    }

    @Test("directories give the values that the file lacks")
    func directories() throws {
        let store = try SampleStore(partitionColumns: ["day"])
        try store.ingest("day=2024-01-01/region=eu/a.csv", "id\n1\n2\n")
        #expect(store.types == ["id:int64", "day:date", "region:string"])
        try store.ingest("day=2024-01-02/a.csv", "id,region\n3,us\n")
        #expect(
            try store.rows() == [
                "day=2024-01-01 id=1 region=eu", "day=2024-01-01 id=2 region=eu",
                "day=2024-01-02 id=3 region=us",
            ])
        let refusal = try store.refusal("day=2024-01-03/b.csv", "day,id\n2024-01-03,1\n2024-01-04,2\n")
        #expect(refusal?.errno == .ebadmsg)
        #expect(refusal?.rule == .partition)
        #expect(refusal?.found == "2024-01-04")
        #expect(try store.refusal("hour=3/b.csv", "id\n1\n")?.rule == .partition)
        #expect(try store.refusal("day=never/b.csv", "id\n1\n")?.rule == .partition)
    }

    @Test("the same file again is a duplicate, by name and content")
    func duplicates() throws {
        let store = try SampleStore()
        try store.ingest("a.csv", "id\n1\n")
        #expect(try store.ingest("a.csv", "id\n1\n").isDuplicate)
        #expect(try store.ingest("b.csv", "id\n1\n").committedRows == 1)
        #expect(try store.ingest("a.csv", "id\n2\n").committedRows == 1)
        #expect(try store.rows().count == 3)
        store.clock.advance(milliseconds: 8 * 86_400_000)
        #expect(try store.ingest("a.csv", "id\n1\n").committedRows == 1)
    }

    @Test(
        "what becomes of a copy is the table's choice",
        arguments: [("append", 2, nil), ("refuse", 1, Errno.eexist), ("skip", 1, nil)])
    func duplicateRule(_ rule: String, _ count: Int, _ errno: Errno?) throws {
        let store = try SampleStore(properties: [("ingest.duplicates", ByteString(rule))])
        try store.ingest("a.csv", "id\n1\n")
        #expect(try store.refusal("a.csv", "id\n1\n")?.errno == errno)
        #expect(try store.rows().count == count)
    }

    @Test("a bad value is refused with its place, and nothing remains")
    func badValue() throws {
        let store = try SampleStore(rowKey: ["id"])
        try store.ingest("a.csv", "id,n\n1,1\n")
        let before = store.storage.allKeys
        let refusal = try store.refusal("d/b.csv", "id,n\n1,1\n2,x\n")
        #expect(refusal?.errno == .ebadmsg)
        #expect(refusal?.rule == .value)
        #expect(refusal?.path == "d/b.csv")
        #expect(refusal?.line == 3)
        #expect(refusal?.column == 3)
        #expect(refusal?.columnName == "n")
        #expect(refusal?.found == "x")
        #expect(refusal?.expected == "int64")
        #expect(store.storage.allKeys == before)
    }

    @Test("unknown and missing columns are refused by name")
    func columns() throws {
        let store = try SampleStore(rowKey: ["id"])
        let missing = try store.refusal("a.csv", "key,n\n1,2\n")
        #expect(missing?.message.contains("id") == true)
        #expect(missing?.message.contains("key, n") == true)
        try store.ingest("a.csv", "id,n\n1,1\n")
        let unknown = try store.refusal("b.csv", "id,n,extra\n1,1,1\n")
        #expect(unknown?.columnName == "extra")
        #expect(unknown?.rule == .column)
        #expect(try store.ingest("c.csv", "n\n7\n").committedRows == 1)
    }

    @Test("a column of nulls takes the type of the first value that comes")
    func undecided() throws {
        let store = try SampleStore()
        try store.ingest("a.csv", "id,note,late\n1,,\n")
        #expect(store.types == ["id:int64", "note:undecided", "late:undecided"])
        try store.ingest("b.csv", "id,note\n2,2.5\n")
        #expect(store.types == ["id:int64", "note:double", "late:undecided"])
        try store.ingest("c.jsonl", #"{"id":3,"late":"2024-01-01"}"#)
        #expect(store.types == ["id:int64", "note:double", "late:date"])
        #expect(Set(try store.rows()) == ["id=1", "id=2 note=2.5", "id=3 late=2024-01-01"])
        #expect(try store.refusal("d.csv", "id,note\n2,x\n")?.expected == "double")
    }

    @Test("types are guessed from the whole file")
    func wholeFile() throws {
        let store = try SampleStore()
        let text = "id\n" + (1...300_000).map { "\($0)\n" }.joined() + "007\n"
        #expect(try store.ingest("a.csv", text).committedRows == 300_001)
        #expect(store.types == ["id:string"])
    }

    @Test("an empty file is nothing; a file without rows leaves a receipt, and no schema")
    func nothing() throws {
        let store = try SampleStore()
        #expect(try store.ingest("a", "").isNothing)
        #expect(try store.ingest("a.csv", "").isNothing)
        #expect(try store.ingest("b.csv", "id\n").committedRows == 0)
        #expect(store.types.isEmpty)
        try store.ingest("a.csv", "id\n1\n")
        #expect(try store.ingest("b.csv", "id\n").isDuplicate)
        #expect(try store.ingest("c.csv", "id\n").committedRows == 0)
        #expect(try store.ingest("b.jsonl", "\n").committedRows == 0)
        #expect(store.log.current.version == Version(4))
        #expect(store.log.current.receipts.all.map(\.rowCount) == [0, 1, 0, 0])
        #expect(store.dataKeys.count == 1)
    }

    @Test(
        "what is no known format is refused",
        arguments: ["a.txt", "a", "a.csv.txt", "a.xlsx", "dir.csv/a"])
    func formats(_ name: String) throws {
        let store = try SampleStore()
        let refusal = try store.refusal(ByteString(name), "id\n1\n")
        #expect(refusal?.errno == .eopnotsupp)
        #expect(refusal?.rule == .format)
    }

    @Test("a CSV file called .parquet, and Avro, are refused with the reason")
    func disguised() throws {
        let store = try SampleStore()
        #expect(try store.refusal("a.parquet", "id\n1\n")?.errno == .ebadmsg)
        #expect(try store.refusal("a.csv", "Obj\u{1}rest")?.message.contains("Avro") == true)
        #expect(try store.refusal("a.csv", "PAR1 and so on, but no footer")?.errno == .ebadmsg)
    }

    @Test("names are bytes: whatever they are, the file is taken and recognised")
    func names() throws {
        let store = try SampleStore()
        let names: [ByteString] = [
            "a b.csv", "a\nb.csv", "a=b.csv", "100%.csv", "%41.csv", "A.csv", "é.csv", "e\u{301}.csv",
            ByteString([0xFF, 0xFE] + Array(".csv".utf8)),
            ByteString(String(repeating: "x", count: 251) + ".csv"),
        ]
        for name in names { #expect(try store.ingest(name, "id\n1\n").committedRows == 1, "\(name)") }
        for name in names { #expect(try store.ingest(name, "id\n1\n").isDuplicate, "\(name)") }
        #expect(try store.rows().count == names.count)
    }

    @Test("an upsert table takes delete markers and refuses rows without a key")
    func upsert() throws {
        let store = try SampleStore(kind: .upsert, rowKey: ["id"])
        try store.ingest("a.csv", "id,n\n1,1\n2,2\n")
        try store.ingest("b.csv", "id,_firn_deleted\n2,true\n")
        let deleted = store.log.current.totalRows
        #expect(deleted == 3)
        #expect(try store.rows().contains("id=2 _firn_deleted=true"))
        #expect(try store.refusal("c.csv", "id,n\n,1\n")?.message.contains("must not be null") == true)
    }

    @Test("flights with NA for what is not known")
    func flights() throws {
        let store = try SampleStore(rowKey: ["time_hour", "flight"], partitionColumns: ["month"])
        try store.ingest(
            "flights.csv",
            """
            year,month,day,dep_time,dep_delay,carrier,flight,tailnum,time_hour
            2013,1,1,517,2,UA,1545,N14228,2013-01-01T10:00:00Z
            2013,1,1,NA,NA,EV,4308,N18120,2013-01-01T21:00:00Z
            2013,2,1,542,-2.5,AA,1141,NA,2013-02-01T10:00:00Z

            """)
        #expect(
            store.types == [
                "year:int64", "month:int64", "day:int64", "dep_time:int64", "dep_delay:double",
                "carrier:string", "flight:int64", "tailnum:string", "time_hour:timestamp[us,UTC]",
            ])
        let rows = try store.rows()
        #expect(rows.count == 3)
        #expect(rows.contains { $0.hasPrefix("month=1 year=2013 day=1 carrier=EV flight=4308") })
    }
}
