import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("History and expiry")
struct ExpiryTests {
    /// Versions 1...12 with a file each, states at 3, 6, 9, 12.
    static func sample(seed: UInt64 = 1) throws -> SampleLog {
        let sample = try SampleLog(
            seed: seed,
            properties: [("state.entriesPerManifest", "100"), ("state.compaction.maxManifests", "2")])
        for number in 1...12 as ClosedRange<UInt64> {
            try sample.add(number)
            if number % 3 == 0 { try sample.log.writeState() }
        }
        sample.advance(hours: 3)
        return sample
    }

    static func versions(_ numbers: ClosedRange<Int64>) -> [Version] { numbers.map { Version($0) } }

    @Test("versions are listed with what is left of them, and told in detail where asked")
    func history() throws {
        let sample = try Self.sample()
        let listed = try sample.log.versions()
        #expect(listed.map(\.version) == Self.versions(0...12))
        #expect(listed.filter(\.hasState).map(\.version.rawValue) == [3, 6, 9, 12])
        #expect(listed.allSatisfy { $0.hasFile && $0.timestamp == nil && $0.operations.isEmpty })
        let some = try sample.log.versions(in: Version(4)...Version(6))
        #expect(some.map(\.version) == Self.versions(4...6))
        #expect(some.allSatisfy { $0.operations == ["INGEST"] && $0.timestamp != nil })
        #expect(try sample.log.transactions(of: Version(13)) == nil)
        #expect(try sample.log.transactions(of: Version(-1)) == nil)
    }

    @Test("changes come in version order, and say from which version on they can be told")
    func changes() throws {
        let sample = try Self.sample()
        _ = try sample.log.commit(sample.transaction([SampleLog.removal(sample.file(2))]))
        let changes = try sample.log.changes(from: Version(10), to: Version(13))
        #expect(changes.map(\.version) == Self.versions(11...13))
        #expect(changes.map { $0.added.map(\.path) } == [[sample.file(11).path], [sample.file(12).path], []])
        #expect(changes.map { $0.removed.map(\.path) } == [[], [], [sample.file(2).path]])
        #expect(try sample.log.changes(from: Version(5), to: Version(5)).isEmpty)
        _ = try sample.log.expire(states: [], versionFiles: Self.versions(0...4))
        // From state 3 to state 6, then file by file.
        let rest = try sample.log.changes(from: Version(3), to: Version(13))
        #expect(rest.map(\.version.rawValue) == [6, 7, 8, 9, 10, 11, 12, 13])
        #expect(rest.map(\.isDifference) == [true] + Array(repeating: false, count: 7))
        #expect(rest[0].after == Version(3))
        #expect(Set(rest[0].added.map(\.path)) == Set((4...6).map { sample.file($0).path }))
        do {
            _ = try sample.log.changes(from: Version(2), to: Version(13))
            Issue.record("changes of an expired version were told")
        } catch {
            guard case .beyondRetention(Version(2), oldest: Version(3)) = error else { throw error }
            #expect(error.description.contains("log.retention.hours"))
        }
        do {
            _ = try sample.log.changes(from: Version(12), to: Version(20))
            Issue.record("changes of a version to come were told")
        } catch {
            guard case .missingVersion(Version(20), _) = error else { throw error }
        }
    }

