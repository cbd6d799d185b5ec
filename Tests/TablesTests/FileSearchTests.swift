import Bytes
import Metadata
import Planning
import Platform
import Records
import Storage
import Synchronization
import Tables
import TestKit
import Testing
import TransactionLog

/// A table of file lists alone, partitioned by day and region.
struct ListedTable {
    static let schema = TableSchema(
        columns: [
            .init(id: 1, name: "day", type: .date), .init(id: 2, name: "region", type: .string),
            .init(id: 3, name: "k", type: .int64, isNullable: false),
        ], rowKey: ["k"], partitionColumns: ["day", "region"])

    let storage: MemoryStorage
    let clock = ManualClock()
    let entropy = SeededEntropy()
    let log: TransactionLog

    init(entriesPerManifest: Int = 100, storage: MemoryStorage = MemoryStorage()) throws {
        self.storage = storage
        let definition = TableDefinition(
            id: "00112233445566778899aabbccddeeff", name: "t", kind: .append, schema: Self.schema,
            createdTime: 1)
        log = try TransactionLog.create(
            storage: storage, table: "t", definition: definition,
            actions: [
                .operation(
                    .setProperty(
                        name: "state.entriesPerManifest", value: ByteString("\(entriesPerManifest)")))
            ], clock: clock, entropy: entropy)
    }

    static func day(_ number: Int) -> ByteString { ValueText.text(.integer(Int128(19_000 + number)), .date) }

    func file(day: Int?, region: ByteString? = "eu", k: ClosedRange<Int> = 0...9) -> FileEntry {
        let tuple = PartitionTuple([day.map(Self.day), region])
        let root = RootPath.path(columns: ["day", "region"], tuple: tuple)
        let id = entropy.uint64() >> 1
        let path = "data/" + root + ByteString("/20240101T000000Z-\(Hex.string(id)).parquet")
        var entry = FileEntry(
            path: path, id: FileID(path: path), partitionValues: tuple, sizeBytes: 10, modificationTime: 5)
        entry.rowCount = 10
        entry.schemaID = log.current.schemaID
        entry.minValues = [.init(column: "k", text: ByteString("\(k.lowerBound)"))]
        entry.maxValues = [.init(column: "k", text: ByteString("\(k.upperBound)"))]
        entry.stats = #"{"numRecords":10,"nullCount":{"k":0}}"#
        return entry
    }

    func commit(_ actions: [Action]) throws {
        _ = try log.commit(
            Transaction(
                id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: "TEST", session: nil,
                actions: actions))
    }

    static func removal(_ entry: FileEntry) -> Action {
        .remove(
            FileRemoval(
                path: entry.path, id: entry.id, deletionTimestamp: 0, dataChange: true,
                sizeBytes: entry.sizeBytes))
    }

    func search(_ filter: ByteString?, at version: Version? = nil) throws -> FileSearch {
        try FileSearch(storage, table: "t", where: filter, at: version)
    }

    static func paths(_ search: FileSearch) -> Set<ByteString> {
        var paths: Set<ByteString> = []
        search.forEach { paths.insert($0.path) }
        return paths
    }

    /// The live files of which this holds, asked one by one.
    func paths(where holds: (FileEntry) -> Bool) -> Set<ByteString> {
        var paths: Set<ByteString> = []
        log.current.files.forEach { if holds($0.entry) { paths.insert($0.path) } }
        return paths
    }
}

