import Avro
import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("Reading manifests")
struct ManifestReadingTests {
    /// A table whose state at its newest version lists these files, in manifests of so many.
    private static func table(
        _ files: (TestTable) -> [FileEntry], perManifest: Int = 50_000, compression: ByteString = "zstd",
        storage: any ObjectStorage = MemoryStorage()
    ) throws -> TestTable {
        let table = try TestTable(
            storage: storage, partitioned: true,
            actions: [
                .operation(
                    .setProperty(name: "state.entriesPerManifest", value: ByteString("\(perManifest)"))),
                .operation(.setProperty(name: "state.compression", value: compression)),
            ])
        _ = try table.log.commit(table.transaction(files(table).map { .add($0) }))
        _ = try table.log.writeState()
        return table
    }

    /// What another process reads, from the state alone.
    private static func reopened(_ table: TestTable) throws -> TableState {
        let log = try table.open()
        #expect(log.baseManifest?.version == log.current.version)
        return log.current
    }

    private static func fullFile(_ table: TestTable, month: Int = 7) -> FileEntry {
        var file = table.file(month: month)
        file.dataChange = false
        file.stats = "{\"nullCount\":{\"k\":0}}"
        file.minValues = [.init(column: "k", text: "-1"), .init(column: "x", text: "")]
        file.maxValues = [.init(column: "k", text: "9"), .init(column: "x", text: ByteString([0xC3, 0xA9]))]
        file.rowCount = 1 << 40
        file.footerStartOffset = 90
        file.footerEndOffset = 104
        file.tags = ["cold", "", "x"]
        file.mergeOperationCount = 3
        file.uncompressedSizeBytes = 1 << 35
        file.partition = PartitionID("00000000000000aa")
        file.minKey = ByteString([0])
        file.maxKey = ByteString([0xFF, 0])
        file.minSequence = 0
        file.maxSequence = 1 << 50
        file.deletedRowCount = 12
        file.job = JobID(UInt64.max - 1)
        file.source = "in%20put.csv"
        return file
    }

    /// With nothing that may be absent.
    private static func bareFile(_ table: TestTable, month: Int = 7) -> FileEntry {
        var file = table.file(month: month)
        file.rowCount = nil
        file.minValues = nil
        file.minKey = nil
        file.maxKey = nil
        file.schemaID = nil
        return file
    }

    private static func expectFiles(_ state: TableState, _ expected: [FileEntry], at version: Int64 = 1) {
        let found = TestTable.files(state)
        #expect(found.count == expected.count)
        let ordinals = Dictionary(
            uniqueKeysWithValues: expected.enumerated().map { ($0.element.path, Int32($0.offset)) })
        for (file, entry) in zip(found, expected.sorted { $0.path < $1.path }) {
            var entry = entry
            entry.addedAtVersion = Version(version)
            entry.addedAtTimestamp = state.timestamp
            entry.ordinal = ordinals[entry.path] ?? -1
            #expect(file == entry)
        }
    }

