import Bytes
import Compression
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// Objects that are missing, damaged or of a later program, and storages that do not answer.
@Suite("Errors of states and storages")
struct ErrorHandlingTests {
    /// States at 2 and 3, and the error of opening what is left after `damage`.
    private func opening(
        expiringLog: Bool, after damage: (SampleLog) throws -> Void
    ) throws -> Result<TransactionLog, LogError> {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.add(2)
        try sample.log.writeState()
        try sample.add(3)
        try sample.log.writeState()
        if expiringLog {
            for version in 0...2 {
                try sample.storage.delete(SampleLog.path.versionFile(Version(Int64(version))))
            }
        }
        try damage(sample)
        let keys = sample.storage.allKeys
        defer { #expect(sample.storage.allKeys == keys, "a reader changed something") }
        do throws(LogError) {
            return .success(
                try TransactionLog.open(
                    storage: sample.storage, table: SampleLog.table, clock: sample.clock,
                    entropy: sample.entropy, options: SampleLog.options))
        } catch {
            return .failure(error)
        }
    }

    @Test(
        "a manifest that is missing is named where nothing can stand in for it, and does no harm where the log can"
    )
    func testReadMissingManifest() throws {
        let delete = { (sample: SampleLog) in
            for version in [2, 3] as [Int64] {
                for path in try sample.log.stateManifest(at: Version(version)).manifestPaths {
                    try sample.storage.delete(SampleLog.path.directory + path)
                }
            }
        }
        #expect(try opening(expiringLog: false, after: delete).get().current.fileCount == 3)
        let result = try opening(expiringLog: true, after: delete)
        guard case .failure(.damaged(let file, _, let message)) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(file.hasPrefix("manifests/manifest-") && message.contains("missing"))
    }

    @Test("a state's directory that is missing is passed over, also where the hint names it")
    func testReadMissingStateDir() throws {
        func delete(_ versions: [Int64]) -> (SampleLog) throws -> Void {
            { sample in
                for version in versions {
                    let record = SampleLog.path.stateManifest(Version(version))
                    try sample.storage.delete(record)
                    let directory = SampleLog.path.directory + LogPath.stateName(Version(version))
                    #expect(try sample.storage.deleteDirectoryIfEmpty(directory))
                }
                #expect(try LastCheckpoint.version(in: sample.storage.get(SampleLog.path.hint)) == Version(3))
            }
        }
        for expiringLog in [false, true] {
            let log = try opening(expiringLog: expiringLog, after: delete([3])).get()
            #expect(log.current.version == Version(3) && log.current.fileCount == 3)
            #expect(log.baseManifest?.version == Version(2))
        }
        #expect(try opening(expiringLog: false, after: delete([2, 3])).get().current.fileCount == 3)
        guard case .failure(.missingVersion) = try opening(expiringLog: true, after: delete([2, 3])) else {
            Issue.record("a table without a state and without its first versions was opened")
            return
        }
    }

    @Test("any changed byte of an Avro header is found, and the file is named", arguments: [true, false])
    func testCorruptedAvroHeader(inRecord: Bool) throws {
        let sample = try SampleLog()
        try sample.add(1, 2)
        try sample.log.writeState()
        try sample.storage.delete(SampleLog.path.versionFile(Version(0)))
        let record = SampleLog.path.stateManifest(Version(1))
        let manifest = try #require(try sample.log.stateManifest(at: Version(1)).files.manifests.first)
        let key = inRecord ? record : SampleLog.path.directory + manifest.path
        let bytes = try sample.storage.get(key)
        // Magic, the metadata's first keys, and the end of the schema with the sync marker.
        for place in [0, 1, 2, 3, 4, 5, 6, 10, 14, 20] {
            let copy = sample.storage.crashedCopy(keepingUnsynced: true)
            try copy.delete(key)
            var changed = bytes
            changed[place] ^= 0x40
            try copy.putIfAbsent(key, changed)
            do throws(LogError) {
                _ = try TransactionLog.open(
                    storage: copy, table: SampleLog.table, clock: sample.clock, entropy: sample.entropy,
                    options: SampleLog.options)
                Issue.record("byte \(place) was changed and nobody noticed")
            } catch {
                let name = inRecord ? "state-v00000000000000000001/_manifest.avro" : manifest.path.display
                #expect("\(error)".contains(name), "byte \(place): \(error)")
            }
        }
    }

    @Test("a state of a later format is refused, not passed over for an older one")
    func testInvalidSchemaVersion() throws {
        let sample = try SampleLog(properties: [("state.compression", "none")])
        try sample.add(1)
        try sample.log.writeState()
        try sample.add(2)
        try sample.log.writeState()
        let key = SampleLog.path.stateManifest(Version(2))
        let bytes = try sample.storage.get(key)
        // The record follows the header: behind its sync marker stand the block's count and length.
        let marker = Array(bytes.suffix(16))
        let header = try #require((0..<bytes.count).first { bytes[$0...].starts(with: marker) })
        var body = header + 16
        for _ in 0..<2 {
            while bytes[body] & 0x80 != 0 { body += 1 }
            body += 1
        }
        #expect(bytes[body] == 2, "format version 1 is the record's first field")
        for later in [2, 7] as [UInt8] {
            var changed = bytes
            changed[body] = later * 2
            let copy = sample.storage.crashedCopy(keepingUnsynced: true)
            try copy.delete(key)
            try copy.putIfAbsent(key, Self.resealed(changed))
            do throws(LogError) {
                _ = try TransactionLog.open(
                    storage: copy, table: SampleLog.table, clock: sample.clock, entropy: sample.entropy,
                    options: SampleLog.options)
                Issue.record("format \(later) was read")
            } catch {
                guard case .unsupported(let message) = error else { throw error }
                #expect(message.contains("format version is \(later)"), "\(message)")
            }
        }
    }

    /// A record with the checksum in its header that a later program would have written.
    private static func resealed(_ bytes: [UInt8]) throws -> [UInt8] {
        let name = Array("firn.crc32".utf8)
        let start = try #require((0..<bytes.count).first { bytes[$0...].starts(with: name) })
        let digits = (start + name.count + 1)..<(start + name.count + 9)
        var sealed = bytes
        sealed.replaceSubrange(digits, with: Array("00000000".utf8))
        let checksum = Hex.string(UInt64(CRC32.checksum(of: sealed)), width: 8)
        sealed.replaceSubrange(digits, with: Array(checksum.utf8))
        return sealed
    }

    @Test("a storage that does not answer is asked again, up to a limit; a failed sync is not tried again")
    func testStorageException() throws {
        let pauses = Box<[UInt64]>([])
        let warnings = Box<[String]>([])
        var options = SampleLog.options
        options.sleep = { pause in pauses.update { $0.append(pause) } }
        options.warn = { warning in warnings.update { $0.append(warning) } }
        let sample = try SampleLog()
        let log = try sample.open(options: options)
        // Each of the steps of reading, committing and writing a state once, and three times in turn.
        for times in [1, 3] {
            for step in 1...40 {
                let before = log.current
                for repetition in 0..<times {
                    sample.storage.inject(.error(.unavailable), atOperation: step + repetition)
                }
                let number = UInt64(times * 1_000 + step)
                try sample.add(number, to: log)
                try log.writeState()
                let opened = try sample.open(options: options)
                #expect(opened.current.fileCount == before.fileCount + 1, "step \(step)")
                sample.storage.clearFaults()
            }
        }
        #expect(
            !warnings.value.isEmpty
                && warnings.value.allSatisfy { $0.contains("asking again") || $0.contains("looking") })
        #expect(pauses.value.contains(5_000_000) && pauses.value.contains(25_000_000))
        // Gone for good: an error in the end, and nothing half.
        for step in 1...8 { sample.storage.inject(.error(.unavailable), atOperation: step) }
        let files = log.current.fileCount
        #expect(throws: CommitError.self) { try sample.add(5_000, to: log) }
        sample.storage.clearFaults()
        #expect(try log.refresh().fileCount == files)
        // Each is an answer, not a silence: asked once.
        for kind in [.failedSync, .noSpace, .permission] as [StorageError.Kind] {
            let operations = sample.storage.operationCount
            sample.storage.inject(.error(kind), atOperation: 1)
            #expect(throws: CommitError.self) { try sample.add(6_000, to: log) }
            #expect(sample.storage.operationCount == operations + 1, "\(kind)")
            #expect(log.isPoisoned == (kind == .failedSync))
            if log.isPoisoned { try log.reopen() }
        }
    }

