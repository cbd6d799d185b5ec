import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

@Suite("Changes between versions")
struct ChangesTests {
    /// Versions 1...12 with the files 1...12, states at 3, 6, 9, 12; the manifests of each state stay.
    static func sample() throws -> SampleLog {
        let sample = try SampleLog()
        for number in 1...12 as ClosedRange<UInt64> {
            try sample.add(number)
            if number % 3 == 0 { try sample.log.writeState() }
        }
        return sample
    }

    /// Lets version files go, as expiry does.
    static func expire(_ versions: ClosedRange<Int64>, of sample: SampleLog) throws {
        for version in versions { try sample.storage.delete(SampleLog.path.versionFile(Version(version))) }
    }

    static func paths(_ sample: SampleLog, _ numbers: ClosedRange<UInt64>) -> Set<ByteString> {
        Set(numbers.map { sample.file($0).path })
    }

    static func reader(_ sample: SampleLog) -> ChangeReader {
        ChangeReader(storage: sample.storage, table: SampleLog.table, options: SampleLog.options)
    }

    /// The manifests that were read since the storage had done so many steps.
    static func manifestsRead(_ sample: SampleLog, since count: Int) -> [ByteString] {
        let prefix = "get " + (SampleLog.path.directory + "manifests/").display
        return sample.storage.operations.dropFirst(count).filter { $0.hasPrefix(prefix) }.map {
            ByteString("manifests/" + $0.dropFirst(prefix.count))
        }
    }

