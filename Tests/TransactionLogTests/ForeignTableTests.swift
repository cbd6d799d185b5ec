import Bytes
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
    struct Expected: Sendable {
        var table: ByteString
        var version: Int64
        var files: Int
        var bytes: Int64
        var roots: [ByteString] = [""]
    }

    @Test(
        "a table opens at its newest state, with the totals that its hint tells",
        arguments: [
            Expected(table: "01_single_write", version: 1, files: 2, bytes: 11276),
            Expected(table: "03_with_removes", version: 4, files: 1, bytes: 5053),
            Expected(
                table: "04_partitioned", version: 1, files: 3, bytes: 16948,
                roots: ["date=2024-01-01", "date=2024-01-02", "date=2024-01-03"]),
            Expected(table: "05_many_transactions", version: 15, files: 30, bytes: 152_283),
            Expected(table: "06_schema_dedup", version: 12, files: 24, bytes: 158_371),
            Expected(table: "14_after_merge", version: 5, files: 1, bytes: 7689),
            Expected(table: "17_truncated_log", version: 9, files: 16, bytes: 82299),
        ])
    func opening(expected: Expected) throws {
        let state = try ForeignTables.open(expected.table).current
        #expect(state.version == Version(expected.version))
        #expect(state.definition.provider == "indextables")
        #expect(state.fileCount == expected.files)
        #expect(state.totalBytes == expected.bytes)
        #expect(state.files.rootPartitions().map(\.path) == expected.roots)
        #expect(state.timestamp > 1_775_000_000_000)
    }

    @Test("every fixture opens, and every version has as many files as its state says")
    func allVersions() throws {
        let storage = try DirectoryStorage(root: ForeignTables.directory, entropy: SeededEntropy())
        var count = 0
        for table in try storage.list("") {
            let log = try ForeignTables.open(table.name)
            for info in try log.versions() where info.version.rawValue > 0 {
                let state = try log.state(at: info.version)
                #expect(try Int64(state.fileCount) == log.stateManifest(at: info.version).fileCount)
                count += 1
            }
            #expect(try log.state(at: Version(0)).fileCount == 0, "\(table.name)")
        }
        #expect(count > 40)
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