    @Test(
        "of two processes that write one version's state, the second takes over what the first wrote, and goes on"
    )
    func testConcurrentStateUpdate() throws {
        let gate = GateStorage(MemoryStorage())
        let table = try TestTable(storage: gate)
        _ = try table.log.commit(table.adding(20))
        let other = try table.open()
        // The second is held at its first put, long after it has looked whether there is a state.
        gate.close()
        let outcome = Box<StateOutcome?>(nil)
        let second = Thread.spawn(name: "second") {
            let result = try? other.writeState()
            outcome.update { $0 = result }
        }
        gate.waitUntilBlocked()
        let first = Thread.spawn(name: "first") { _ = try? table.log.writeState() }
        gate.open()
        first.join()
        second.join()
        let outcomes = [outcome.value, table.log.baseManifest.map { .written(StateSummary($0)) }]
        #expect(outcomes.allSatisfy { $0 != nil })
        let bases = [table.log, other].map { $0.baseManifest?.files.manifests.map(\.path) }
        #expect(bases[0] == bases[1], "both stand on the one state that is there")
        #expect(try table.log.stateVersions() == [Version(1)])
        // Both go on: commits, and states in turn, each on the other's ground.
        for log in [other, table.log, other] {
            try log.refresh()
            _ = try log.commit(table.adding(1))
            try log.writeState()
        }
        #expect(try table.open().current.fileCount == 23)
        #expect(try table.log.stateVersions() == [1, 2, 3, 4].map { Version($0) })
    }

    @Test("writers that make manifests at the same time give each a name of its own, and lose none")
    func testConcurrentWrites() throws {
        let memory = MemoryStorage()
        let table = try TestTable(
            storage: memory,
            actions: [.operation(.setProperty(name: "state.entriesPerManifest", value: "100"))])
        // Each log at a version of its own, so that each writes a state with manifests of its own.
        var logs: [TransactionLog] = []
        for _ in 0..<6 {
            _ = try table.log.commit(table.adding(250))
            logs.append(try table.open())
        }
        let failures = Box<[String]>([])
        let threads = logs.map { log in
            Thread.spawn(name: "state") {
                do { try log.writeState() } catch { failures.update { $0.append("\(error)") } }
            }
        }
        for thread in threads { thread.join() }
        #expect(failures.value == [])
        #expect(try table.log.stateVersions() == (1...6).map { Version($0) })
        var names: [ByteString] = []
        for version in 1...6 as ClosedRange<Int64> {
            let manifest = try table.log.stateManifest(at: Version(version))
            #expect(manifest.files.entryCount == Int(version) * 250)
            names += manifest.manifestPaths
            #expect(try table.log.state(at: Version(version)).fileCount == Int(version) * 250)
        }
        #expect(Set(names).count == names.count)
        let listed = memory.allKeys.filter { $0.hasPrefix("t/_transaction_log/manifests/") }
        #expect(listed.count == names.count)
        #expect(try table.open().current.fileCount == 1_500)
    }
}
