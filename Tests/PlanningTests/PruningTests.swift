import Bytes
import Metadata
import Planning
import Records
import Testing

@Suite("Pruning")
struct PruningTests {
    static let schema = TableSchema(
        columns: [
            .init(id: 1, name: "date", type: .date), .init(id: 2, name: "month", type: .int32),
            .init(id: 3, name: "region", type: .string), .init(id: 4, name: "k", type: .int64),
            .init(id: 5, name: "name", type: .string),
        ], rowKey: ["k"], partitionColumns: ["date", "month", "region"])

    static func definition(provider: ByteString = "firn") -> TableDefinition {
        var definition = TableDefinition(
            id: "00112233445566778899aabbccddeeff", name: "t", kind: .append, schema: schema, createdTime: 1)
        definition.provider = provider
        return definition
    }

    static func pruning(_ text: ByteString, provider: ByteString = "firn") throws -> Pruning {
        let definition = definition(provider: provider)
        return Pruning(
            try Filter(text, schema: schema), definition: definition,
            schemaRegistry: ["s1": SchemaRegistry.text(of: schema)])
    }

    typealias Range = (min: ByteString?, max: ByteString?, hasNull: Bool?)

    static func bounds(date: Range? = nil, month: Range? = nil, region: Range? = nil) -> [PartitionBounds] {
        [("date", date), ("month", month), ("region", region)].compactMap { column, range in
            range.map { PartitionBounds(column: column, min: $0.min, max: $0.max, hasNull: $0.hasNull) }
        }
    }

    /// A manifest of January 2024, months 2 to 10, regions eu to us.
    static let january = bounds(
        date: ("2024-01-05", "2024-01-25", false), month: ("2", "10", false), region: ("eu", "us", false))

    static func isSkipped(_ text: ByteString, _ bounds: [PartitionBounds]? = january) throws -> Bool {
        try pruning(text).match(bounds) == .never
    }

    @Test("a manifest is skipped where the value that is asked for lies outside its bounds")
    func testPruneByEqualityFilter() throws {
        #expect(try Self.isSkipped("date = '2024-01-04'"))
        #expect(try Self.isSkipped("date = '2024-02-01'"))
        #expect(try !Self.isSkipped("date = '2024-01-05'"))
        #expect(try !Self.isSkipped("date = '2024-01-25'"))
        // By the type: as texts 9 would lie behind 10.
        #expect(try !Self.isSkipped("month = 9"))
        #expect(try Self.isSkipped("month = 1"))
        #expect(try Self.isSkipped("month = 11"))
        #expect(try Self.isSkipped("region = 'asia'"))
        #expect(try !Self.isSkipped("region = 'tr'"))
        #expect(try !Self.isSkipped("date != '2024-01-05'"))
        #expect(try Self.isSkipped("month != 3", Self.bounds(month: ("3", "3", false))))
        #expect(try !Self.isSkipped("month != 3", Self.bounds(month: ("3", "4", false))))
    }

    @Test("a manifest is skipped where no value of its bounds lies in the range that is asked for")
    func testPruneByRangeFilter() throws {
        #expect(try Self.isSkipped("date < '2024-01-05'"))
        #expect(try !Self.isSkipped("date <= '2024-01-05'"))
        #expect(try Self.isSkipped("date > '2024-01-25'"))
        #expect(try !Self.isSkipped("date >= '2024-01-25'"))
        #expect(try Self.isSkipped("month BETWEEN 11 AND 99"))
        #expect(try !Self.isSkipped("month BETWEEN 10 AND 99"))
        #expect(try Self.isSkipped("NOT month >= 2"))
        #expect(try Self.isSkipped("region LIKE 'a%'"))
        #expect(try !Self.isSkipped("region LIKE 'eu%'"))
        #expect(try Self.isSkipped("region LIKE 'v%'"))
        #expect(try Self.pruning("date > '2024-01-04'").match(Self.january) == .always)
    }

    @Test("a manifest is skipped where none of the values of a list lies in its bounds")
    func testPruneByInFilter() throws {
        #expect(try Self.isSkipped("month IN (0, 1, 11, 12)"))
        #expect(try !Self.isSkipped("month IN (0, 1, 5)"))
        #expect(try Self.isSkipped("region IN ('asia', 'za')"))
        #expect(try Self.isSkipped("region IN ('asia', NULL)"))
        #expect(try Self.isSkipped("month NOT IN (3)", Self.bounds(month: ("3", "3", false))))
        #expect(try !Self.isSkipped("month NOT IN (3)"))
    }

