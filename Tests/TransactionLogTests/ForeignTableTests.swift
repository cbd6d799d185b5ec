import Bytes
import Compression
import Metadata
import Platform
import Records
import Storage
import TestKit
import Testing
import TransactionLog

/// Tables that IndexTables wrote, at `FIRN_FIXTURES` or beside the package.
enum ForeignTables {
    static let requirement = "needs the tables of FIRN_FIXTURES (../shared/fixtures), which are not there"

    static let directory: ByteString = {
        if let named = Processes.environment("FIRN_FIXTURES") { return named + "/indextables" }
        let here = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        return ByteString("/" + here + "/../shared/fixtures/indextables")
    }()

    static var isAvailable: Bool { ((try? FileSystemCalls.status(directory))?.isDirectory) ?? false }

    static func open(_ table: ByteString) throws -> TransactionLog {
        try TransactionLog.open(
            storage: DirectoryStorage(root: directory, entropy: SeededEntropy()), table: table,
            clock: ManualClock(), entropy: SeededEntropy(), options: SampleLog.options)
    }
}

@Suite(
    "Tables of IndexTables",
    .enabled(if: ForeignTables.isAvailable, Comment(rawValue: ForeignTables.requirement)))
struct ForeignTableTests {
    @Test(
        "every table has exactly the files, sizes, bounds and schemas that another reader finds in it",
        arguments: FixtureFacts.tables)
    func newestState(table: FixtureFacts.Table) throws {
        let state = try ForeignTables.open(table.name).current
        #expect(state.version == Version(table.version))
        #expect(state.definition.provider == "indextables" && state.tableProtocol.minReaderVersion == 4)
        #expect(state.fileCount == table.files.count)
        #expect(state.totalBytes == table.files.reduce(0) { $0 + $1.size })
        #expect(state.files.rootPartitions().map(\.path) == table.roots)
        #expect(state.timestamp == table.states.last?.createdAt)
        let schema = try #require(state.schemaRegistry[table.schema], "the registry's key is the hash")
        #expect(CRC32.checksum(of: schema.bytes) == table.schemaChecksum)
        let files = TestTable.files(state)
        #expect(files.map(\.path) == table.files.map(\.path))
        for (found, expected) in zip(files, table.files) {
            #expect(found.sizeBytes == expected.size && found.rowCount == expected.rows, "\(found.path)")
            #expect(
                found.footerStartOffset == expected.footerStart && found.footerEndOffset == expected.size
                    && found.uncompressedSizeBytes == expected.footerStart, "\(found.path)")
            #expect(
                found.mergeOperationCount == expected.mergeOperations && found.schemaID == table.schema
                    && found.addedAtTimestamp == expected.addedAt, "\(found.path)")
            #expect(found.addedAtVersion == Version(0), "no writer of these tables knew it")
            #expect(Self.text(found.minValues) == expected.min, "\(found.path)")
            #expect(Self.text(found.maxValues) == expected.max, "\(found.path)")
        }
    }

    private static func text(_ bounds: [FileEntry.ColumnText]?) -> ByteString? {
        bounds.map { bounds in
            let texts = bounds.map { $0.column + "=" + $0.text }.sorted()
            return ByteString(Array(texts.map(\.bytes).joined(separator: [UInt8(ascii: "|")])))
        }
    }

    @Test(
        "every state that a table has can be had, with its files, bytes and manifests",
        arguments: FixtureFacts.tables)
    func allStates(table: FixtureFacts.Table) throws {
        let log = try ForeignTables.open(table.name)
        #expect(try log.stateVersions() == table.states.map { Version($0.version) })
        for expected in table.states {
            let manifest = try log.stateManifest(at: Version(expected.version))
            #expect(manifest.createdAt == expected.createdAt)
            #expect(manifest.files.manifests.count == expected.manifests && manifest.files.tombstones.isEmpty)
            #expect(manifest.files.entryCount == expected.files)
            // What is called state 0 was written by a clean-up, after the state of version 8.
            guard expected.version > 0 else { continue }
            let state = try log.state(at: Version(expected.version))
            #expect(state.fileCount == expected.files && state.totalBytes == expected.bytes)
            #expect(state.timestamp == expected.createdAt)
        }
        #expect(try log.state(at: Version(0)).fileCount == 0)
    }

    @Test("changes are the differences of states, and add up", arguments: FixtureFacts.tables)
    func changes(table: FixtureFacts.Table) throws {
        let log = try ForeignTables.open(table.name)
        let newest = Version(table.version)
        let changes = try log.changes(from: Version(0), to: newest)
        #expect(changes.map(\.version) == (1...table.version).map { Version($0) })
        #expect(changes.map { $0.isDifference ? $0.after : nil } == (0..<table.version).map { Version($0) })
        #expect(changes.allSatisfy { $0.operations.isEmpty })
        var live: Set<ByteString> = []
        for change in changes {
            for removal in change.removed { #expect(live.remove(removal.path) != nil) }
            for file in change.added { #expect(live.insert(file.path).inserted) }
            let expected = try #require(table.states.first { $0.version == change.version.rawValue })
            #expect(live.count == expected.files && change.timestamp == expected.createdAt)
        }
        #expect(live == Set(table.files.map(\.path)))
        #expect(try log.changes(from: newest, to: newest).isEmpty)
        #expect(throws: LogError.self) { try log.changes(from: newest, to: newest.next) }
    }

    @Test("schema, partition values, bounds and footers are there")
    func contents() throws {
        let state = try ForeignTables.open("04_partitioned").current
        #expect(state.definition.partitionColumns == ["date"])
        let schema = try #require(state.definition.schema)
        #expect(schema.columns.map(\.name) == ["id", "date", "text", "score"])
        #expect(schema.columns.map(\.type) == [.int32, .string, .string, .double])
        let path: ByteString = "date=2024-01-01/part-28e62796-e5c7-40a8-8407-722f8f6524c3.split"
        let file = try #require(state.files.file(path: path))
        #expect(file.partitionValues.values == ["2024-01-01"])
        #expect(file.sizeBytes == 5671 && file.rowCount == 2 && file.footerStartOffset == 2332)
        #expect(
            file.maxValues.map(Set.init) == [
                FileEntry.ColumnText(column: "score", text: "20"),
                FileEntry.ColumnText(column: "id", text: "2"),
                FileEntry.ColumnText(column: "text", text: "doc2"),
            ])
    }

    @Test("nothing is written: no commit, no state, no expiry")
    func readOnly() throws {
        let log = try ForeignTables.open("05_many_transactions")
        do {
            _ = try log.commit(
                Transaction(id: CommitID(high: 1, low: 2), operation: "TEST", session: nil, actions: []))
            Issue.record("it was committed to")
        } catch {
            guard case CommitError.foreign = error else { throw error }
        }
        #expect(throws: LogError.self) { try log.writeState() }
        #expect(throws: LogError.self) { try log.expire(states: [Version(1)], versionFiles: [Version(0)]) }
    }
}

