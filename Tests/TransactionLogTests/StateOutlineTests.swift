import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("States in outline")
struct StateOutlineTests {
    static func outline(
        _ table: TestTable, at version: Version? = nil, _ storage: (any ObjectStorage)? = nil,
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) throws -> StateOutline {
        var options = TestTable.options
        options.warn = warn
        return try TransactionLog.outline(
            storage: storage ?? table.storage, table: "t", at: version, options: options)
    }

    static func month(_ entry: FileEntry) -> Int? {
        entry.partitionValues.values[0]?.utf8Text.flatMap { Int($0) }
    }

    /// Whether a manifest's bounds leave room for the month.
    static func holds(_ info: ManifestInfo, month: Int) -> Bool {
        guard let bounds = info.partitionBounds?.first, let min = bounds.min?.utf8Text.flatMap({ Int($0) }),
            let max = bounds.max?.utf8Text.flatMap({ Int($0) })
        else { return info.partitionBounds == nil }
        return min <= month && month <= max
    }

    static func entries(_ files: FileSet) -> [FileEntry] {
        var entries: [FileEntry] = []
        files.forEach { entries.append($0.entry) }
        return entries.sorted { $0.path < $1.path }
    }

    /// A table whose state has one manifest a month, and versions after it.
    static func monthly(_ storage: any ObjectStorage = MemoryStorage()) throws -> TestTable {
        let table = try TestTable(
            storage: storage, partitioned: true,
            actions: [.operation(.setProperty(name: "state.entriesPerManifest", value: "100"))])
        for month in 1...12 {
            _ = try table.log.commit(table.adding(months: Array(repeating: month, count: 100)))
            _ = try table.log.writeState()
        }
        return table
    }