    @Test("of conditions that must all hold, one that cannot is enough to skip a manifest")
    func testPruneByAndFilter() throws {
        #expect(try Self.isSkipped("date = '2024-01-10' AND region = 'asia'"))
        #expect(try Self.isSkipped("date = '2024-03-10' AND region = 'eu'"))
        #expect(try !Self.isSkipped("date = '2024-01-10' AND region = 'eu'"))
        #expect(try Self.isSkipped("k > 5 AND month = 12"))
        #expect(try !Self.isSkipped("k > 5 AND month = 5"))
        #expect(try Self.isSkipped("NOT (month >= 2 OR region = 'eu')"))
    }

    @Test("of conditions of which one is enough, all must be impossible to skip a manifest")
    func testPruneByOrFilter() throws {
        #expect(try Self.isSkipped("date = '2024-03-01' OR region = 'asia'"))
        #expect(try !Self.isSkipped("date = '2024-03-01' OR region = 'eu'"))
        #expect(try !Self.isSkipped("date = '2024-03-01' OR k = 1"))
        #expect(try Self.isSkipped("NOT (month >= 2 AND region >= 'eu')"))
        #expect(try Self.isSkipped("(month = 1 AND region = 'eu') OR (month = 2 AND region = 'za')"))
    }

    @Test("a manifest without bounds is always read")
    func testNoPruningWithoutBounds() throws {
        for filter in [
            "date = '1999-01-01'", "month IS NULL", "month IN (1)", "region LIKE 'x%' AND month = 1",
        ]
            as [ByteString]
        {
            #expect(try Self.pruning(filter).match(nil) == .maybe)
            #expect(try Self.pruning(filter).match([]) == .maybe)
            // Bounds whose texts are no values of the column's type are none.
            #expect(try Self.pruning(filter).match(Self.bounds(date: ("soon", "later", nil))) == .maybe)
        }
    }

    @Test("a condition on a column of data files, or on a partition column without bounds, skips no manifest")
    func testNoPruningForUnknownColumn() throws {
        #expect(try !Self.isSkipped("k = 1"))
        #expect(try !Self.isSkipped("name IS NULL"))
        #expect(try !Self.isSkipped("region = 'asia'", Self.bounds(month: ("1", "2", false))))
        #expect(try Self.isSkipped("region = 'asia' AND month = 3", Self.bounds(month: ("1", "2", false))))
    }

    @Test("nulls decide where bounds tell of them, and leave a doubt where they do not")
    func nulls() throws {
        let none = Self.bounds(month: (nil, nil, true))
        #expect(try Self.isSkipped("month = 3", none))
        #expect(try Self.isSkipped("month IS NOT NULL", none))
        #expect(try Self.pruning("month IS NULL").match(none) == .always)
        #expect(try !Self.isSkipped("month = 3", Self.bounds(month: (nil, nil, nil))))
        #expect(try Self.isSkipped("month IS NULL", Self.bounds(month: ("1", "2", false))))
        #expect(try !Self.isSkipped("month IS NULL", Self.bounds(month: ("1", "2", true))))
        #expect(try !Self.isSkipped("month IS NULL", Self.bounds(month: ("1", "2", nil))))
        #expect(try Self.pruning("month < 5").match(Self.bounds(month: ("1", "2", true))) == .maybe)
        // Other programs leave empty texts out of bounds and say nothing of nulls.
        let foreign = try Self.pruning("region = ''", provider: "indextables")
        #expect(foreign.match(Self.bounds(region: (nil, nil, nil))) == .maybe)
        #expect(foreign.match(Self.bounds(region: ("eu", "us", nil))) == .maybe)
    }

    static func file(
        _ month: ByteString?, schema: ByteString? = "s1", k: (ByteString, ByteString)? = nil,
        stats: ByteString? = nil, rows: Int64 = 10
    ) -> FileView {
        var entry = FileEntry(
            path: "data/x.parquet", id: FileID(path: "data/x.parquet"),
            partitionValues: PartitionTuple(["2024-01-01", month, "eu"]), sizeBytes: 1, modificationTime: 1)
        entry.rowCount = rows
        entry.schemaID = schema
        entry.stats = stats
        if let k {
            entry.minValues = [FileEntry.ColumnText(column: "k", text: k.0)]
            entry.maxValues = [FileEntry.ColumnText(column: "k", text: k.1)]
        }
        var builder = FileSegment.Builder(partitionColumns: schema == nil ? [] : Self.schema.partitionColumns)
        builder.append(entry)
        return builder.finish()[0]
    }

