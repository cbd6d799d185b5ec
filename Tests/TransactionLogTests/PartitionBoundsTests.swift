import Bytes
import Metadata
import Records
import TestKit
import Testing
import TransactionLog

@Suite("Partition order and bounds")
struct PartitionBoundsTests {
    /// A table partitioned by a date, a number and a text.
    private static func table(_ properties: [Action] = []) throws -> TestTable {
        let schema = TableSchema(
            columns: [
                .init(id: 1, name: "k", type: .int64, isNullable: false),
                .init(id: 2, name: "day", type: .date), .init(id: 3, name: "n", type: .int64),
                .init(id: 4, name: "text", type: .string),
            ], rowKey: ["k"], partitionColumns: ["day", "n", "text"])
        return try TestTable(
            definition: TableDefinition(
                id: "00112233445566778899aabbccddeeff", name: "t", kind: .append, schema: schema,
                createdTime: 17), actions: properties)
    }

    private static func file(_ table: TestTable, _ values: [ByteString?]) -> FileEntry {
        var entry = table.file()
        let root = RootPath.path(columns: ["day", "n", "text"], tuple: PartitionTuple(values))
        entry.path = "data/" + root + "/" + entry.name
        entry.partitionValues = PartitionTuple(values)
        return entry
    }

    private static func commit(_ table: TestTable, _ tuples: [[ByteString?]]) throws {
        _ = try table.log.commit(table.transaction(tuples.map { .add(file(table, $0)) }))
    }

    private typealias Bounds = ManifestInfo.PartitionBounds

