import Bytes
import JSON
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

/// Converting tables of IndexTables from JSON checkpoints to Avro states and back.
@Suite("Upgrade and back")
struct ForeignUpgradeTests {
    /// Files with every field that an `add` may have, known here or not.
    static let adds = [
        #"{"add":{"path":"d=1/a.split","partitionValues":{"d":"1"},"size":10,"modificationTime":17,"#
            + #""dataChange":true,"stats":"{\"n\":1}","minValues":{"n":"1"},"maxValues":{"n":"9"},"#
            + #""numRecords":3,"footerStartOffset":4,"footerEndOffset":10,"hotcacheStartOffset":5,"#
            + #""hotcacheLength":6,"hasFooterOffsets":true,"timeRangeStart":"2024-01-01T00:00:00Z","#
            + #""timeRangeEnd":"2024-02-01T00:00:00Z","splitTags":["x","y"],"deleteOpstamp":7,"#
            + #""numMergeOps":2,"docMappingRef":"hashhashhashhash","uncompressedSizeBytes":40,"#
            + #""companionSourceFiles":["p/1.parquet"],"companionDeltaVersion":11,"#
            + #""companionFastFieldMode":"HYBRID","tags":{"k":"v"},"later":{"a":[1,2.5,null]}}}"#,
        #"{"add":{"path":"d=2/b.split","partitionValues":{"d":"2"},"size":20,"modificationTime":18,"#
            + #""dataChange":false,"docMappingJson":"[{\"name\":\"t\"}]"}}"#,
        #"{"add":{"path":"c.split","partitionValues":{},"size":30,"modificationTime":19,"dataChange":true}}"#,
    ]