    @Test("the files of a partition are read from the manifests whose bounds hold it, and from no other")
    func testFilterByPartition() throws {
        let memory = MemoryStorage()
        let table = try Self.monthly(memory)
        _ = try table.log.commit(table.adding(months: [3, 4]))
        let before = memory.operationCount
        let part = try Self.outline(table).files { Self.holds($0, month: 3) }
        let reads = memory.operations[before...].filter { $0.contains("manifests/") }
        #expect(part.readManifests.count == 1)
        let name = part.outline.manifests[part.readManifests[0]].path.display
        #expect(reads.count == 1 && reads[0].contains(name))
        let all = TestTable.files(table.log.current)
        #expect(
            Self.entries(part.files).filter { Self.month($0) == 3 } == all.filter { Self.month($0) == 3 })
        // What came after the state is there too, whatever it is.
        #expect(part.files.count == 102)
        #expect(part.outline.tail.map(\.version) == [Version(13)])
    }

    @Test("whatever is added, removed and taken back, the files of a month are those of the whole state")
    func model() throws {
        let seed = Seed.fresh()
        print("StateOutlineTests seed \(seed): FIRN_SEED=\(seed) repeats it")
        var random = SeededGenerator(seed: seed)
        let table = try TestTable(
            seed: seed, partitioned: true,
            actions: [
                .operation(.setProperty(name: "state.entriesPerManifest", value: "100")),
                .operation(.setProperty(name: "state.compaction.maxManifests", value: "4")),
            ])
        var live: [ByteString: FileEntry] = [:]
        var gone: [ByteString: FileEntry] = [:]
        for round in 0..<60 {
            var actions: [Action] = []
            var touched: Set<ByteString> = []
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                let entry = table.file(month: Int.random(in: 1...12, using: &random))
                live[entry.path] = entry
                touched.insert(entry.path)
                actions.append(.add(entry))
            }
            for _ in 0..<Int.random(in: 0...9, using: &random) {
                let candidates = live.keys.filter { !touched.contains($0) }.sorted()
                guard let path = candidates.randomElement(using: &random), let entry = live[path] else {
                    break
                }
                touched.insert(path)
                actions.append(TestTable.removal(entry))
                live[path] = nil
                gone[path] = entry
                // Taken back at once, now and then.
                if Int.random(in: 0..<3, using: &random) == 0 {
                    actions.append(.add(entry))
                    live[path] = entry
                    gone[path] = nil
                }
            }
            if let path = gone.keys.sorted().randomElement(using: &random), !touched.contains(path) {
                actions.append(.add(gone[path]!))
                live[path] = gone[path]
                gone[path] = nil
            }
            let done = try table.log.commit(table.transaction(actions))
            var ordinal: Int32 = 0
            for case .add(let entry) in done.actions {
                if live[entry.path] != nil {
                    live[entry.path]!.addedAtVersion = done.version
                    live[entry.path]!.addedAtTimestamp = done.timestamp
                    live[entry.path]!.ordinal = ordinal
                }
                ordinal += 1
            }
            if Int.random(in: 0..<3, using: &random) == 0 { _ = try table.log.writeState() }
            let month = Int.random(in: 1...12, using: &random)
            let part = try Self.outline(table).files { Self.holds($0, month: month) }
            let comment: Comment = "FIRN_SEED=\(seed) round \(round) month \(month)"
            let found = Self.entries(part.files).filter { Self.month($0) == month }
            let expected = live.values.filter { Self.month($0) == month }.sorted { $0.path < $1.path }
            #expect(found == expected, comment)
            #expect(part.outline.version == table.log.current.version, comment)
            #expect(part.outline.timestamp == table.log.current.timestamp, comment)
            #expect(part.outline.definition == table.log.current.definition, comment)
            #expect(part.outline.schemaRegistry == table.log.current.schemaRegistry, comment)
            let whole = try Self.outline(table).files { _ in true }
            #expect(Self.entries(whole.files) == TestTable.files(table.log.current), comment)
        }
    }

    @Test("an older version has its own state and its own tail")
    func olderVersion() throws {
        let table = try Self.monthly()
        _ = try table.log.commit(table.adding(months: [7]))
        _ = try table.log.commit(table.adding(months: [7]))
        for version in [0, 1, 5, 12, 13, 14] {
            let outline = try Self.outline(table, at: Version(Int64(version)))
            #expect(outline.version == Version(Int64(version)))
            let expected = try table.log.state(at: Version(Int64(version)))
            #expect(Self.entries(try outline.files { _ in true }.files) == TestTable.files(expected))
        }
        #expect(throws: LogError.self) { try Self.outline(table, at: Version(15)) }
    }

    @Test(
        "a damaged manifest that is needed makes the state before serve; one that is not needed is not seen")
    func damage() throws {
        let memory = MemoryStorage()
        let table = try Self.monthly(memory)
        let newest = try #require(table.log.baseManifest).files.manifests
        let victim = try #require(newest.last { Self.holds($0, month: 12) })
        let key = table.log.path.directory + victim.path
        var bytes = try memory.get(key)
        bytes[bytes.count / 2] ^= 1
        try memory.delete(key)
        try memory.putIfAbsent(key, bytes)
        let warnings = Mutex<[String]>([])
        let warn: @Sendable (String) -> Void = { text in warnings.withLock { $0.append(text) } }
        let other = try Self.outline(table, warn: warn).files { Self.holds($0, month: 2) }
        #expect(warnings.withLock { $0.isEmpty } && other.outline.base?.version == Version(12))
        let part = try Self.outline(table, warn: warn).files { Self.holds($0, month: 12) }
        #expect(warnings.withLock { $0.count == 1 && $0[0].contains(victim.path.display) })
        #expect(part.outline.base?.version == Version(11))
        #expect(part.outline.tail.map(\.version) == [Version(12)])
        #expect(part.files.count == 100)
    }

    @Test("what a state's tombstones name is not among the files of the manifests read")
    func tombstones() throws {
        let table = try Self.monthly()
        let files = TestTable.files(table.log.current).filter { Self.month($0) == 5 }
        _ = try table.log.commit(table.removing(Array(files[..<7])))
        _ = try table.log.writeState()
        let part = try Self.outline(table).files { Self.holds($0, month: 5) }
        #expect(part.outline.tail.isEmpty)
        #expect(part.files.count == 93)
        #expect(part.outline.manifests[part.readManifests[0]].liveEntryCount == 93)
    }
}

@Suite(
    "Tables of IndexTables in outline",
    .enabled(if: ForeignTables.isAvailable, Comment(rawValue: ForeignTables.requirement)))
struct ForeignOutlineTests {
    @Test(
        "all of a table's files in outline are those of its whole state",
        arguments: [
            "01_single_write", "03_with_removes", "04_partitioned", "05_many_transactions",
            "06_schema_dedup", "14_after_merge", "17_truncated_log",
        ] as [ByteString])
    func whole(table: ByteString) throws {
        let state = try ForeignTables.open(table).current
        let outline = try TransactionLog.outline(
            storage: DirectoryStorage(root: ForeignTables.directory, entropy: SeededEntropy()), table: table)
        #expect(outline.version == state.version && outline.isForeign)
        #expect(outline.definition == state.definition)
        #expect(
            StateOutlineTests.entries(try outline.files { _ in true }.files) == TestTable.files(state))
        let none = try outline.files { _ in false }
        #expect(none.readManifests.isEmpty && none.files.isEmpty)
    }
}