@Suite("Searching for files")
struct FileSearchTests {
    @Test("of a table in 20 manifests by day, a search for one day reads one or two, and finds its files")
    func testPartitionPruningEffectiveness() throws {
        let table = try ListedTable()
        try table.commit((0..<2_000).map { .add(table.file(day: $0 * 7 % 200)) })
        try table.log.writeState()
        var read = 0
        for day in 0..<200 {
            let value = ListedTable.day(day)
            let search = try table.search("day = '" + value + "'")
            #expect(search.manifests.count == 20)
            let touched = search.manifests.count { $0.skipped == nil }
            #expect((1...2).contains(touched))
            read += touched
            for manifest in search.manifests where manifest.skipped != nil {
                #expect(manifest.skipped!.hasPrefix("day is 20"))
            }
            #expect(
                ListedTable.paths(search) == table.paths { $0.partitionValues.values[0] == value })
        }
        // 200 searches of 20 manifests: at least nine of ten are not read.
        #expect(read <= 400)
        // Where the order is not that of the column, nothing can be skipped; nothing is lost either.
        let other = try table.search("region = 'eu'")
        #expect(other.manifests.allSatisfy { $0.skipped == nil } && ListedTable.paths(other).count == 2_000)
    }

    @Test(
        "one partition of 1,000 is found by reading two objects of manifests at most, whatever else there is")
    func testPartitionPruningPerformance1M() throws {
        let table = try ListedTable(entriesPerManifest: 200)
        for round in 0..<4 {
            try table.commit((0..<1_000).map { .add(table.file(day: ($0 + round * 31) % 1_000)) })
        }
        try table.log.writeState()
        #expect(try #require(table.log.baseManifest).files.manifests.count == 20)
        let value = ListedTable.day(500)
        let before = table.storage.operationCount
        let search = try table.search("day = '" + value + "'")
        let steps = table.storage.operations[before...]
        #expect(search.manifests.count { $0.skipped == nil } <= 2)
        #expect(steps.count { $0.contains("manifests/manifest-") } <= 2)
        // The hint, a listing, the record, a look for the next version, the manifests: no step for each file.
        #expect(steps.count <= 8, "\(Array(steps))")
        let counts = search.forEach { #expect($0.partitionValues.values[0] == value) }
        #expect(counts.listed == 4)
        #expect(counts.skippedByPartitionValues <= 400)
    }

    @Test("removed files are not found, taken back ones are, and manifests without a live file are not read")
    func testPartitionPruningWithTombstones() throws {
        let table = try ListedTable()
        let files = (0..<1_000).map { table.file(day: $0 / 10) }
        try table.commit(files.map { .add($0) })
        try table.log.writeState()
        // Days 0 to 9 go, and every tenth file of the rest; too few for the manifests to be written anew.
        let gone = files[..<100] + files[100...].enumerated().filter { $0.offset % 100 == 0 }.map(\.element)
        try table.commit(gone.prefix(60).map(ListedTable.removal))
        try table.log.writeState()
        #expect(try #require(table.log.baseManifest).files.tombstones.count == 60)
        // Versions after the state: more removals, one of them taken back.
        try table.commit(gone.dropFirst(60).map(ListedTable.removal))
        try table.commit([.add(files[3])])
        for filter in ["day < '2022-01-18'", "day >= '2022-01-18'", "day IS NOT NULL", "day = '2022-01-08'"]
            as [ByteString]
        {
            let found = ListedTable.paths(try table.search(filter))
            let parsed = try Filter(filter, schema: ListedTable.schema)
            let expected = table.paths { entry in
                parsed.evaluate { _ in entry.partitionValues.values[0].flatMap { ValueText.parse($0, .date) }
                }
                    == true
            }
            #expect(found == expected, "\(filter)")
        }
        #expect(ListedTable.paths(try table.search("day < '2022-01-18'")) == [files[3].path])
    }

    @Test("manifests with bounds are skipped by them, and those without are read")
    func testMixedBoundsAndNoBounds() throws {
        let table = try ListedTable()
        try table.commit((0..<1_000).map { .add(table.file(day: $0 / 10)) })
        try table.log.writeState()
        let outline = try TransactionLog.outline(storage: table.storage, table: "t")
        let value = ListedTable.day(55)
        let pruning = Pruning(
            try Filter("day = '" + value + "'", schema: ListedTable.schema), definition: outline.definition)
        var asked = 0
        let part = try outline.files { info in
            asked += 1
            return pruning.match(asked % 3 == 0 ? nil : info.partitionBounds) != .never
        }
        let withBounds = outline.manifests.indices.filter {
            ($0 + 1) % 3 != 0 && pruning.match(outline.manifests[$0].partitionBounds) != .never
        }
        #expect(part.readManifests == (withBounds + [2, 5, 8]).sorted())
        var found: Set<ByteString> = []
        part.files.forEach { if pruning.match($0) != .never { found.insert($0.path) } }
        #expect(found == table.paths { $0.partitionValues.values[0] == value } && found.count == 10)
    }

    @Test("statistics pass files over that partition values leave")
    func statistics() throws {
        let table = try ListedTable()
        try table.commit((0..<50).map { .add(table.file(day: $0 % 5, k: ($0 * 10)...($0 * 10 + 9))) })
        try table.log.writeState()
        let search = try table.search("day = '" + ListedTable.day(2) + "' AND k BETWEEN 115 AND 175")
        let counts = search.forEach { _ in }
        #expect(counts.listed == 2 && counts.skippedByPartitionValues == 40)
        #expect(counts.skippedByStatistics == 8)
    }

    @Test("an older version is searched in its own state; a mistake in a filter is told with its place")
    func versionsAndMistakes() throws {
        let table = try ListedTable()
        try table.commit([.add(table.file(day: 1))])
        try table.commit([.add(table.file(day: 1)), .add(table.file(day: nil))])
        #expect(try ListedTable.paths(table.search("day IS NOT NULL", at: Version(1))).count == 1)
        #expect(try ListedTable.paths(table.search("day IS NOT NULL")).count == 2)
        #expect(try ListedTable.paths(table.search(nil)).count == 3)
        #expect(try ListedTable.paths(table.search("day IS NULL")).count == 1)
        let error = try #require(throws: FilterError.self) { try table.search("dya = '2024-01-01'") }
        #expect(error.message.contains("did you mean \"day\"?"))
        #expect(throws: StoreError.self) { try table.search(nil, at: Version(9)) }
        #expect(throws: StoreError.self) { try FileSearch(table.storage, table: "absent") }
    }

    @Test("of a manifest in the order of partitions those blocks are read that may hold files of the filter")
    func blocks() throws {
        let seed = Seed.fresh()
        print("FileSearchTests seed \(seed): FIRN_SEED=\(seed) repeats it")
        var random = SeededGenerator(seed: seed)
        let table = try ListedTable(entriesPerManifest: 50_000)
        let regions: [ByteString?] = [nil, "", "1", "10", "9", "eu", "us"]
        let files = (0..<8_000).map { number in
            // A third of all has one day, so that the order goes on in the second column.
            let day = number % 3 == 0 ? 50 : number % 31 == 0 ? nil : Int.random(in: 0..<100, using: &random)
            return table.file(day: day, region: regions[number % 7])
        }
        try table.commit(files.map { .add($0) })
        try table.log.writeState()
        #expect(try table.search(nil).manifests.map(\.readCount) == [8_000])
        for (day, most) in [(7, 3_000), (93, 3_000), (50, 5_500)] {
            let search = try table.search("day = '" + ListedTable.day(day) + "'")
            #expect(search.manifests[0].readCount < most, "\(search.manifests[0].readCount)")
        }
        #expect(try table.search("day IS NULL").manifests[0].readCount < 3_000)
        var read = 0
        for _ in 0..<60 {
            func day() -> ByteString { "'" + ListedTable.day(Int.random(in: -5..<105, using: &random)) + "'" }
            let region = OracleLiteral.quoted((regions.randomElement(using: &random)! ?? "zz").bytes)
            let filters: [ByteString] = [
                "day = " + day(), "day BETWEEN " + day() + " AND " + day(), "day < " + day(),
                "NOT day <= " + day(),
                "day = '" + ListedTable.day(50) + "' AND region = " + region, "region = " + region,
                "day IS NULL AND region > " + region, "day = " + day() + " OR day = " + day(),
                "day IN (" + day() + ", " + day() + ", NULL)", "day != '" + ListedTable.day(50) + "'",
                "region IS NULL", "day > " + day() + " AND region LIKE '1%'", "k = 4 AND day >= " + day(),
            ]
            let text = filters.randomElement(using: &random)!
            let search = try table.search(text)
            let filter = try Filter(text, schema: ListedTable.schema)
            let expected = table.paths { entry in
                filter.evaluate { column in
                    switch filter.columns[column].name {
                    case "day": entry.partitionValues.values[0].flatMap { ValueText.parse($0, .date) }
                    case "region": entry.partitionValues.values[1].map { .bytes($0) }
                    default: .integer(4)
                    }
                } == true
            }
            #expect(ListedTable.paths(search) == expected, "FIRN_SEED=\(seed) \(text)")
            let counts = search.forEach { _ in }
            let all = counts.listed + counts.skippedByPartitionValues + counts.skippedByStatistics
            #expect(search.manifests[0].skipped != nil || all == 8_000)
            read += search.manifests[0].readCount
        }
        #expect(read < 60 * 6_500)
    }
}