    @Test("what is asked for goes, and then the manifests that only it listed")
    func testCleanupOldStateDirs() throws {
        let sample = try Self.sample()
        let digests = try Self.versions(9...12).map { try sample.log.state(at: $0).digest }
        let used = try Self.versions(9...9).flatMap { try sample.log.stateManifest(at: $0).manifestPaths }
        #expect(try sample.log.surveyManifests().unreferenced.isEmpty)
        let expired = try sample.log.expire(
            states: [Version(3), Version(6)], versionFiles: Self.versions(0...9))
        #expect(expired.states == [Version(3), Version(6)])
        #expect(expired.versionFiles == Self.versions(0...9))
        #expect(try sample.log.stateVersions() == [Version(9), Version(12)])
        #expect(
            try sample.storage.list(SampleLog.path.logDirectory).filter(\.isDirectory).map(\.name).count == 3)
        let unreferenced = try sample.log.surveyManifests().unreferenced.map(\.name)
        #expect(!unreferenced.isEmpty && Set(unreferenced).isDisjoint(with: used))
        #expect(try sample.log.delete(unreferenced: unreferenced + used) == unreferenced)
        let log = try sample.open()
        #expect(try Self.versions(9...12).map { try log.state(at: $0).digest } == digests)
        do {
            _ = try log.state(at: Version(5))
            Issue.record("an expired version was told")
        } catch {
            guard case .expired = error else { throw error }
        }
        // Nothing is left to do, and asking again is no error.
        #expect(try log.expire(states: [Version(3)], versionFiles: [Version(2)]) == Expired())
        #expect(try log.delete(unreferenced: unreferenced).isEmpty)
    }

    @Test("the newest state, what comes after it and the newest version file stay, whoever asks")
    func testCleanupPreservesCurrentState() throws {
        let sample = try Self.sample()
        try sample.add(13)
        sample.advance(hours: 3)
        let digest = sample.log.current.digest
        let all = Self.versions(0...13)
        #expect(try sample.log.expire(states: all, versionFiles: all).versionFiles == Self.versions(0...12))
        #expect(try sample.log.stateVersions() == [Version(12)])
        #expect(try sample.open().current.digest == digest)

        let bare = try SampleLog()
        try bare.add(1)
        bare.advance(hours: 3)
        let nothing = try bare.log.expire(states: [], versionFiles: [Version(0)])
        #expect(
            nothing.versionFiles.isEmpty
                && nothing.obstacle == "no state can be read whole: everything is kept")
        try bare.log.writeState()
        try bare.add(2)
        #expect(
            try bare.log.expire(states: [], versionFiles: [Version(0), Version(1), Version(2)]).versionFiles
                == [Version(0), Version(1)], "the newest is young besides")
    }

    @Test("a version file that a slow writer may still look for stays")
    func youngFiles() throws {
        let sample = try SampleLog()
        try sample.add(1)
        try sample.add(2)
        try sample.log.writeState()
        #expect(try sample.log.expire(states: [], versionFiles: [Version(0), Version(1)]) == Expired())
    }

    @Test("where the newest state is damaged, an older one and all that follows it stay")
    func damagedNewest() throws {
        let sample = try Self.sample()
        let digest = sample.log.current.digest
        let used = Set(try sample.log.stateManifest(at: Version(9)).manifestPaths)
        let manifests = Set(try sample.log.stateManifest(at: Version(12)).manifestPaths)
        let newest = try #require(manifests.subtracting(used).sorted().first)
        try sample.storage.delete(SampleLog.path.directory + newest)
        let log = try sample.open()
        let all = Self.versions(0...12)
        let expired = try log.expire(states: all, versionFiles: all)
        #expect(expired.states == [Version(3), Version(6)])
        #expect(expired.versionFiles == Self.versions(0...9))
        #expect(try sample.open().current.digest == digest)
    }

    @Test("a record that cannot be read keeps every manifest")
    func unreadableRecord() throws {
        let sample = try Self.sample()
        let key = SampleLog.path.stateManifest(Version(6))
        try sample.storage.delete(key)
        try sample.storage.putIfAbsent(key, [1, 2, 3])
        let expired = try sample.log.expire(states: [Version(3)], versionFiles: [])
        #expect(expired.states == [Version(3)])
        let survey = try sample.log.surveyManifests()
        #expect(survey.obstacle?.contains("state 6 cannot be read") == true)
        #expect(survey.unreferenced.isEmpty)
        #expect(try sample.log.delete(unreferenced: survey.objects.map(\.name)).isEmpty)
    }

    @Test("where no state names a manifest, none is deleted, and it is said why")
    func nothingUsed() throws {
        let sample = try SampleLog()
        let orphan: ByteString = "manifests/manifest-00000000000000aa.avro"
        try sample.storage.putIfAbsent(SampleLog.path.directory + orphan, [1])
        sample.advance(hours: 48)
        let survey = try sample.log.surveyManifests()
        #expect(survey.objects.map(\.name) == [orphan] && survey.unreferenced.isEmpty)
        #expect(survey.obstacle?.contains("no state names any manifest") == true)
        #expect(try sample.log.delete(unreferenced: [orphan]).isEmpty)
    }

    @Test(
        "manifests and empty confirmations that no state names are found, and unfinished states cleared away")
    func orphans() throws {
        let sample = try Self.sample()
        let orphan: ByteString = "manifests/manifest-00000000000000aa.avro"
        let unfinished = SampleLog.path.directory + "state-v00000000000000000005"
        try sample.storage.putIfAbsent(SampleLog.path.directory + orphan, [1])
        try sample.storage.putIfAbsent(SampleLog.path.directory + "_confirm-00000000000000bb", [])
        try sample.storage.putIfAbsent(unfinished + "/x", [])
        try sample.storage.delete(unfinished + "/x")
        #expect(try sample.log.newestVerifiedState() == Version(12))
        try sample.log.clearUnfinishedStates(below: Version(12))
        #expect(
            try sample.storage.list(SampleLog.path.logDirectory).allSatisfy {
                $0.name != LogPath.stateName(Version(5))
            })
        let found = try sample.log.surveyManifests().unreferenced
        #expect(found.map(\.name) == ["_confirm-00000000000000bb", orphan])
        #expect(found.map(\.sizeBytes) == [0, 1])
        #expect(try sample.log.delete(unreferenced: found.map(\.name)) == found.map(\.name))
        #expect(try sample.open().current.digest == sample.log.current.digest)
    }

    @Test("what the hint names stays, though it is not the newest")
    func hinted() throws {
        let sample = try Self.sample()
        try sample.storage.overwriteHint(SampleLog.path.hint, LastCheckpointText.of(version: 6))
        #expect(sample.log.hintedVersion == Version(6))
        let expired = try sample.log.expire(states: Self.versions(3...12), versionFiles: [])
        #expect(expired.states == [Version(3), Version(9)])
    }

    @Test("states and version files are as old as they say, whatever time their storage gives them")
    func dates() throws {
        let sample = try SampleLog()
        var times: [Int64] = []
        for number in 1...40 as ClosedRange<UInt64> {
            sample.advance(hours: 1)
            try sample.add(number)
            times.append(sample.log.current.timestamp)
            if number % 10 == 0 { try sample.log.writeState() }
        }
        // A copy to a storage that knows no times.
        let copy = MemoryStorage()
        copy.setTime(milliseconds: 0)
        for key in sample.storage.allKeys { try copy.putIfAbsent(key, try sample.storage.get(key)) }
        let log = try sample.open(copy)
        for cutoff in [times[0] - 1, times[0], times[16], times[16] + 5, times[39]] {
            let before = copy.operationCount
            let history = try log.storedHistory(cutoffs: [cutoff])
            #expect(history.states.map(\.datedAt) == [times[9], times[19], times[29], times[39]])
            #expect(history.versionFiles.allSatisfy { $0.writtenAt == 0 })
            for (index, time) in times.enumerated() {
                let dated = history.versionFiles[index + 1].datedAt
                #expect(dated.map { $0 <= cutoff } ?? false == (time <= cutoff), "version \(index + 1)")
                #expect(dated.map { $0 >= time } ?? true)
            }
            let reads = copy.operations[before...].filter { $0.hasPrefix("get") && $0.hasSuffix(".json") }
            #expect(reads.count <= 6, "bisection reads few version files")
        }
    }

    @Test("of two that note at the same time one loses, and a writer that slept changes nothing")
    func notes() throws {
        let sample = try Self.sample()
        let other = try sample.open()
        let empty = try sample.log.unreferencedNote()
        #expect(empty.number == 0 && empty.since.isEmpty)
        let first = try #require(try sample.log.replace(empty, since: ["a": 5]))
        #expect(try other.replace(empty, since: ["b": 6]) == nil)
        #expect(try other.unreferencedNote() == first)
        let second = try #require(try other.replace(first, since: ["a": 5, "b": 6]))
        let third = try #require(try other.replace(second, since: ["b": 6]))
        // What it read is gone, and so is what would have stood in its way.
        #expect(try sample.log.replace(first, since: ["a": 5, "c": 1]) == nil)
        #expect(try sample.log.unreferencedNote() == third)
        #expect(third.since == ["b": 6] && third.number == 3)
        #expect(try sample.storage.list(SampleLog.path.directory + "unreferenced").count == 1)
        #expect(try sample.log.replace(third, since: ["b": 6]) == third)
    }

    @Test("a writer whose ground has expired writes a state of its own, and it is whole")
    func expiredGround() throws {
        // With the usual limits few small manifests are named again, not written anew.
        let sample = try SampleLog()
        for number in 1...3 as ClosedRange<UInt64> {
            try sample.add(number)
            try sample.log.writeState()
        }
        let slow = try sample.open()
        try sample.add(20)
        try sample.log.compactState()
        sample.advance(hours: 3)
        let expired = try sample.log.expire(states: Self.versions(1...3), versionFiles: [])
        #expect(expired.states.count == 3)
        let unreferenced = try sample.log.surveyManifests().unreferenced.map(\.name)
        #expect(try sample.log.delete(unreferenced: unreferenced) == unreferenced && !unreferenced.isEmpty)
        #expect(slow.baseManifest?.version == Version(3))
        try sample.add(21, to: slow)
        try slow.writeState()
        let log = try sample.open()
        #expect(log.baseManifest?.version == Version(5))
        #expect(log.current.digest == slow.current.digest)
        #expect(log.current.fileCount == 5)
    }

    @Test("a crash at any step of expiry loses no version that is kept")
    func crash() throws {
        for step in 1...200 {
            let sample = try Self.sample(seed: UInt64(step))
            let kept = Self.versions(9...12)
            let digests = try kept.map { try sample.log.state(at: $0).digest }
            sample.storage.inject(.crash, atOperation: step)
            _ = try? sample.log.expire(
                states: [Version(3), Version(6)], versionFiles: Self.versions(0...9))
            if let survey = try? sample.log.surveyManifests() {
                _ = try? sample.log.delete(unreferenced: survey.unreferenced.map(\.name))
            }
            let isDone = !sample.storage.hasCrashed
            for keeping in [false, true] {
                let after = sample.storage.crashedCopy(keepingUnsynced: keeping)
                let log = try sample.open(after)
                #expect(log.current.digest == digests.last, "step \(step)")
                #expect(try kept.map { try log.state(at: $0).digest } == digests, "step \(step)")
                _ = try log.expire(states: [Version(3), Version(6)], versionFiles: Self.versions(0...9))
                try log.clearUnfinishedStates(below: Version(12))
                #expect(try log.stateVersions() == [Version(9), Version(12)], "step \(step)")
                _ = try log.delete(unreferenced: try log.surveyManifests().unreferenced.map(\.name))
                #expect(try log.surveyManifests().unreferenced.isEmpty, "step \(step)")
                #expect(try sample.open(after).current.digest == digests.last, "step \(step)")
            }
            if isDone {
                #expect(step > 20)
                return
            }
        }
        Issue.record("expiry takes more than 200 steps")
    }
}

private enum LastCheckpointText {
    static func of(version: Int) -> [UInt8] {
        let name = LogPath.stateName(Version(Int64(version))).display
        return Array(#"{"version":\#(version),"size":1,"format":"avro-state","stateDir":"\#(name)"}"#.utf8)
    }
}