    @Test(
        "every field of an entry is read", arguments: ["zstd", "snappy", "deflate", "none"] as [ByteString])
    func testReadAllFields(compression: ByteString) throws {
        let files = Mutex<[FileEntry]>([])
        let table = try Self.table(
            { table in
                let made = [Self.fullFile(table), table.file(month: 1), Self.fullFile(table, month: 10)]
                files.withLock { $0 = made }
                return made
            }, compression: compression)
        let state = try Self.reopened(table)
        Self.expectFiles(state, files.withLock { $0 })
        let full = try #require(state.files.view(files.withLock { $0[0].id }))
        // What is asked of every file needs no record.
        #expect(!full.dataChange && full.job == JobID(UInt64.max - 1))
        #expect(full.keyRange?.min == ByteString([0]) && full.keyRange?.max == ByteString([0xFF, 0]))
        #expect(full.partition == PartitionID("00000000000000aa"))
        #expect(full.schemaID == table.log.current.schemaID && full.addedAtTimestamp > 0)
        var cursor = FileRecordCursor()
        #expect(
            full.statistics(of: ["x", "none", "k"], &cursor)
                == [
                    .init(min: "", max: ByteString([0xC3, 0xA9])), .init(),
                    .init(min: "-1", max: "9", nullCount: 0),
                ])
    }

    @Test("an optional field that is null is read as absent, one that is empty as empty")
    func testReadNullableFields() throws {
        let files = Mutex<[FileEntry]>([])
        let table = try Self.table { table in
            var empty = Self.bareFile(table)
            empty.stats = ""
            empty.minValues = []
            empty.maxValues = []
            empty.tags = []
            empty.source = ""
            empty.minKey = ""
            empty.rowCount = 0
            empty.footerStartOffset = 0
            var noPartition = Self.bareFile(table)
            noPartition.partitionValues = PartitionTuple([nil])
            let made = [Self.bareFile(table), empty, noPartition, Self.fullFile(table)]
            files.withLock { $0 = made }
            return made
        }
        let state = try Self.reopened(table)
        Self.expectFiles(state, files.withLock { $0 })
        let bare = try #require(state.files.view(files.withLock { $0[0].id }))
        #expect(bare.rowCount == nil && bare.keyRange == nil && bare.job == nil && bare.dataChange)
        #expect(bare.entry.stats == nil && bare.entry.minValues == nil && bare.entry.tags == nil)
    }

    @Test("a manifest of many entries over several blocks is read, in any order of asking")
    func testReadMultipleEntries() throws {
        let files = Mutex<[FileEntry]>([])
        let seed = Seed.fresh()
        let table = try Self.table { table in
            let made = (0..<3_000).map { index -> FileEntry in
                var file = index % 3 == 0 ? Self.fullFile(table, month: 1 + index % 12) : table.file(month: 1)
                if index % 7 == 0 { file = Self.bareFile(table, month: 2) }
                file.source = ByteString(String(repeating: "s", count: index % 300))
                return file
            }
            files.withLock { $0 = made }
            return made
        }
        let state = try Self.reopened(table)
        Self.expectFiles(state, files.withLock { $0 })
        let bytes = try table.storage.get(
            table.log.path.directory + (try #require(table.log.baseManifest).files.manifests[0].path))
        var blocks = 0
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.forEachBlock { (_, decoder) throws(DecodeError) in
                blocks += 1
                _ = try decoder.fixed(decoder.remaining)
            }
        }
        #expect(blocks > 3)
        var generator = SeededGenerator(seed: seed)
        let expected = Dictionary(uniqueKeysWithValues: files.withLock { $0 }.map { ($0.id, $0.source) })
        let segment = try #require(state.files.slots.first).segment
        for _ in 0..<200 {
            let view = segment[Int(generator.next() % UInt64(segment.count))]
            #expect(view.entry.source == expected[view.id], "seed \(seed)")
        }
    }

    @Test("a manifest of more than a hundred thousand entries is read whole")
    func testReadLargeManifest() throws {
        let count = 100_500
        let table = try Self.table(
            { table in
                (0..<count).map { index in
                    var file = table.file(month: index % 12)
                    file.sizeBytes = Int64(index)
                    return file
                }
            }, perManifest: 200_000)
        #expect(table.log.baseManifest?.files.manifests.map(\.entryCount) == [Int64(count)])
        let state = try Self.reopened(table)
        #expect(state.fileCount == count)
        #expect(state.totalBytes == Int64(count * (count - 1) / 2))
        var paths: Set<ByteString> = []
        state.files.forEach { paths.insert($0.path) }
        var expected: Set<ByteString> = []
        table.log.current.files.forEach { expected.insert($0.path) }
        #expect(paths.count == count && paths == expected)
    }

    @Test(
        "manifests are read at the same time, and what they list is the same whatever the number of threads")
    func testParallelManifestRead() throws {
        let memory = MemoryStorage()
        let meeting = MeetingStorage(memory)
        let table = try Self.table(
            { table in (0..<1_000).map { table.file(month: $0 % 12) } }, perManifest: 100, storage: memory)
        #expect(table.log.baseManifest?.files.manifests.count == 10)
        var options = TestTable.options
        for threads in [1, 2, 3, 8] {
            options.readParallelism = threads
            meeting.expect(threads > 1 ? 2 : 1)
            let opened = try TransactionLog.open(
                storage: meeting, table: "t", clock: table.clock, entropy: table.entropy, options: options)
            #expect(opened.baseManifest?.version == Version(1))
            StateTests.expectEqual(opened.current, table.log.current)
            // Slots stand in the order of the state's manifests.
            let counts = opened.current.files.slots.map(\.segment.count)
            #expect(counts == table.log.baseManifest?.files.manifests.map { Int($0.entryCount) })
            let first = opened.current.files.slots.map { $0.segment[0].path }
            #expect(first == table.log.current.files.slots.map { $0.segment[0].path })
        }
    }

    @Test(
        "a cursor gives each record as it stands in its manifest",
        arguments: ["zstd", "snappy", "none"] as [ByteString])
    func records(compression: ByteString) throws {
        let table = try Self.table(
            { table in
                (0..<1_500).map { index in
                    var file = index % 2 == 0 ? Self.fullFile(table) : table.file(month: 2)
                    file.source = ByteString(String(repeating: "t", count: index % 400))
                    return file
                }
            }, compression: compression)
        let state = try Self.reopened(table)
        let segment = try #require(state.files.slots.first).segment
        var cursor = FileRecordCursor()
        var found: [UInt8] = []
        for row in 0..<segment.count {
            let isThere: Void? = cursor.withRecord(of: row, in: segment) { found += Array($0) }
            #expect(isThere != nil)
        }
        let bytes = try table.storage.get(
            table.log.path.directory + (try #require(table.log.baseManifest).files.manifests[0].path))
        var expected: [UInt8] = []
        try AvroFileReader.reading(bytes) { (file) throws(DecodeError) in
            try file.forEachBlock { (_, decoder) throws(DecodeError) in
                expected += Array(try decoder.fixed(decoder.remaining))
            }
        }
        #expect(found == expected)
        // What was never in a manifest has no record.
        _ = try table.log.commit(table.adding(months: [3]))
        let tail = try #require(table.log.current.files.slots.last).segment
        let absent: Void? = cursor.withRecord(of: 0, in: tail) { _ in }
        #expect(absent == nil)
    }

    @Test("details outlive their manifest, and go into the manifests written after it")
    func detailsWithoutFile() throws {
        let files = Mutex<[FileEntry]>([])
        let table = try Self.table({ table in
            let made = (0..<40).map { _ in Self.fullFile(table) }
            files.withLock { $0 = made }
            return made
        })
        let log = try table.open()
        for info in try #require(log.baseManifest).files.manifests {
            try table.storage.delete(table.log.path.directory + info.path)
        }
        Self.expectFiles(log.current, files.withLock { $0 })
        let removed = files.withLock { $0[0] }
        _ = try log.commit(table.removing([removed]))
        _ = try log.compactState()
        let other = try table.open()
        #expect(other.baseManifest?.version == Version(2))
        #expect(TestTable.files(other.current) == TestTable.files(log.current))
        #expect(other.current.fileCount == 39)
    }
}

/// A storage in which the first readers of manifests wait for each other.
private final class MeetingStorage: StorageLayer {
    private struct State {
        var missing = 0
    }

    let inner: MemoryStorage
    private let monitor = Monitor(State())

    init(_ inner: MemoryStorage) { self.inner = inner }

    /// The next so many reads of manifests return when all of them are under way.
    func expect(_ readers: Int) { monitor.update { $0.missing = readers } }

    func get(_ key: ByteString, range: Range<UInt64>?) throws(StorageError) -> [UInt8] {
        if key.display.contains("/manifests/") {
            monitor.update { $0.missing -= 1 }
            _ = monitor.wait { $0.missing <= 0 ? true : nil }
        }
        return try inner.get(key, range: range)
    }
}
