import Bytes
import Merge
import Metadata
import Planning
import Platform
import Records
import Storage
import Tables
import TestKit
import Testing
import TransactionLog

/// A table of random files whose rows are known.
private struct OracleTable {
    /// All columns: the two of partitions first.
    let columns: [OracleColumn]
    let schema: TableSchema
    let storage = MemoryStorage()
    let clock = ManualClock()
    let entropy: SeededEntropy
    let log: TransactionLog
    /// By path, each row with the partition's values first.
    var live: [ByteString: [[OracleValue?]]] = [:]

    private static let partitionTypes: [ColumnType] = [
        .int64, .uint64, .date, .decimal(precision: 24, scale: 3), .string, .int32, .boolean, .double,
        .timestamp(.microsecond, isUTC: true),
    ]

    init(_ random: inout SeededGenerator) throws {
        let second = Self.partitionTypes.randomElement(using: &random)!
        let types: [(ByteString, ColumnType)] = [
            ("part one", .string), ("p", second), ("s", .string), ("i", .int64), ("u", .uint64),
            ("d", .decimal(precision: 30, scale: 10)), ("x", .double),
            ("t", .timestamp(.microsecond, isUTC: true)), ("day", .date), ("b", .boolean),
        ]
        let made = types.enumerated().map { index, type in
            OracleColumn(TableSchema.Column(id: index + 1, name: type.0, type: type.1), &random)
        }
        columns = made
        schema = TableSchema(columns: made.map(\.column), partitionColumns: ["part one", "p"])
        entropy = SeededEntropy(seed: random.next())
        log = try TransactionLog.create(
            storage: storage, table: "t",
            definition: TableDefinition(
                id: "00112233445566778899aabbccddeeff", name: "t", kind: .append, schema: schema,
                createdTime: 1),
            actions: [
                .operation(.setProperty(name: "state.entriesPerManifest", value: "100")),
                .operation(.setProperty(name: "state.compaction.maxManifests", value: "1000")),
            ], clock: clock, entropy: entropy)
    }

    /// A file of a few rows of one partition, written as any is.
    mutating func file(_ random: inout SeededGenerator) throws -> FileEntry {
        let partition = [columns[0].cell(&random), columns[1].cell(&random)]
        let tuple = PartitionTuple(
            zip(partition, columns).map { cell, column in
                cell.typed.map { ValueText.text($0, column.column.type) }
            })
        let context = DataFileContext(
            tableID: "t", kind: .append, schema: schema, schemaID: log.current.schemaID ?? "",
            partitionValues: tuple, storage: storage, directory: "t", clock: clock, entropy: entropy)
        var builder = BatchBuilder(schema: schema.dataColumns)
        // Neighbouring values often, so that bounds are narrow now and then.
        let few = columns[2...].map { column in (0..<2).map { _ in column.cell(&random) } }
        var rows: [[OracleValue?]] = []
        for _ in 0..<Int.random(in: 1...5, using: &random) {
            let cells = few.map { $0.randomElement(using: &random)! }
            builder.append(row: cells.map(\.typed))
            rows.append((partition + cells).map(\.oracle))
        }
        let writer = DataFileWriter(context)
        try writer.append(builder.finish())
        let entry = try writer.finish()[0]
        live[entry.path] = rows
        return entry
    }

    func commit(_ actions: [Action]) throws {
        _ = try log.commit(
            Transaction(
                id: CommitID(high: entropy.uint64(), low: entropy.uint64()), operation: "TEST", session: nil,
                actions: actions))
    }

    /// Adds files in commits of random sizes, takes some away and brings some back, and writes states in between.
    mutating func fill(_ random: inout SeededGenerator) throws {
        for _ in 0..<Int.random(in: 3...8, using: &random) {
            var actions: [Action] = []
            for _ in 0..<Int.random(in: 1...8, using: &random) { actions.append(.add(try file(&random))) }
            try commit(actions)
            if Bool.random(using: &random), let path = live.keys.sorted().randomElement(using: &random),
                let entry = log.current.files.file(path: path)
            {
                let removal = Action.remove(
                    FileRemoval(
                        path: path, id: entry.id, deletionTimestamp: 0, dataChange: true,
                        sizeBytes: entry.sizeBytes))
                try commit([removal])
                if Bool.random(using: &random) { try commit([.add(entry)]) } else { live[path] = nil }
            }
            if Int.random(in: 0..<3, using: &random) > 0 {
                if Bool.random(using: &random) { try log.writeState() } else { try log.compactState() }
            }
        }
    }
}