    @Test("the least and the greatest value of a column, by its type and not by its text")
    func testPartitionBoundsComputation() throws {
        let table = try Self.table()
        try Self.commit(
            table,
            [
                ["2024-01-31", "9", "b"], ["2024-02-01", "10", "B"], ["2023-12-31", "-3", "é"],
                ["2024-01-01", "100", "a"],
            ])
        let bounds = try #require(try table.write().files.manifests[0].partitionBounds)
        #expect(
            bounds == [
                Bounds(column: "day", min: "2023-12-31", max: "2024-02-01", hasNull: false),
                // As texts these would be -3 and 9.
                Bounds(column: "n", min: "-3", max: "100", hasNull: false),
                Bounds(column: "text", min: "B", max: "é", hasNull: false),
            ])
        #expect(try table.open().baseManifest?.files.manifests[0].partitionBounds == bounds)
    }

    @Test("nulls are told by a flag: some null leaves the bounds, all null has none")
    func testPartitionBoundsWithNulls() throws {
        let table = try Self.table()
        try Self.commit(table, [[nil, "5", nil], ["2024-01-01", nil, nil], ["2024-01-02", "7", nil]])
        let bounds = try #require(try table.write().files.manifests[0].partitionBounds)
        #expect(
            bounds == [
                Bounds(column: "day", min: "2024-01-01", max: "2024-01-02", hasNull: true),
                Bounds(column: "n", min: "5", max: "7", hasNull: true),
                Bounds(column: "text", min: nil, max: nil, hasNull: true),
            ])
        #expect(try table.open().baseManifest?.files.manifests[0].partitionBounds == bounds)
        // An empty text is a value, not a null.
        try Self.commit(table, [["2024-01-01", "5", ""]])
        let next = try #require(try table.write().files.manifests[1].partitionBounds)
        #expect(next[2] == Bounds(column: "text", min: "", max: "", hasNull: false))
    }

    @Test("every partition column has bounds, in path order, in each manifest")
    func testPartitionBoundsMultipleColumns() throws {
        let table = try Self.table([TestTable.property("state.entriesPerManifest", "100")])
        var tuples: [[ByteString?]] = []
        for day in 1...9 {
            for number in 0..<40 {
                tuples.append([
                    ByteString("2024-01-0\(day)"), ByteString("\(number % 12)"), number % 7 == 0 ? nil : "x",
                ])
            }
        }
        try Self.commit(table, tuples)
        let manifest = try table.compact()
        #expect(manifest.files.manifests.count == 4)
        for (info, files) in zip(manifest.files.manifests, try table.listed()) {
            let bounds = try #require(info.partitionBounds)
            #expect(bounds.map(\.column) == ["day", "n", "text"])
            let days = files.compactMap { $0.partitionValues.values[0] }
            let numbers = files.compactMap { $0.partitionValues.values[1].flatMap { Int($0.display) } }
            #expect(bounds[0].min == days.min() && bounds[0].max == days.max())
            #expect(bounds[1].min == numbers.min().map { ByteString("\($0)") })
            #expect(bounds[1].max == numbers.max().map { ByteString("\($0)") })
            #expect(bounds[2].hasNull == files.contains { $0.partitionValues.values[2] == nil })
            #expect(bounds[0].hasNull == false && bounds[1].hasNull == false)
        }
    }

    @Test("an incremental state's new manifest has the bounds of what is new, the old ones keep theirs")
    func testIncrementalWritePartitionBounds() throws {
        let table = try Self.table()
        try Self.commit(table, [["2024-01-01", "1", "a"], ["2024-01-09", "2", "b"]])
        let first = try table.write()
        try Self.commit(table, [["2024-03-01", "20", "z"], [nil, "3", "y"]])
        let second = try table.write()
        #expect(second.files.manifests.count == 2)
        #expect(second.files.manifests[0] == first.files.manifests[0])
        #expect(
            second.files.manifests[1].partitionBounds == [
                Bounds(column: "day", min: "2024-03-01", max: "2024-03-01", hasNull: true),
                Bounds(column: "n", min: "3", max: "20", hasNull: false),
                Bounds(column: "text", min: "y", max: "z", hasNull: false),
            ])
    }

    @Test("compacted files are sorted column by column by type, null first, and by path within a partition")
    func testPartitionLocalitySorting() throws {
        let table = try Self.table([TestTable.property("state.entriesPerManifest", "100")])
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        let days: [ByteString?] = ["2024-01-31", "2024-02-01", "1999-12-31", nil]
        let numbers: [ByteString?] = ["2", "10", "-1", "100", "007", nil]
        let texts: [ByteString?] = ["a", "B", "", "e\u{301}", "\u{e9}", "10", "9", nil]
        for _ in 0..<5 {
            try Self.commit(
                table,
                (0..<80).map { _ in
                    [
                        days.randomElement(using: &random) ?? nil,
                        numbers.randomElement(using: &random) ?? nil,
                        texts.randomElement(using: &random) ?? nil,
                    ]
                })
            try table.write()
        }
        try table.compact()
        let files = Array(try table.listed().joined())
        #expect(files.count == 400)
        for (left, right) in zip(files, files.dropFirst()) {
            #expect(Self.isOrdered(left, right), "FIRN_SEED=\(seed): \(left.path) before \(right.path)")
        }
    }

    /// The order as a plain rule: dates as dates, numbers as numbers, texts as bytes.
    private static func isOrdered(_ left: FileEntry, _ right: FileEntry) -> Bool {
        let (a, b) = (left.partitionValues.values, right.partitionValues.values)
        if a[0] != b[0] { return isBefore(a[0], b[0]) { $0 < $1 } }
        if a[1] != b[1] {
            return isBefore(a[1], b[1]) { (Int($0.display) ?? 0, $0) < (Int($1.display) ?? 0, $1) }
        }
        if a[2] != b[2] { return isBefore(a[2], b[2]) { $0 < $1 } }
        return left.path < right.path
    }

    private static func isBefore(
        _ left: ByteString?, _ right: ByteString?, _ less: (ByteString, ByteString) -> Bool
    ) -> Bool {
        guard let left else { return true }
        guard let right else { return false }
        return less(left, right)
    }
}
