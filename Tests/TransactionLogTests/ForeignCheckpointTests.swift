import Bytes
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("JSON checkpoints of IndexTables")
struct ForeignCheckpointTests {
    static let adds = [
        #"{"add":{"path":"d=1/a.split","partitionValues":{"d":"1"},"size":10,"modificationTime":17,"#
            + #""dataChange":true,"minValues":{"n":"1"},"maxValues":{"n":"9"},"numRecords":3,"#
            + #""docMappingRef":"hashhashhashhash","hotcacheLength":5,"tags":{"a":"b"}}}"#,
        #"{"add":{"path":"d=2/b.split","partitionValues":{"d":"2"},"size":20,"modificationTime":18}}"#,
        #"{"add":{"path":"c.split","partitionValues":{"d":null},"size":30,"modificationTime":19}}"#,
    ]
    static let skip = #"{"mergeskip":{"path":"c.split","skipTimestamp":5,"reason":"too big"}}"#
    static let id: ByteString = "0123456789ab"

    static func part(_ number: Int, id: ByteString = id) -> ByteString {
        "00000000000000000010.checkpoint." + id + ".0000" + ByteString(String(number)) + ".json"
    }

    static func list(_ names: [ByteString], version: Int = 10, format: String = "json") -> String {
        let parts = names.map { "\"\($0.display)\"" }.joined(separator: ",")
        return #"{"version":\#(version),"checkpointId":"0123456789ab","parts":[\#(parts)],"#
            + #""createdTime":99,"format":"\#(format)"}"#
    }

    /// A checkpoint of version 10 in one file or in three, with the version file after it.
    static func layout(parts: Bool, encode: ([UInt8]) -> [UInt8] = { $0 }) throws -> ForeignLayout {
        let layout = ForeignLayout()
        func put(_ name: ByteString, _ text: String) throws {
            try layout.storage.putIfAbsent(SampleLog.path.directory + name, encode(Array(text.utf8)))
        }
        if parts {
            try put(part(1), ForeignLayout.first + skip + "\n" + adds[0] + "\n")
            try put(part(2), adds[1] + "\n")
            try put(part(3), adds[2] + "\n")
            // The list alone is never compressed.
            try layout.put(LogPath.checkpointName(Version(10)), list([part(1), part(2), part(3)]))
        } else {
            try put(
                LogPath.checkpointName(Version(10)),
                ForeignLayout.first + skip + "\n" + adds.joined(separator: "\n") + "\n")
        }
        try layout.putVersion(11, #"{"remove":{"path":"c.split","deletionTimestamp":60,"dataChange":true}}"#)
        return layout
    }

    static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        try ProcessRunner.run(["/bin/gzip", "-c"], input: bytes).standardOutput
    }

