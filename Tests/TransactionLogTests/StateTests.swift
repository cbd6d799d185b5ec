import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("States")
struct StateTests {
    /// A table with every kind of entry that a state carries.
    static func fullTable() throws -> TestTable {
        let table = try TestTable(partitioned: true)
        let files = [1, 2, 10, 10].map { table.file(month: $0) }
        _ = try table.log.commit(table.transaction(files.map { .add($0) }))
        let root = PartitionID("month=10")
        let tuple = PartitionTuple(["10"])
        let (left, right) = (PartitionID("00000000000000a1"), PartitionID("00000000000000a2"))
        let key = ByteString([0x80, 0xFF])
        _ = try table.log.commit(
            table.transaction([
                .operation(
                    .putPartition(
                        Partition(
                            id: root, root: tuple, parent: nil, children: [left, right], minKey: nil,
                            maxKey: nil))),
                .operation(
                    .putPartition(Partition(id: left, root: tuple, parent: root, minKey: nil, maxKey: key))),
                .operation(
                    .putPartition(Partition(id: right, root: tuple, parent: root, minKey: key, maxKey: nil))),
                .operation(
                    .splitReference(ReferenceSplit(halving: files[2], in: root, into: [left, right]))),
            ]))
        _ = try table.log.commit(table.removing([files[0]]))
        _ = try table.log.commit(
            table.transaction([
                .operation(
                    .putJob(
                        Job(
                            id: JobID(5), partition: left, inputs: [files[2].id], status: .waiting,
                            session: nil,
                            strategy: "basic", reason: "because"))),
                .operation(.setProperty(name: "compaction.fanIn", value: "3")),
                .operation(.putTag(name: "release", version: Version(2))),
                .operation(.declareDead(SessionID(0xdead))),
                .operation(
                    .receipt(IngestReceipt(name: "a.csv", contentHash: "00ff", rowCount: 3, fileCount: 1))),
            ]))
        return table
    }

    static func expectEqual(_ left: TableState, _ right: TableState, _ comment: Comment? = nil) {
        #expect(left.version == right.version, comment)
        #expect(left.timestamp == right.timestamp, comment)
        #expect(left.definition == right.definition, comment)
        #expect(left.tableProtocol == right.tableProtocol, comment)
        #expect(left.schemaRegistry == right.schemaRegistry, comment)
        #expect(left.properties == right.properties, comment)
        #expect(left.tags == right.tags, comment)
        #expect(Set(left.jobs.values) == Set(right.jobs.values), comment)
        #expect(left.receipts.all == right.receipts.all, comment)
        #expect(left.deadSessions == right.deadSessions, comment)
        #expect(TestTable.files(left) == TestTable.files(right), comment)
        #expect(left.totalBytes == right.totalBytes, comment)
        #expect(left.totalRows == right.totalRows, comment)
        #expect(left.garbage.sorted() == right.garbage.sorted(), comment)
        #expect(left.partitions.sorted() == right.partitions.sorted(), comment)
        #expect(Set(left.references.entries.values) == Set(right.references.entries.values), comment)
    }