    static func layout(protocol version: Int = 4, extra: String = "") throws -> ForeignLayout {
        let layout = ForeignLayout()
        let first = ForeignLayout.first.replacing(
            #""minReaderVersion":4,"minWriterVersion":4"#,
            with: #""minReaderVersion":\#(version),"minWriterVersion":\#(version)"#)
        try layout.put(
            LogPath.checkpointName(Version(10)), first + adds.joined(separator: "\n") + "\n" + extra)
        return layout
    }

    /// The members of each file, by path, without the nulls.
    static func members(_ lines: [String]) throws -> [ByteString: JSONValue] {
        var result: [ByteString: JSONValue] = [:]
        for line in lines {
            guard let add = try JSONValue.parse(Array(line.utf8))["add"], let path = add["path"]?.stringValue
            else { continue }
            result[path] = add
        }
        return result
    }

    static func checkpointLines(_ storage: MemoryStorage, _ version: Int64) throws -> [String] {
        let bytes = try storage.get(SampleLog.path.directory + LogPath.checkpointName(Version(version)))
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test("a checkpoint becomes an Avro state, in IndexTables' own form")
    func testCheckpointSqlUpgrade() throws {
        let layout = try Self.layout()
        let log = try layout.open()
        let outcome = try log.checkpoint(.avro)
        #expect(outcome.status == .written && outcome.version == Version(10) && outcome.fileCount == 3)
        #expect(outcome.previousFormat == .json && outcome.newFormat == .avroState)
        let manifest = try log.stateManifest(at: Version(10))
        #expect(manifest.protocolVersion == 4 && manifest.fileCount == 3 && manifest.totalBytes == 60)
        #expect(manifest.files.tombstones.isEmpty && manifest.properties.isEmpty && manifest.timestamp == 0)
        let metadata = try JSONValue.parse(#require(manifest.metadata).bytes)
        #expect(metadata["metaData"]?["format"]?["provider"]?.stringValue == "indextables")
        #expect(metadata["metaData"]?["configuration"]?["other"]?.stringValue == "x")
        let warnings = Mutex<[String]>([])
        var options = SampleLog.options
        options.warn = { text in warnings.withLock { $0.append(text) } }
        let converted = try layout.open(options).current
        #expect(warnings.withLock { $0 }.isEmpty, "\(warnings.withLock { $0 })")
        #expect(converted.definition == log.current.definition)
        #expect(try log.checkpoint(.avro).status == .unchanged)
        let hint = try JSONValue.parse(layout.storage.get(SampleLog.path.hint))
        #expect(hint["format"]?.stringValue == "avro-state" && hint["version"]?.int64Value == 10)
    }

    @Test("every file, every value and every bound is there after the conversion")
    func testUpgradePreservesAllFiles() throws {
        let layout = try Self.layout()
        let before = try layout.open().current
        _ = try layout.open().checkpoint(.avro)
        try layout.storage.delete(SampleLog.path.directory + LogPath.checkpointName(Version(10)))
        let after = try layout.open().current
        #expect(TestTable.files(after).map(\.path) == TestTable.files(before).map(\.path))
        for (old, new) in zip(TestTable.files(before), TestTable.files(after)) {
            var stamped = old
            // The conversion says when a file was last written where nobody knows when it was added.
            stamped.addedAtTimestamp = old.modificationTime
            #expect(new == stamped)
        }
    }

    @Test("partition values stay what they were, null too")
    func testUpgradePreservesPartitionValues() throws {
        let layout = try Self.layout()
        _ = try layout.open().checkpoint(.avro)
        try layout.storage.delete(SampleLog.path.directory + LogPath.checkpointName(Version(10)))
        let files = TestTable.files(try layout.open().current)
        #expect(files.map(\.partitionValues.values) == [[nil], ["1"], ["2"]])
    }

    @Test("bounds, counts and statistics stay what they were")
    func testUpgradePreservesStatistics() throws {
        let layout = try Self.layout()
        _ = try layout.open().checkpoint(.avro)
        try layout.storage.delete(SampleLog.path.directory + LogPath.checkpointName(Version(10)))
        let file = try #require(layout.open().current.files.file(path: "d=1/a.split"))
        #expect(file.minValues == [FileEntry.ColumnText(column: "n", text: "1")])
        #expect(file.maxValues == [FileEntry.ColumnText(column: "n", text: "9")])
        #expect(file.stats == "{\"n\":1}" && file.rowCount == 3 && file.uncompressedSizeBytes == 40)
        #expect(file.footerStartOffset == 4 && file.footerEndOffset == 10 && file.tags == ["x", "y"])
    }

    @Test("the schemas of files stay, under the hash by which files refer to them")
    func testUpgradePreservesSchemaRegistry() throws {
        let layout = try Self.layout()
        _ = try layout.open().checkpoint(.avro)
        try layout.storage.delete(SampleLog.path.directory + LogPath.checkpointName(Version(10)))
        let log = try layout.open()
        #expect(log.current.schemaRegistry["hashhashhashhash"] == "[1]")
        #expect(log.current.files.file(path: "d=1/a.split")?.schemaID == "hashhashhashhash")
        let registry = try log.stateManifest(at: Version(10)).schemaRegistry
        #expect(registry.map(\.id) == ["hashhashhashhash"] && registry.map(\.text) == ["[1]"])
    }

    @Test("a table goes back to JSON with every field that it came with, known here or not")
    func testMixedFormatRollback() throws {
        let layout = try Self.layout(extra: ForeignCheckpointTests.skip + "\n")
        let old = try Self.members(Self.checkpointLines(layout.storage, 10))
        _ = try layout.open().checkpoint(.avro)
        try layout.storage.delete(SampleLog.path.directory + LogPath.checkpointName(Version(10)))
        let outcome = try layout.open().checkpoint(.json)
        #expect(outcome.status == .written && outcome.fileCount == 3)
        #expect(outcome.previousFormat == .avroState && outcome.newFormat == .json)
        let lines = try Self.checkpointLines(layout.storage, 10)
        #expect(lines[0] == #"{"protocol":{"minReaderVersion":4,"minWriterVersion":4}}"#)
        #expect(lines[1].contains(#""docMappingSchema.hashhashhashhash":"[1]""#))
        let new = try Self.members(lines)
        #expect(Set(new.keys) == Set(old.keys))
        for (path, add) in old {
            for member in add.objectValue?.members ?? [] {
                #expect(new[path]?[member.key] == member.value, "\(path) \(member.key)")
            }
        }
        let hint = try JSONValue.parse(layout.storage.get(SampleLog.path.hint))
        #expect(hint["format"] == nil && hint["size"]?.int64Value == 5)
        // Whoever reads JSON alone reads the table: take the states away.
        for key in layout.storage.allKeys where key.hasSuffix(".avro") { try layout.storage.delete(key) }
        #expect(try layout.open().current.fileCount == 3)
    }

    @Test("with every state deleted by hand, a table with its whole log opens", arguments: [true, false])
    func withoutStates(isOwn: Bool) throws {
        if isOwn {
            let sample = try SampleLog()
            try sample.add(1, 2)
            _ = try sample.log.checkpoint(.avro)
            try sample.add(3)
            for key in sample.storage.allKeys where key.hasSuffix("_manifest.avro") {
                try sample.storage.delete(key)
            }
            #expect(try sample.open().current.digest == sample.log.current.digest)
            return
        }
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        for (index, add) in Self.adds.enumerated() { try layout.putVersion(Int64(index + 1), add + "\n") }
        _ = try layout.open().checkpoint(.avro)
        let paths = try layout.open().current.filePaths
        for key in layout.storage.allKeys where key.hasSuffix("_manifest.avro") {
            try layout.storage.delete(key)
        }
        #expect(try layout.open().current.filePaths == paths && paths.count == 3)
    }

    @Test("a table of an older protocol gets a state of protocol 4", arguments: [1, 2, 3])
    func testUpgradeFromV2ToV4(old: Int) throws {
        let layout = try Self.layout(protocol: old)
        #expect(try layout.open().current.tableProtocol.minReaderVersion == old)
        _ = try layout.open().checkpoint(.avro)
        let log = try layout.open()
        #expect(log.current.tableProtocol.minReaderVersion == 4 && log.current.fileCount == 3)
        #expect(try log.stateManifest(at: Version(10)).protocolVersion == 4)
    }

    @Test("a protocol that is newer than this program is refused, and nothing is written")
    func newerProtocol() throws {
        let layout = try Self.layout(protocol: 5)
        let before = layout.storage.allKeys
        #expect { try layout.open() } throws: { "\($0)".contains("protocol 5") }
        #expect(layout.storage.allKeys == before)
        // One that asks more of its writers is read, and not converted.
        let writers = ForeignLayout()
        try writers.putVersion(
            0, ForeignLayout.first.replacing("\"minWriterVersion\":4", with: "\"minWriterVersion\":5"))
        let log = try writers.open()
        #expect { try log.checkpoint(.avro) } throws: { "\($0)".contains("writers for protocol 5") }
        #expect(writers.storage.allKeys == [SampleLog.path.versionFile(Version(0))])
        let state = ForeignLayout()
        try state.putVersion(0, ForeignLayout.first)
        try state.put(.init(version: 1, createdAt: 5, manifests: [], protocolVersion: 6))
        #expect { try state.open() } throws: { "\($0)".contains("protocol 6") }
    }

    @Test("70,000 files in two files of JSON become a state of two manifests, in three objects and a hint")
    func testUpgradeLargeTable() throws {
        let layout = ForeignLayout()
        let names = [ForeignCheckpointTests.part(1), ForeignCheckpointTests.part(2)]
        for (index, name) in names.enumerated() {
            var text = index == 0 ? ForeignLayout.first : ""
            for number in 0..<35_000 {
                let path = "d=\(number % 50)/part-\(index)-\(number).split"
                text +=
                    #"{"add":{"path":"\#(path)","partitionValues":{"d":"\#(number % 50)"},"size":\#(number),"#
                    + #""modificationTime":17,"dataChange":true,"numRecords":1}}"# + "\n"
            }
            try layout.put(name, text)
        }
        try layout.put(LogPath.checkpointName(Version(10)), ForeignCheckpointTests.list(names))
        let log = try layout.open()
        #expect(log.current.fileCount == 70_000)
        let before = layout.storage.operationCount
        let outcome = try log.checkpoint(.avro)
        #expect(outcome.fileCount == 70_000 && outcome.previousFormat == .multiPartJSON)
        let puts = Set(
            layout.storage.operations[before...].filter { $0.hasPrefix("put") }.map {
                $0.split(separator: " ").last
            })
        #expect(puts.count == 3, "\(puts)")
        let manifest = try log.stateManifest(at: Version(10))
        #expect(manifest.files.manifests.count == 2 && manifest.fileCount == 70_000)
        // The column is a text, so 30 stands before 4; the bounds are of the numbers that all values are.
        let bounds = manifest.files.manifests.compactMap { $0.partitionBounds?.first }
        #expect(bounds.map(\.min) == ["0", "4"] && bounds.map(\.max) == ["30", "49"], "\(bounds)")
        #expect(try layout.open().current.filePaths == log.current.filePaths)
    }

    @Test("removals that wait in tombstones and in later version files are carried out")
    func testUpgradeWithActiveTombstones() throws {
        for dialect in ForeignLayout.Dialect.allCases {
            var layout = ForeignLayout()
            layout.dialect = dialect
            try layout.putVersion(0, ForeignLayout.first)
            try layout.put(
                .init(
                    version: 3, createdAt: 9_000_000_000_000,
                    manifests: [.init(path: "manifests/m.avro", files: ForeignDialectTests.files)],
                    tombstones: ["c.split"], registry: [("docMappingSchema.hashhashhashhash", "[1]")]))
            try layout.putVersion(
                4, #"{"remove":{"path":"d=1/a.split","deletionTimestamp":60,"dataChange":true}}"#)
            try layout.putVersion(5, Self.adds[2] + "\n" + Self.adds[0])
            let log = try layout.open()
            let before = TestTable.files(log.current)
            #expect(before.map(\.path) == ["c.split", "d=1/a.split", "d=2/b.split"])
            let outcome = try log.checkpoint()
            #expect(outcome.status == .written && outcome.version == Version(5) && outcome.fileCount == 3)
            let manifest = try log.stateManifest(at: Version(5))
            #expect(manifest.files.tombstones.isEmpty && manifest.files.entryCount == 3)
            #expect(manifest.createdAt == 9_000_000_000_001, "a later state was written later")
            #expect(manifest.schemaRegistry.map(\.id) == ["docMappingSchema.hashhashhashhash"])
            let opened = try layout.open()
            #expect(opened.baseManifest?.version == Version(5))
            let after = TestTable.files(opened.current)
            #expect(after.map(\.path) == before.map(\.path))
            #expect(after.map(\.sizeBytes) == before.map(\.sizeBytes))
            #expect(after.map(\.addedAtVersion) == before.map(\.addedAtVersion))
            #expect(try opened.state(at: Version(3)).fileCount == 2, "the older state is as it was")
            // And out again: what the manifest said that no version file did is there.
            try layout.putVersion(6, "{\"remove\":{\"path\":\"c.split\"}}")
            _ = try layout.open().checkpoint(.json)
            let lines = try Self.members(Self.checkpointLines(layout.storage, 6))
            #expect(Set(lines.keys) == ["d=1/a.split", "d=2/b.split"])
            let kept = try #require(lines["d=2/b.split"])
            #expect(kept["splitTags"] == ["t"] && kept["addedAtVersion"] == nil)
            if dialect.rawValue >= 21 {
                #expect(kept["companionSourceFiles"] == ["a.parquet", "b.parquet"])
                #expect(kept["companionDeltaVersion"] == 12)
            }
            if dialect.rawValue >= 25 {
                #expect(kept["deleteOpstamp"] == 5)
                #expect(kept["timeRangeStart"] == "2024-01-01T00:00:00Z")
            }
            if dialect == .later {
                #expect(kept["laterText"] == "later" && kept["laterMap"]?["a"] == [1.5])
            }
        }
    }

    @Test("a checkpoint of IndexTables in parts is packed as the version files are", arguments: [0, 1, 2])
    func partsAndPacking(packing: Int) throws {
        let layout = ForeignLayout()
        let texts = [ForeignLayout.first] + Self.adds.map { $0 + "\n" }
        for (version, text) in texts.enumerated() {
            let packed = try ForeignCheckpointTests.gzip(Array(text.utf8))
            let bytes = packing == 0 ? Array(text.utf8) : packing == 1 ? packed : [1, 1] + packed
            try layout.storage.putIfAbsent(SampleLog.path.versionFile(Version(Int64(version))), bytes)
        }
        let paths = try layout.open().current.filePaths
        let outcome = try layout.open(CheckpointTests.options(linesPerFile: 2)).checkpoint(.json)
        #expect(outcome.newFormat == .multiPartJSON && outcome.previousFormat == .none)
        let files = try layout.open().storedHistory().checkpointFiles
        #expect(files.count == 4)
        for file in files where file.part != nil {
            let bytes = try layout.storage.get(SampleLog.path.directory + file.name)
            #expect(bytes.prefix(2) == [[0x7B, 0x22], [0x1F, 0x8B], [1, 1]][packing])
        }
        for version in 0...3 as ClosedRange<Int64> {
            try layout.storage.delete(SampleLog.path.versionFile(Version(version)))
        }
        #expect(try layout.open().current.filePaths == paths && paths.count == 3)
    }

    @Test("a crash at any step of a conversion leaves the table as it was, and the next try succeeds")
    func crashes() throws {
        for format in TableProperties.StateFormat.allCases {
            for step in 1...200 {
                let layout = ForeignLayout()
                try layout.putVersion(0, ForeignLayout.first)
                for (index, add) in Self.adds.enumerated() { try layout.putVersion(Int64(index + 1), add) }
                let options = CheckpointTests.options(linesPerFile: 2)
                let log = try layout.open(options)
                let paths = log.current.filePaths
                layout.storage.inject(.crash, atOperation: step)
                _ = try? log.checkpoint(format)
                let isDone = !layout.storage.hasCrashed
                for keeping in [false, true] {
                    let survivor = layout.storage.crashedCopy(keepingUnsynced: keeping)
                    func open() throws -> TransactionLog {
                        try TransactionLog.open(
                            storage: survivor, table: SampleLog.table, clock: ManualClock(),
                            entropy: SeededEntropy(seed: UInt64(step) + 1000), options: options)
                    }
                    #expect(try open().current.filePaths == paths, "\(format), step \(step)")
                    #expect(try open().checkpoint(format).fileCount == 3, "\(format), step \(step)")
                    for version in 0...3 as ClosedRange<Int64> {
                        try survivor.delete(SampleLog.path.versionFile(Version(version)))
                    }
                    #expect(try open().current.filePaths == paths, "\(format), step \(step)")
                }
                if isDone { break }
                #expect(step < 200)
            }
        }
    }

    @Test("nothing else is written to a table of another program")
    func otherWrites() throws {
        let layout = try Self.layout()
        let log = try layout.open()
        #expect(throws: CommitError.self) {
            try log.commit(
                Transaction(id: CommitID(high: 1, low: 1), operation: "T", session: nil, actions: []))
        }
        #expect(throws: LogError.self) { try log.writeState() }
    }
}