    @Test(
        "a table whose older version files are gone opens from its checkpoint, in one file or in several",
        arguments: [false, true], ["plain", "gzip", "0101"])
    func testReadLegacyJsonCheckpoint(parts: Bool, encoding: String) throws {
        let layout = try Self.layout(parts: parts) { bytes in
            guard encoding != "plain", let packed = try? Self.gzip(bytes) else { return bytes }
            return encoding == "0101" ? [1, 1] + packed : packed
        }
        try layout.put(
            "_last_checkpoint",
            #"{"version":10,"size":6,"sizeInBytes":60,"numFiles":3,"createdTime":99"#
                + (parts ? #","parts":3,"checkpointId":"0123456789ab"}"# : "}"))
        let log = try layout.open()
        #expect(log.current.version == Version(11))
        #expect(log.current.filePaths == ["d=1/a.split", "d=2/b.split"])
        let state = try log.state(at: Version(10))
        #expect(state.filePaths == ["c.split", "d=1/a.split", "d=2/b.split"])
        #expect(state.totalBytes == 60 && state.definition.partitionColumns == ["d"])
        #expect(state.files.file(path: "c.split")?.partitionValues.values == [ByteString?.none])
        let file = try #require(state.files.file(path: "d=1/a.split"))
        #expect(file.maxValues == [FileEntry.ColumnText(column: "n", text: "9")] && file.rowCount == 3)
        // The lines do not say when a file was added.
        #expect(file.addedAtVersion == Version(0))
        #expect(state.schemaRegistry["hashhashhashhash"] == "[1]")
        #expect(throws: LogError.self) { try log.state(at: Version(9)) }
    }

    @Test("a table is read without a write, and the warning names the command that converts it")
    func testAutoUpgradeOnRead() throws {
        let layout = try Self.layout(parts: true)
        let before = layout.storage.allKeys
        let warnings = Mutex<[String]>([])
        var options = SampleLog.options
        options.warn = { text in warnings.withLock { $0.append(text) } }
        let state = try layout.open(options).current
        #expect(state.fileCount == 2 && state.definition.provider == "indextables")
        #expect(layout.storage.allKeys == before)
        #expect(warnings.withLock { $0 }.contains { $0.contains("firn checkpoint") })
    }

    @Test("a checkpoint that is not whole is passed over for what is older")
    func incomplete() throws {
        for missing in [Self.part(1), Self.part(2), Self.part(3), LogPath.checkpointName(Version(10))] {
            let layout = try Self.layout(parts: true)
            for version in 0...10 as ClosedRange<Int64> {
                let text = version == 0 ? ForeignLayout.first : Self.adds[Int(version - 1) % 3]
                try layout.putVersion(version, text + "\n")
            }
            #expect(try layout.open().current.fileCount == 2)
            try layout.storage.delete(SampleLog.path.directory + missing)
            let warnings = Mutex<[String]>([])
            var options = SampleLog.options
            options.warn = { text in warnings.withLock { $0.append(text) } }
            let log = try layout.open(options)
            #expect(log.current.version == Version(11) && log.current.fileCount == 2)
            #expect(log.current.files.file(path: "d=1/a.split")?.addedAtVersion == Version(10))
            // Without its list a checkpoint was never finished: nobody misses it.
            let isUnfinished = missing == LogPath.checkpointName(Version(10))
            #expect(warnings.withLock { $0 }.contains { $0.contains(missing.display) } == !isUnfinished)
        }
    }

    @Test("parts of an attempt that was not finished are no checkpoint")
    func unfinished() throws {
        let layout = ForeignLayout()
        try layout.putVersion(0, ForeignLayout.first)
        try layout.put(Self.part(1, id: "ffff"), ForeignLayout.first)
        let log = try layout.open()
        #expect(log.current.version == Version(0))
        let files = try log.storedHistory().checkpointFiles
        #expect(files.map(\.name) == [Self.part(1, id: "ffff")])
        #expect(files.first?.part?.id == "ffff" && files.first?.part?.number == 1)
    }

    @Test(
        "what is wrong with a checkpoint is said with its file",
        arguments: [
            (Self.list([]), "lists no part"), (Self.list(["x.json"]), "is no part of version 10"),
            (Self.list([Self.part(1)], version: 9), "it says that it is version 9"),
            (Self.list([Self.part(1)], format: "parquet"), "the format of its parts is \"parquet\""),
            (Self.list([Self.part(1)]), "this file is missing"), ("{\"add\":{}}", "before the metaData"),
            (ForeignLayout.first + "{\"add\":{\"path\":", "line 3"),
            (#"{"protocol":{"minReaderVersion":5}}"#, "protocol 5"),
            (ForeignLayout.first + "{\"shred\":{}}", "the action \"shred\" is unknown"),
        ])
    func refusals(text: String, reason: String) throws {
        let layout = ForeignLayout()
        try layout.put(LogPath.checkpointName(Version(10)), text)
        #expect { try layout.open() } throws: { error in
            "\(error)".contains(reason) && "\(error)".contains("00000000000000000010.checkpoint")
        }
    }

    @Test("where a version has a state and a checkpoint, a damaged state leaves the checkpoint")
    func damagedState() throws {
        let layout = try Self.layout(parts: false)
        try layout.put(
            .init(
                version: 10, createdAt: 50,
                manifests: [.init(path: "manifests/m.avro", files: ForeignDialectTests.files)],
                metadata: ByteString(ForeignLayout.metaData)))
        let known = try layout.open().state(at: Version(10)).files.file(path: "d=2/b.split")
        #expect(known?.addedAtVersion == Version(2), "the state is read")
        try layout.storage.delete(SampleLog.path.directory + "manifests/m.avro")
        let state = try layout.open().state(at: Version(10))
        #expect(state.fileCount == 3)
        #expect(state.files.file(path: "d=2/b.split")?.addedAtVersion == Version(0), "the checkpoint is")
    }
}