@Suite("Pruning against an oracle")
struct PruningOracleTests {
    @Test("no file that has a row of the filter is passed over, and partition values decide exactly")
    func oracle() throws {
        let seed = Seed.fresh()
        print("PruningOracleTests seed \(seed): FIRN_SEED=\(seed) repeats it, FIRN_ROUNDS says how often")
        var random = SeededGenerator(seed: seed)
        var passedOver = (manifests: 0, byValues: 0, byStatistics: 0, always: 0)
        let rounds = Processes.environment("FIRN_ROUNDS").flatMap { Int($0.display) } ?? 6
        for round in 0..<rounds {
            var table = try OracleTable(&random)
            try table.fill(&random)
            for number in 0..<40 {
                let isOfPartitions = number % 3 == 0
                let condition = OracleCondition.random(
                    table.columns, of: isOfPartitions ? [0, 1] : Array(table.columns.indices),
                    depth: Int.random(in: 1...4, using: &random), &random)
                let text = condition.text(table.columns)
                let comment: Comment = "FIRN_SEED=\(seed) round \(round): \(text)"
                let search = try FileSearch(table.storage, table: "t", where: text)
                var listed: Set<ByteString> = []
                let counts = search.forEach { listed.insert($0.path) }
                #expect(counts.listed == listed.count, comment)
                passedOver.manifests += search.manifests.count { $0.skipped != nil }
                passedOver.byValues += counts.skippedByPartitionValues
                passedOver.byStatistics += counts.skippedByStatistics
                let matching = table.live.filter { $0.value.contains { condition.truth($0) == true } }
                let missing = Set(matching.keys).subtracting(listed)
                #expect(missing.isEmpty, comment)
                #expect(listed.isSubset(of: table.live.keys), comment)
                if isOfPartitions { #expect(listed == Set(matching.keys), comment) }
                passedOver.always += try checkMatches(table, condition, text, comment)
            }
        }
        // A test that passes nothing over tests nothing.
        print("PruningOracleTests passed over \(passedOver)")
        #expect(passedOver.manifests > 0 && passedOver.byValues > 0 && passedOver.byStatistics > 0)
        #expect(passedOver.always > 0)
    }

    /// Whoever removes files by a filter relies on `always`; returns how often it was answered.
    private func checkMatches(
        _ table: OracleTable, _ condition: OracleCondition, _ text: ByteString, _ comment: Comment
    ) throws -> Int {
        let pruning = Pruning(
            try Filter(text, schema: table.schema), definition: table.log.current.definition,
            schemaRegistry: table.log.current.schemaRegistry)
        var always = 0
        table.log.current.files.forEach { file in
            let truths = table.live[file.path]!.map { condition.truth($0) }
            switch pruning.match(file) {
            case .always:
                always += 1
                #expect(truths.allSatisfy { $0 == true }, "\(comment): \(file.path)")
            case .never: #expect(!truths.contains(true), "\(comment): \(file.path)")
            case .maybe: #expect(!pruning.isOfPartitionsOnly, "\(comment): \(file.path)")
            }
        }
        let outline = try TransactionLog.outline(storage: table.storage, table: "t")
        for info in outline.manifests where pruning.match(info.partitionBounds) == .always {
            let part = try outline.files { $0.path == info.path }
            part.files.forEach { file in
                guard file.addedAtVersion <= outline.base?.version ?? file.addedAtVersion else { return }
                #expect(table.live[file.path]!.allSatisfy { condition.truth($0) == true }, comment)
            }
        }
        return always
    }

    /// As IndexTables compares two values of any column.
    private static func precedes(_ a: ByteString, _ b: ByteString) -> Bool {
        if let x = Int64(a.display), let y = Int64(b.display) { return x < y }
        if let x = Double(a.display), let y = Double(b.display) { return x < y }
        return Array(a.display.utf16).lexicographicallyPrecedes(Array(b.display.utf16))
    }

    @Test("bounds that IndexTables made of words, of whole numbers and of typed values hide nothing")
    func foreignOracle() throws {
        let seed = Seed.fresh()
        print("PruningOracleTests, bounds of others, seed \(seed): FIRN_SEED=\(seed) repeats it")
        var random = SeededGenerator(seed: seed)
        let words = OracleColumn.texts.filter {
            Double($0) == nil && !"0123456789-".contains($0.first ?? "a")
        }
        let numbers = (0..<40).map { "\($0 * $0 - 100)" }
        let days = (1...28).map { "2024-01-\($0 < 10 ? "0" : "")\($0)" }
        var skipped = 0
        for round in 0..<600 {
            let types: [ColumnType] = [
                .string, .string, .string, .int64, .double, .date, .decimal(precision: 15, scale: 3),
                .decimal(precision: 30, scale: 10), .timestamp(.microsecond, isUTC: true), .boolean,
            ]
            let type = types.randomElement(using: &random)!
            let column = OracleColumn(TableSchema.Column(id: 1, name: "p", type: type), &random)
            let pool =
                type == .string
                ? [words, numbers, days].randomElement(using: &random)!.map {
                    OracleCell(typed: .bytes(ByteString($0)), oracle: .text(Array($0.utf8)))
                } + [OracleCell(typed: .bytes(""), oracle: .text([])), .null]
                : column.pool
            let cells = (0..<Int.random(in: 1...5, using: &random)).map { _ in
                pool.randomElement(using: &random)!
            }
            let texts = cells.compactMap { $0.typed.map { ValueText.text($0, type) } }.filter { !$0.isEmpty }
            var low = texts.first
            var high = texts.first
            for text in texts.dropFirst() {
                if Self.precedes(text, low!) { low = text }
                if Self.precedes(high!, text) { high = text }
            }
            let schema = TableSchema(columns: [column.column], partitionColumns: ["p"])
            var definition = TableDefinition(
                id: "x", name: "t", kind: .append, schema: schema, createdTime: 1)
            definition.provider = "indextables"
            for _ in 0..<10 {
                let condition = OracleCondition.random(
                    [column], of: [0], depth: Int.random(in: 1...3, using: &random), &random)
                let text = condition.text([column])
                let pruning = Pruning(try Filter(text, schema: schema), definition: definition)
                let bounds = [PartitionBounds(column: "p", min: low, max: high, hasNull: nil)]
                guard pruning.match(bounds) != .maybe else { continue }
                skipped += 1
                let truths = cells.map { condition.truth([$0.oracle]) }
                let comment: Comment = "FIRN_SEED=\(seed) round \(round): \(text) over \(texts)"
                #expect(!truths.contains(true) || pruning.match(bounds) == .always, comment)
                #expect(truths.allSatisfy { $0 == true } || pruning.match(bounds) == .never, comment)
            }
        }
        #expect(skipped > 100)
    }
}