@Suite("Version files of IndexTables")
struct ForeignVersionFileTests {
    static let first = """
        {"protocol":{"minReaderVersion":4,"minWriterVersion":4,"readerFeatures":null,"writerFeatures":null}}
        {"metaData":{"id":"a-b","name":null,"format":{"provider":"indextables","options":{}},\
        "schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"d\\",\\"type\\":\\"date\\"},\
        {\\"name\\":\\"r\\",\\"type\\":\\"string\\"},{\\"name\\":\\"n\\",\\"type\\":\\"decimal(10,2)\\"},\
        {\\"name\\":\\"s\\",\\"type\\":{\\"type\\":\\"struct\\",\\"fields\\":[]}}]}",\
        "partitionColumns":["r","d"],"configuration":{},"createdTime":17}}

        """
    static let second = """
        {"add":{"path":"r=eu/d=2024-01-01/part-1.split","partitionValues":{"d":"2024-01-01","r":"eu"},\
        "size":10,"modificationTime":99,"dataChange":true,"numRecords":null,"extra":[1]}}
        {"add":{"path":"part-2.split","partitionValues":{"r":"us"},"size":11,"modificationTime":98}}

        """
    static let third = """
        {"remove":{"path":"part-2.split","deletionTimestamp":120,"dataChange":true}}
        {"remove":{"path":"never-there.split"}}
        {"mergeskip":{"path":"part-1.split","skipTimestamp":1,"reason":"unreadable"}}

        """

