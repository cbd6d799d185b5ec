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

    @Test("what is asked for goes, and the manifests that only it listed")
    func expiry() throws {
        let sample = try Self.sample()
        let digests = try Self.versions(9...12).map { try sample.log.state(at: $0).digest }
        let used = try Self.versions(9...9).flatMap { try sample.log.stateManifest(at: $0).manifestPaths }
        let expired = try sample.log.expire(
            states: [Version(3), Version(6)], versionFiles: Self.versions(0...9))
        #expect(expired.states == [Version(3), Version(6)])
        #expect(expired.versionFiles == Self.versions(0...9))
        #expect(!expired.manifests.isEmpty && Set(expired.manifests).isDisjoint(with: used))
        #expect(try sample.log.stateVersions() == [Version(9), Version(12)])
        let log = try sample.open()
        #expect(try Self.versions(9...12).map { try log.state(at: $0).digest } == digests)
        do {
            _ = try log.state(at: Version(5))
            Issue.record("an expired version was told")
        } catch {
            guard case .expired = error else { throw error }
        }
        // Nothing is left to do.
        #expect(try log.expire(states: [Version(3)], versionFiles: [Version(2)]) == Expired())
    }

    @Test("the newest state, what comes after it and the newest version file stay, whoever asks")
    func neverTooMuch() throws {
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
        #expect(try bare.log.expire(states: [], versionFiles: [Version(0)]) == Expired())
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
        #expect(expired.states == [Version(3)] && expired.manifests.isEmpty)
    }

    @Test("manifests that no state lists go once they are old, and a state without a record is cleared away")
    func orphans() throws {
        let sample = try Self.sample()
        let orphan = SampleLog.path.directory + "manifests/manifest-00000000000000aa.avro"
        let unfinished = SampleLog.path.directory + "state-v00000000000000000005"
        try sample.storage.putIfAbsent(orphan, [1])
        try sample.storage.putIfAbsent(unfinished + "/x", [])
        try sample.storage.delete(unfinished + "/x")
        _ = try sample.log.expire(states: [], versionFiles: [])
        #expect(
            try sample.storage.list(SampleLog.path.logDirectory).allSatisfy {
                $0.name != LogPath.stateName(Version(5))
            })
        #expect(try sample.storage.exists(orphan))
        #expect(try !sample.log.stateVersions().contains(Version(5)))
        sample.advance(hours: 2)
        #expect(
            try sample.log.expire(states: [], versionFiles: []).manifests
                == ["manifests/manifest-00000000000000aa.avro"])
        #expect(try sample.open().current.digest == sample.log.current.digest)
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
        #expect(expired.states.count == 3 && !expired.manifests.isEmpty)
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
            let isDone = !sample.storage.hasCrashed
            for keeping in [false, true] {
                let after = sample.storage.crashedCopy(keepingUnsynced: keeping)
                let log = try sample.open(after)
                #expect(log.current.digest == digests.last, "step \(step)")
                #expect(try kept.map { try log.state(at: $0).digest } == digests, "step \(step)")
                _ = try log.expire(states: [Version(3), Version(6)], versionFiles: Self.versions(0...9))
                #expect(try log.stateVersions() == [Version(9), Version(12)], "step \(step)")
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
