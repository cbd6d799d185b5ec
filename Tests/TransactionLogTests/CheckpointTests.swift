import Bytes
import JSON
import Metadata
import Platform
import Storage
import Synchronization
import TestKit
import Testing
import TransactionLog

@Suite("JSON checkpoints of a table of ours")
struct CheckpointTests {
    static func options(linesPerFile: Int = 100_000) -> LogOptions {
        var options = SampleLog.options
        options.checkpointLinesPerFile = linesPerFile
        return options
    }

    /// What is left where all version files but those above a version and all Avro states are gone.
    static func onlyCheckpoints(_ storage: MemoryStorage, above version: Version) throws -> MemoryStorage {
        let rest = MemoryStorage()
        for key in storage.allKeys where !key.hasSuffix(".avro") {
            let name = ByteString(key.bytes[SampleLog.path.directory.count...])
            if let file = LogPath.version(ofVersionFile: name), file <= version { continue }
            try rest.putIfAbsent(key, storage.get(key))
        }
        return rest
    }

    @Test("whatever a state holds, its checkpoint says: in one file and in many, packed and plain")
    func roundTrip() throws {
        let seed = Seed.fresh()
        print("CheckpointTests seed \(seed): FIRN_SEED=\(seed) repeats it")
        var random = SeededGenerator(seed: seed)
        for round in 0..<12 {
            let comment: Comment = "FIRN_SEED=\(seed), round \(round)"
            let sample = try SampleLog(
                seed: seed &+ UInt64(round),
                properties: [("state.compression", round % 2 == 0 ? "none" : "zstd")])
            let lines = [1, 7, 100_000][round % 3]
            let log = try sample.open(options: Self.options(linesPerFile: lines))
            var model = LogModel()
            for _ in 0..<Int.random(in: 1...25, using: &random) {
                sample.clock.advance(milliseconds: 500)
                let actions = model.actions(&random, version: log.current.version)
                if !actions.isEmpty { _ = try log.commit(sample.transaction(actions)) }
                if Int.random(in: 0..<6, using: &random) == 0 { try log.writeState() }
            }
            let version = log.current.version
            let outcome = try log.checkpoint(.json)
            #expect(outcome.status == .written && outcome.version == version, comment)
            if lines != 7 {
                #expect(outcome.newFormat == (lines == 1 ? .multiPartJSON : .json), comment)
            }
            let bare = try Self.onlyCheckpoints(sample.storage, above: version)
            let read = try sample.open(bare)
            #expect(read.current.digest == log.current.digest, comment)
            #expect(read.current.entryVersions == log.current.entryVersions, comment)
            // Both go the same way from here.
            let actions = model.actions(&random, version: version)
            if !actions.isEmpty {
                let transaction = sample.transaction(actions)
                _ = try log.commit(transaction)
                _ = try read.commit(transaction)
                #expect(read.current.filePaths == log.current.filePaths, comment)
            }
            try read.writeState()
            #expect(try sample.open(bare).current.digest == read.current.digest, comment)
        }
    }