    @Test("a state says all that replay says, and replay goes on from it")
    func roundTrip() throws {
        let table = try Self.fullTable()
        let replayed = try table.open().current
        #expect(
            try table.log.writeState()
                == .written(
                    StateSummary(try table.log.stateManifest(at: Version(4)))))
        Self.expectEqual(table.log.current, replayed)
        // From the state alone, without the version files before it.
        for version in 0...4 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        Self.expectEqual(try table.open().current, replayed)
        _ = try table.log.commit(table.adding(months: [3]))
        Self.expectEqual(try table.open().current, table.log.current)
    }

    @Test(
        "many small manifests become few, sorted by the partitions' declared type, with bounds and null flags"
    )
    func compaction() throws {
        let table = try TestTable(
            partitioned: true,
            actions: [
                .operation(.setProperty(name: "state.entriesPerManifest", value: "100")),
                .operation(.setProperty(name: "state.compaction.maxManifests", value: "4")),
            ])
        for round in 0..<6 {
            _ = try table.log.commit(table.adding(months: (0..<24).map { 1 + ($0 + round) % 12 }))
            _ = try table.log.writeState()
            Self.expectEqual(try table.open().current, table.log.current)
        }
        let manifest = try #require(table.log.baseManifest)
        #expect(manifest.files.manifests.count <= 4)
        _ = try table.log.commit(
            table.transaction([
                .add(
                    {
                        var entry = table.file(month: 3)
                        entry.partitionValues = PartitionTuple([nil])
                        return entry
                    }())
            ]))
        _ = try table.log.compactState()
        let whole = try #require(table.log.baseManifest).files.manifests
        #expect(whole.map(\.entryCount) == [73, 72])
        let bounds = whole.compactMap { $0.partitionBounds?.first }
        #expect(bounds.map(\.hasNull) == [true, false])
        // As texts, 10 would sort before 2.
        #expect(bounds.map(\.min) == ["1", "7"] && bounds.map(\.max) == ["6", "12"])
    }

    @Test(
        "a damaged newest state is passed over for the one before",
        arguments: ["cut", "changed", "missing manifest", "no record"])
    func fallback(damage: String) throws {
        let memory = MemoryStorage()
        let table = try TestTable(storage: memory)
        for _ in 0..<3 {
            _ = try table.log.commit(table.adding(3))
            _ = try table.log.writeState()
        }
        let expected = table.log.current
        let newest = try table.log.stateManifest(at: Version(3))
        let last = try #require(newest.files.manifests.last)
        let key = last.path == "" ? "" : table.log.path.directory + last.path
        let record = table.log.path.stateManifest(Version(3))
        let victim = damage == "no record" || damage == "cut" ? record : key
        var bytes = try memory.get(victim)
        try memory.delete(victim)
        if damage == "cut" { try memory.putIfAbsent(victim, Array(bytes.dropLast(9))) }
        if damage == "changed" {
            bytes[bytes.count / 2] ^= 1
            try memory.putIfAbsent(victim, bytes)
        }
        let warnings = Mutex<[String]>([])
        var options = TestTable.options
        options.warn = { text in warnings.withLock { $0.append(text) } }
        let opened = try TransactionLog.open(
            storage: memory, table: "t", clock: table.clock, entropy: table.entropy, options: options)
        Self.expectEqual(opened.current, expected)
        #expect(opened.baseManifest?.version == Version(2))
        #expect(warnings.withLock { $0.count } == 1)
    }

    @Test(
        "a hint that is absent, behind, ahead or no JSON changes nothing",
        arguments: ["", "{\"version\":1}", "{\"version\":999}", "{\"vers"])
    func hint(text: String) throws {
        let table = try TestTable()
        for _ in 0..<3 {
            _ = try table.log.commit(table.adding(2))
            _ = try table.log.writeState()
        }
        _ = try table.log.commit(table.adding(2))
        try table.storage.delete(table.log.path.hint)
        if !text.isEmpty { try table.storage.overwriteHint(table.log.path.hint, Array(text.utf8)) }
        Self.expectEqual(try table.open().current, table.log.current)
    }

    @Test("a missing version file is named, and so is a damaged line")
    func gaps() throws {
        let table = try TestTable()
        for _ in 0..<4 { _ = try table.log.commit(table.adding(1)) }
        let file = table.log.path.versionFile(Version(2))
        let bytes = try table.storage.get(file)
        try table.storage.delete(file)
        #expect {
            try table.open()
        } throws: { error in
            "\(error)".contains("00000000000000000002.json")
        }
        try table.storage.putIfAbsent(file, TestLines.inserting("{\"add\":{}}", atLine: 2, of: bytes))
        #expect {
            try table.open()
        } throws: { error in
            "\(error)".contains("00000000000000000002.json, line 2")
        }
    }

    @Test("every version can be had while its files are there")
    func timeTravel() throws {
        let table = try TestTable()
        var states: [TableState] = [table.log.current]
        for round in 0..<8 {
            _ = try table.log.commit(table.adding(2))
            states.append(table.log.current)
            if round % 3 == 2 { _ = try table.log.writeState() }
        }
        for state in states {
            Self.expectEqual(try table.log.state(at: state.version), state)
        }
        #expect(throws: LogError.self) { try table.log.state(at: Version(9)) }
        for version in 0...4 { try table.storage.delete(table.log.path.versionFile(Version(Int64(version)))) }
        Self.expectEqual(try table.log.state(at: Version(3)), states[3])
        #expect {
            try table.log.state(at: Version(2))
        } throws: { error in
            if case LogError.expired(Version(2)) = error { true } else { false }
        }
    }

    @Test("states are written behind commits that go on meanwhile")
    func background() throws {
        let table = try TestTable(actions: [
            .operation(.setProperty(name: "state.writeAfterVersions", value: "3"))
        ])
        let reports = Monitor<[String]>([])
        let writer = ManifestWriter(table.log) { result in
            reports.update { $0.append("\(result)") }
        }
        for _ in 0..<30 { _ = try table.log.commit(table.adding(2)) }
        let isDone = reports.wait(atMostNanoseconds: 5_000_000_000) { _ in
            table.log.unwritten.versionCount < 3 ? true : nil
        }
        writer.stop()
        #expect(isDone == true)
        #expect(reports.withLock { $0.allSatisfy { $0.contains("written") } })
        let opened = try table.open()
        #expect(opened.current.fileCount == 60)
        #expect(opened.baseManifest != nil)
        Self.expectEqual(opened.current, table.log.current)
    }
}