    @Test("a file's partition values decide exactly, its statistics as far as they go")
    func files() throws {
        #expect(try Self.pruning("month = 5").match(Self.file("5")) == .always)
        #expect(try Self.pruning("month = 5").match(Self.file("6")) == .never)
        #expect(try Self.pruning("month = 5").match(Self.file(nil)) == .never)
        #expect(try Self.pruning("month IS NULL").match(Self.file(nil)) == .always)
        let counts: ByteString = #"{"numRecords":10,"nullCount":{"k":0,"name":10}}"#
        let file = Self.file("5", k: ("-5", "100"), stats: counts)
        #expect(try Self.pruning("k > 100").match(file) == .never)
        #expect(try Self.pruning("k = 9").match(file) == .maybe)
        #expect(try Self.pruning("k >= -5").match(file) == .always)
        #expect(try Self.pruning("k >= -5 AND month = 5").match(file) == .always)
        #expect(try Self.pruning("k IS NULL").match(file) == .never)
        #expect(try Self.pruning("name = 'x'").match(file) == .never)
        #expect(try Self.pruning("name IS NULL").match(file) == .always)
        #expect(try Self.pruning("k >= -5").match(Self.file("5", k: ("-5", "100"))) == .maybe)
        #expect(try Self.pruning("k < -5").match(Self.file("5", k: ("-5", "100"))) == .never)
    }

    @Test(
        "statistics of a file with another schema are not believed, and a column that came later is null in it"
    )
    func schemas() throws {
        var older = Self.schema
        older.columns[3].type = .string
        older.columns.removeLast()
        let definition = Self.definition()
        func match(_ text: ByteString, _ schema: ByteString?) throws -> FilterMatch {
            let pruning = Pruning(
                try Filter(text, schema: Self.schema), definition: definition,
                schemaRegistry: [
                    "old": SchemaRegistry.text(of: older), "s1": SchemaRegistry.text(of: Self.schema),
                ])
            return pruning.match(Self.file("5", schema: schema, k: ("1", "2")))
        }
        #expect(try match("k = 7", "s1") == .never)
        #expect(try match("k = 7", "old") == .maybe)
        #expect(try match("k = 7", "lost") == .maybe)
        #expect(try match("name = 'x'", "old") == .never)
        #expect(try match("name IS NULL", "old") == .always)
        #expect(try match("name IS NULL", "s1") == .maybe)
    }

    @Test("bounds of other programs are believed by the column's type, as far as their order is the type's")
    func foreign() throws {
        func match(_ text: ByteString, _ bounds: [PartitionBounds]) throws -> FilterMatch {
            try Self.pruning(text, provider: "indextables").match(bounds)
        }
        #expect(try match("month = 11", Self.bounds(month: ("9", "10", nil))) == .never)
        #expect(try match("month > 8", Self.bounds(month: ("9", "10", nil))) == .maybe)
        #expect(
            try match("date = '2024-01-02'", Self.bounds(date: ("2024-01-03", "2024-02-01", nil))) == .never)
        #expect(
            try match("date = '2024-01-02'", Self.bounds(date: ("-0001-01-03", "2024-01-01", nil))) == .maybe)
        #expect(try match("region = 'a'", Self.bounds(region: ("eu", "us", nil))) == .never)
        #expect(try match("region LIKE '1%'", Self.bounds(region: ("9", "10", nil))) == .maybe)
    }

    @Test("why a manifest is skipped is told by the part of the filter that decides")
    func reasons() throws {
        #expect(
            try Self.pruning("k = 1 AND date = '2024-02-01' AND month = 3").reason(Self.january)
                == "date is 2024-01-05 to 2024-01-25")
        #expect(
            try Self.pruning("month = 1 OR region = 'asia'").reason(Self.january)
                == "month is 2 to 10, region is eu to us")
        #expect(try Self.pruning("month = 5").reason(Self.january) == nil)
        #expect(
            try Self.pruning("month = 5").reason(Self.bounds(month: (nil, nil, true))) == "month is null")
        #expect(
            try Self.pruning("month = 5").reason(Self.bounds(month: ("7", "7", true)))
                == "month is 7 or null")
    }
}