    @Test("a checkpoint of several files names them in a list that is written last")
    func parts() throws {
        let sample = try SampleLog()
        let log = try sample.open(options: Self.options(linesPerFile: 3))
        try sample.add(1, 2, 3, 4, 5, to: log)
        let before = sample.storage.operations.count
        let outcome = try log.checkpoint(.json)
        #expect(outcome.previousFormat == .none && outcome.newFormat == .multiPartJSON)
        let puts = sample.storage.operations[before...].filter {
            $0.hasPrefix("put") && $0.contains("checkpoint.")
        }
        #expect(puts.last?.contains("00000000000000000001.checkpoint.json") == true)
        let names = try log.storedHistory().checkpointFiles
        #expect(names.count == 4 && names.compactMap(\.part?.number).sorted() == [1, 2, 3])
        let list = try JSONValue.parse(
            sample.storage.get(SampleLog.path.directory + LogPath.checkpointName(Version(1))))
        #expect(list["parts"]?.arrayValue?.count == 3 && list["format"]?.stringValue == "json")
        #expect(list["version"]?.int64Value == 1 && list["checkpointId"]?.stringValue?.count == 16)
        let hint = try JSONValue.parse(sample.storage.get(SampleLog.path.hint))
        #expect(hint["parts"]?.int64Value == 3 && hint["numFiles"]?.int64Value == 5)
        #expect(
            hint["format"] == nil && hint["stateDir"] == nil && hint["checkpointId"] == list["checkpointId"])
        #expect(try log.checkpoint(.json).status == .unchanged)
        #expect(try log.checkpoint(.json).previousFormat == .multiPartJSON)
    }

    @Test("a table whose format is json writes checkpoints and no Avro, and opens from the newest")
    func format() throws {
        let sample = try SampleLog(properties: [("state.format", "json")])
        for number in 1...3 as ClosedRange<UInt64> {
            try sample.add(number)
            try sample.log.writeState()
            #expect(sample.log.unwritten.versionCount == 0)
        }
        #expect(!sample.storage.allKeys.contains { $0.hasSuffix(".avro") })
        try sample.add(4)
        #expect(sample.log.unwritten.versionCount == 1 && sample.log.unwritten.actionCount == 1)
        let warnings = Mutex<[String]>([])
        var options = SampleLog.options
        options.warn = { text in warnings.withLock { $0.append(text) } }
        let bare = try Self.onlyCheckpoints(sample.storage, above: Version(3))
        #expect(try sample.open(bare, options: options).current.digest == sample.log.current.digest)
        #expect(warnings.withLock { $0 }.isEmpty, "what the table asks for is no reason to warn")
    }

    @Test("new states are Avro after a checkpoint was converted, and share what it wrote")
    func testWriteAfterUpgrade() throws {
        let sample = try SampleLog(properties: [("state.format", "json")])
        try sample.add(1, 2, 3)
        try sample.log.writeState()
        let log = try sample.open(Self.onlyCheckpoints(sample.storage, above: Version(1)))
        let outcome = try log.checkpoint(.avro)
        #expect(outcome.previousFormat == .json && outcome.newFormat == .avroState && outcome.fileCount == 3)
        let change = Action.operation(.setProperty(name: "state.format", value: nil))
        _ = try log.commit(sample.transaction([change, .add(sample.file(4))]))
        guard case .written(let summary) = try log.writeState() else {
            Issue.record("no state was written")
            return
        }
        #expect(summary.version == Version(2) && summary.manifestCount == 2)
        let first = try log.stateManifest(at: Version(1)).files.manifests.map(\.path)
        #expect(try log.stateManifest(at: Version(2)).files.manifests.map(\.path).starts(with: first))
    }

    @Test(
        "a crash at any step of a checkpoint's writing leaves the table as it is, and the next try succeeds")
    func crashes() throws {
        for lines in [2, 100_000] {
            for step in 1...200 {
                let sample = try SampleLog(seed: UInt64(step))
                let log = try sample.open(options: Self.options(linesPerFile: lines))
                try sample.add(1, 2, 3, to: log)
                _ = try log.commit(sample.transaction([SampleLog.removal(sample.file(1))]))
                let digest = log.current.digest
                sample.storage.inject(.crash, atOperation: step)
                _ = try? log.checkpoint(.json)
                let isDone = !sample.storage.hasCrashed
                for keeping in [false, true] {
                    let survivor = sample.storage.crashedCopy(keepingUnsynced: keeping)
                    let after = try sample.open(survivor, options: Self.options(linesPerFile: lines))
                    #expect(after.current.digest == digest, "step \(step)")
                    _ = try after.checkpoint(.json)
                    let bare = try Self.onlyCheckpoints(survivor, above: Version(2))
                    #expect(try sample.open(bare).current.digest == digest, "step \(step)")
                }
                if isDone {
                    #expect(step > 4)
                    break
                }
                #expect(step < 200)
            }
        }
    }

    @Test(
        "a lost reply or a failure while a checkpoint is written loses nothing",
        arguments: [
            MemoryStorage.Fault.lostReply, .error(.unavailable), .error(.noSpace), .error(.unknownOutcome),
        ])
    func faults(fault: MemoryStorage.Fault) throws {
        for step in 1...40 {
            let sample = try SampleLog(seed: UInt64(step))
            let log = try sample.open(options: Self.options(linesPerFile: 2))
            try sample.add(1, 2, 3, to: log)
            sample.storage.inject(fault, atOperation: step)
            _ = try? log.checkpoint(.json)
            sample.storage.clearFaults()
            #expect(try log.checkpoint(.json).version == Version(1), "step \(step)")
            let bare = try Self.onlyCheckpoints(sample.storage.crashedCopy(), above: Version(1))
            #expect(try sample.open(bare).current.digest == log.current.digest, "step \(step)")
        }
    }

    @Test("a checkpoint that is cut or changed anywhere is never read as less: it is passed over, and named")
    func damage() throws {
        let sample = try SampleLog(properties: [("state.compression", "none")])
        let log = try sample.open(options: Self.options(linesPerFile: 4))
        try sample.add(1, 2, 3, 4, 5, 6, to: log)
        _ = try log.checkpoint(.json)
        let digest = log.current.digest
        var random = SeededGenerator(seed: 5)
        for file in try log.storedHistory().checkpointFiles {
            let key = SampleLog.path.directory + file.name
            let bytes = try sample.storage.get(key)
            for place in stride(from: 0, to: bytes.count, by: 29) + [bytes.count - 1] {
                for isCut in [true, false] {
                    let copy = sample.storage.crashedCopy()
                    try copy.delete(key)
                    var damaged = isCut ? Array(bytes[..<place]) : bytes
                    if !isCut { damaged[place] ^= UInt8(1 << Int.random(in: 0..<8, using: &random)) }
                    try copy.putIfAbsent(key, damaged)
                    let warnings = Mutex<[String]>([])
                    var options = SampleLog.options
                    options.warn = { text in warnings.withLock { $0.append(text) } }
                    let comment: Comment = "\(file.name.display), byte \(place), cut: \(isCut)"
                    #expect(try sample.open(copy, options: options).current.digest == digest, comment)
                    // Without anything older there is nothing to fall back to, and nothing is made up.
                    let bare = try Self.onlyCheckpoints(copy, above: Version(1))
                    do {
                        #expect(try sample.open(bare).current.digest == digest, comment)
                    } catch {
                        #expect("\(error)".contains("00000000000000000001.checkpoint"), comment)
                        #expect(warnings.withLock { $0 }.contains { $0.contains(".checkpoint") }, comment)
                    }
                }
            }
        }
    }

    @Test("what stands in the way of a checkpoint, and cannot be read, is said")
    func obstacle() throws {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.storage.putIfAbsent(
            SampleLog.path.directory + LogPath.checkpointName(Version(1)), Array("{}".utf8))
        #expect { try sample.log.checkpoint(.json) } throws: { "\($0)".contains("checkpoint.json") }
    }
}

extension TableState {
    /// The versions of the entries of the three sets: tombstones of later states count on them.
    fileprivate var entryVersions: [String] {
        func lines<Key, Value>(_ live: [ManifestSet<Key, Value>.Entry]) -> [String] {
            live.map { "\($0.key) \($0.version)" }.sorted()
        }
        return lines(references.entries.live) + lines(garbage.entries.live) + lines(partitions.entries.live)
    }
}