    static func put(_ texts: [String], _ encode: ([UInt8]) -> [UInt8]) throws -> MemoryStorage {
        let storage = MemoryStorage()
        for (number, text) in texts.enumerated() {
            try storage.putIfAbsent(
                SampleLog.path.versionFile(Version(Int64(number))), encode(Array(text.utf8)))
        }
        return storage
    }

    static func open(_ storage: MemoryStorage) throws -> TransactionLog {
        try TransactionLog.open(
            storage: storage, table: SampleLog.table, clock: ManualClock(), entropy: SeededEntropy(),
            options: SampleLog.options)
    }

    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try ProcessRunner.run(["/bin/gzip", "-c"], input: bytes).standardOutput
    }

    @Test("plain, gzip and gzip behind 01 01 are one table", arguments: ["plain", "gzip", "0101"])
    func encodings(encoding: String) throws {
        let storage = try Self.put([Self.first, Self.second, Self.third]) { bytes in
            guard encoding != "plain", let packed = try? Self.gzip(bytes) else { return bytes }
            return encoding == "0101" ? [1, 1] + packed : packed
        }
        let bytes = try storage.get(SampleLog.path.versionFile(Version(1)))
        #expect(
            bytes.prefix(2)
                == (encoding == "plain" ? [0x7B, 0x22] : encoding == "gzip" ? [0x1F, 0x8B] : [1, 1]))
        let log = try Self.open(storage)
        let state = log.current
        #expect(state.version == Version(2))
        #expect(
            state.definition.provider == "indextables" && state.definition.partitionColumns == ["r", "d"])
        #expect(
            state.definition.schema?.columns.map(\.type)
                == [.date, .string, .decimal(precision: 10, scale: 2), .undecided])
        #expect(state.filePaths == ["r=eu/d=2024-01-01/part-1.split"])
        let before = try log.state(at: Version(1))
        #expect(before.files.file(path: "part-2.split")?.partitionValues.values == ["us", nil])
        #expect(
            before.files.file(path: "r=eu/d=2024-01-01/part-1.split")?.partitionValues.values
                == ["eu", "2024-01-01"])
        #expect(state.timestamp == 120)
    }

    @Test("a version that another program adds is found")
    func refresh() throws {
        let storage = try Self.put([Self.first, Self.second]) { $0 }
        let log = try Self.open(storage)
        try storage.putIfAbsent(SampleLog.path.versionFile(Version(2)), Array(Self.third.utf8))
        #expect(try log.refresh().fileCount == 1)
    }

    @Test(
        "what is not known is refused, with its reason",
        arguments: [
            ("{\"shred\":{}}\n", "the action \"shred\" is unknown"),
            ("{\"protocol\":{\"minReaderVersion\":9}}\n", "protocol 9"),
            ("{\"protocol\":{\"minReaderVersion\":4,\"readerFeatures\":[\"z\"]}}\n", "feature \"z\""),
            ("{\"add\":{\"path\":\"x\"}}\n", "add.size is missing"),
        ])
    func refusals(line: String, reason: String) throws {
        let storage = try Self.put([Self.first, Self.second, "{\"remove\":{\"path\":\"x\"}}\n" + line]) { $0 }
        do {
            _ = try Self.open(storage)
            Issue.record("it was opened")
        } catch {
            #expect("\(error)".contains(reason), "\(error)")
            #expect("\(error)".contains("line 2"), "\(error)")
        }
        let packed = try Self.put([Self.first]) { [1, 7] + $0 }
        #expect(throws: LogError.self) { try Self.open(packed) }
    }
}