    @Test(
        "The changes since a version are the files of all later versions, from version files or from states")
    func testGetChangesSinceVersion() throws {
        let sample = try Self.sample()
        let whole = try sample.log.changes(from: Version(6), to: Version(12))
        #expect(whole.map(\.version.rawValue) == [7, 8, 9, 10, 11, 12])
        #expect(whole.allSatisfy { !$0.isDifference && $0.after.next == $0.version && $0.removed.isEmpty })
        #expect(Set(whole.flatMap(\.added).map(\.path)) == Self.paths(sample, 7...12))
        try Self.expire(0...10, of: sample)
        let coarse = try sample.log.changes(from: Version(6), to: Version(12))
        #expect(coarse.map(\.version.rawValue) == [9, 12] && coarse.map(\.after.rawValue) == [6, 9])
        #expect(coarse.allSatisfy { $0.isDifference })
        #expect(Set(coarse.flatMap(\.added).map(\.path)) == Self.paths(sample, 7...12))
        // Versions 11 and 12 have their files: no state is asked.
        #expect(
            try sample.log.changes(from: Version(10), to: Version(12)).map(\.version.rawValue) == [11, 12])
    }

    @Test(
        "A time stands for the version that was current then, and the changes since it are those committed later"
    )
    func testGetChangesSinceTimestamp() throws {
        let sample = try Self.sample()
        let reader = Self.reader(sample)
        let times = try (0...12).map {
            try #require(sample.log.transactions(of: Version($0))?.last).timestamp
        }
        for (version, time) in times.enumerated() {
            #expect(try reader.version(at: time) == Version(Int64(version)))
            #expect(try reader.version(at: time + 999) == Version(Int64(version)))
            #expect(try reader.version(at: time - 1) == Version(Int64(version) - 1))
        }
        #expect(try reader.version(at: .max) == Version(12))
        let since = try reader.version(at: times[8] + 500)
        let added = try sample.log.changes(from: since, to: Version(12)).flatMap(\.added)
        #expect(Set(added.map(\.path)) == Self.paths(sample, 9...12))
        // A clock that goes back gives versions ascending times all the same.
        sample.clock.advance(milliseconds: -60_000)
        let late = try sample.add(13)
        #expect(late.timestamp == times[12] + 1 && late.version == Version(13))
        #expect(try reader.version(at: times[12]) == Version(12))
        #expect(try reader.version(at: times[12] + 1) == Version(13))
        // Between states whose version files are gone nobody knows which version was current.
        try Self.expire(0...11, of: sample)
        #expect(try reader.version(at: times[9]) == Version(9))
        #expect(throws: LogError.self) { try reader.version(at: times[10] + 5) }
        #expect(throws: LogError.self) { try reader.version(at: times[0]) }
    }

    @Test(
        "Removes are told with their size, from version files and from what states have of tombstones and garbage"
    )
    func testChangeSetIncludesRemoves() throws {
        let sample = try Self.sample()
        let gone = [sample.file(2), sample.file(8)]
        let removal = try sample.log.commit(sample.transaction(gone.map { SampleLog.removal($0) }, "REMOVE"))
        let change = try #require(try sample.log.changes(from: Version(12), to: Version(13)).first)
        #expect(change.operations == ["REMOVE"] && change.added.isEmpty)
        #expect(change.removed.map(\.path) == gone.map(\.path))
        #expect(change.removed.map(\.sizeBytes) == gone.map(\.sizeBytes))
        try sample.log.writeState()
        try Self.expire(0...12, of: sample)
        sample.clock.advance(milliseconds: 5_000)
        try sample.storage.delete(SampleLog.path.versionFile(Version(13)))
        let difference = try #require(try sample.log.changes(from: Version(12), to: Version(13)).first)
        #expect(difference.isDifference && difference.added.isEmpty)
        #expect(difference.removed.map(\.path) == gone.map(\.path).sorted())
        #expect(difference.removed.allSatisfy { $0.deletionTimestamp == removal.timestamp })
        #expect(Set(difference.removed.map(\.sizeBytes)) == Set(gone.map(\.sizeBytes)))
        // Added before and gone since: seen as gone. Added and gone in between: not seen at all.
        let since = try sample.log.changes(from: Version(6), to: Version(13))
        #expect(Set(since.flatMap(\.removed).map(\.path)) == Set(gone.map(\.path)))
        let span = try sample.log.changes(from: Version(3), to: Version(13))
        #expect(span.flatMap(\.added).count == 9 && span.flatMap(\.removed).count == 2)
    }

    @Test("Where nothing was committed since, there are no changes, and looking costs no read of a manifest")
    func testStreamingReadEmptyDelta() throws {
        let sample = try Self.sample()
        let reader = Self.reader(sample)
        let before = sample.storage.operationCount
        #expect(try reader.newestVersion(after: Version(12)) == nil)
        #expect(try sample.log.changes(from: Version(12), to: Version(12)).isEmpty)
        #expect(sample.storage.operationCount - before == 2)
        #expect(Self.manifestsRead(sample, since: before).isEmpty)
        // A commit that touches no file is a version without changes.
        _ = try sample.log.commit(
            sample.transaction([.operation(.putTag(name: "t", version: Version(3)))], "TAG"))
        #expect(try reader.newestVersion(after: Version(12)) == Version(13))
        let change = try #require(try sample.log.changes(from: Version(12), to: Version(13)).first)
        #expect(change.files.isEmpty && change.operations == ["TAG"])
    }

    @Test("From the beginning all that ever happened is told, also when only the newest state is left")
    func testStreamingReadAllChanges() throws {
        let sample = try Self.sample()
        _ = try sample.log.commit(sample.transaction([SampleLog.removal(sample.file(5))]))
        let all = try sample.log.changes(from: ChangeReader.beginning, to: Version(13))
        #expect(all.map(\.version.rawValue) == Array(0...13))
        #expect(Set(all.flatMap(\.added).map(\.path)) == Self.paths(sample, 1...12))
        #expect(all.flatMap(\.removed).map(\.path) == [sample.file(5).path])
        #expect(
            try sample.log.changes(from: Version(0), to: Version(13)).map(\.version.rawValue) == Array(1...13)
        )
        try sample.log.writeState()
        for state in [3, 6, 9, 12] {
            try sample.storage.delete(SampleLog.path.stateManifest(Version(Int64(state))))
            try sample.storage.deleteDirectoryIfEmpty(
                SampleLog.path.directory + LogPath.stateName(Version(Int64(state))))
        }
        try Self.expire(0...13, of: sample)
        let rest = try sample.log.changes(from: ChangeReader.beginning, to: Version(13))
        #expect(rest.map(\.version.rawValue) == [13] && rest.flatMap(\.removed).isEmpty)
        #expect(Set(rest.flatMap(\.added).map(\.path)) == sample.log.current.filePaths)
        #expect(sample.log.current.fileCount == 11)
    }

    @Test("Of a state only the manifests are read whose greatest version is above the one that is asked from")
    func testManifestVersionFiltering() throws {
        let sample = try Self.sample()
        try Self.expire(0...12, of: sample)
        for since in [3, 6, 9] as [Int64] {
            let manifest = try sample.log.stateManifest(at: Version(12))
            #expect(manifest.files.manifests.count == 4)
            let before = sample.storage.operationCount
            let changes = try sample.log.changes(from: Version(since), to: Version(12))
            let expected = manifest.files.manifests.filter { $0.maxAddedAtVersion > Version(since) }
            #expect(Set(Self.manifestsRead(sample, since: before)) == Set(expected.map(\.path)))
            #expect(Set(changes.flatMap(\.added).map(\.path)) == Self.paths(sample, UInt64(since) + 1...12))
        }
    }

    @Test("Only files of a later version are told, whatever else their manifest lists")
    func testFilterByAddedAtVersion() throws {
        let sample = try Self.sample()
        try sample.add(13)
        try sample.log.compactState()
        #expect(try sample.log.stateManifest(at: Version(13)).files.manifests.count == 1)
        try Self.expire(0...13, of: sample)
        for since in [3, 6, 9, 12] as [Int64] {
            let added = try sample.log.changes(from: Version(since), to: Version(13)).flatMap(\.added)
            let expected = sample.log.current.files.all.filter { $0.addedAtVersion > Version(since) }
            #expect(Set(added) == Set(expected), "since \(since)")
            #expect(added.count == 13 - Int(since))
        }
    }

    @Test("Only files of a later time are told, whatever else their manifest lists")
    func testFilterByAddedAtTimestamp() throws {
        let sample = try Self.sample()
        let time = try #require(sample.log.transactions(of: Version(6))?.last).timestamp
        try sample.add(13)
        try sample.log.compactState()
        try Self.expire(0...13, of: sample)
        let since = try Self.reader(sample).version(at: time)
        let added = try sample.log.changes(from: since, to: Version(13)).flatMap(\.added)
        let expected = sample.log.current.files.all.filter { $0.addedAtTimestamp > time }
        #expect(Set(added) == Set(expected) && added.count == 7)
    }

    @Test("Compactions of state and of data neither hide nor invent a change; what a job moved is marked")
    func testStreamingWithCompaction() throws {
        let sample = try Self.sample()
        let job = JobID(77)
        var output = sample.file(50)
        output.dataChange = false
        output.job = job
        var actions: [Action] = [.add(output)]
        for number in [7, 8] as [UInt64] {
            let file = sample.file(number)
            actions.append(
                .remove(
                    FileRemoval(
                        path: file.path, id: file.id, deletionTimestamp: 0, dataChange: false,
                        sizeBytes: file.sizeBytes, job: job)))
        }
        _ = try sample.log.commit(sample.transaction(actions, "COMPACT"))
        try sample.log.compactState()
        try sample.add(14)
        let fine = try sample.log.changes(from: Version(6), to: Version(14))
        let moved = try #require(fine.first { $0.version == Version(13) })
        #expect(moved.files.count == 3 && moved.files.allSatisfy { !moved.changesData($0) })
        #expect(
            fine.filter { $0.version != Version(13) }.allSatisfy { change in
                change.files.allSatisfy { change.changesData($0) }
            })
        try Self.expire(0...13, of: sample)
        // The rows of 7 and 8 came after version 6 and are only in the job's file: it has to count.
        let coarse = try sample.log.changes(from: Version(6), to: Version(14))
        #expect(coarse.map(\.version.rawValue) == [9, 12, 13, 14])
        let last = try #require(coarse.first { $0.version == Version(13) })
        #expect(last.added.map(\.path) == [output.path] && last.removed.count == 2)
        #expect(last.files.allSatisfy { last.changesData($0) })
        #expect(last.removed.allSatisfy { $0.job == job && $0.sizeBytes != nil })
    }

    @Test("The changes of a large table cost the reading of what changed, not of the table")
    func testStreamingPerformance() throws {
        let sample = try SampleLog()
        for batch in 0..<10 as Range<UInt64> {
            _ = try sample.log.commit(
                sample.transaction((1...2_000).map { .add(sample.file(batch * 2_000 + $0)) }, "INGEST"))
        }
        try sample.log.compactState()
        let gone = (1...5).map { SampleLog.removal(sample.file($0 * 3_000)) }
        _ = try sample.log.commit(sample.transaction([.add(sample.file(20_001))] + gone, "MIXED"))
        try sample.log.writeState()
        try Self.expire(0...11, of: sample)
        let old = try sample.log.stateManifest(at: Version(10))
        let new = try sample.log.stateManifest(at: Version(11))
        let before = sample.storage.operationCount
        let changes = try Self.changes(Self.reader(sample), Version(10), Version(11))
        #expect(changes.flatMap(\.added).map(\.path) == [sample.file(20_001).path])
        #expect(
            Set(changes.flatMap(\.removed).map(\.path)) == Set((1...5).map { sample.file($0 * 3_000).path }))
        let known = Set(old.manifestPaths)
        #expect(
            Set(Self.manifestsRead(sample, since: before))
                == Set(new.manifestPaths.filter { !known.contains($0) }))
        // One listing, two records, two new manifests, and a few looks at what is there.
        #expect(sample.storage.operationCount - before <= 8)
    }

    static func changes(
        _ reader: ChangeReader, _ old: Version, _ new: Version
    ) throws -> [VersionChange] {
        var result: [VersionChange] = []
        try reader.changes(from: old, to: new) { change in
            result.append(change)
            return true
        }
        return result
    }

    @Test("A long difference comes in pieces, and telling ends where nobody wants more")
    func pieces() throws {
        let sample = try SampleLog()
        for batch in 0..<5 as Range<UInt64> {
            _ = try sample.log.commit(
                sample.transaction((1...2_000).map { .add(sample.file(batch * 2_000 + $0)) }))
        }
        try sample.log.writeState()
        try Self.expire(0...5, of: sample)
        let reader = Self.reader(sample)
        let pieces = try Self.changes(reader, ChangeReader.beginning, Version(5))
        #expect(pieces.map(\.files.count).reduce(0, +) == 10_000 && pieces.count > 2)
        #expect(Set(pieces.flatMap(\.added).map(\.path)).count == 10_000)
        var count = 0
        try reader.changes(from: ChangeReader.beginning, to: Version(5)) { _ in
            count += 1
            return false
        }
        #expect(count == 1)
    }

    @Test("a state that cannot be read is passed over where others lead on")
    func damagedState() throws {
        let sample = try Self.sample()
        try Self.expire(0...12, of: sample)
        let key = SampleLog.path.stateManifest(Version(9))
        try sample.storage.delete(key)
        try sample.storage.putIfAbsent(key, [1, 2, 3])
        let changes = try sample.log.changes(from: Version(6), to: Version(12))
        #expect(changes.map(\.version.rawValue) == [12] && changes.map(\.after.rawValue) == [6])
        #expect(Set(changes.flatMap(\.added).map(\.path)) == Self.paths(sample, 7...12))
    }
}

extension FileSet {
    /// Every live file, decoded.
    fileprivate var all: [FileEntry] {
        var entries: [FileEntry] = []
        forEach { entries.append($0.entry) }
        return entries
    }
}
