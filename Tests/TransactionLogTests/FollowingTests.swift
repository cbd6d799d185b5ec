import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// Several processes on one table, of which one writes a state and the others take it over.
@Suite("Following states")
struct FollowingTests {
    private static let properties: [(ByteString, ByteString)] = [
        ("state.writeAfterVersions", "4"), ("state.entriesPerManifest", "100"),
        ("state.compaction.maxManifests", "100"), ("state.compaction.tombstoneThreshold", "1"),
        ("state.writeAfterQuietSeconds", "3600"),
    ]

    private func reads(of sample: SampleLog, _ body: () throws -> Void) rethrows -> [String] {
        let before = sample.storage.operationCount
        try body()
        return sample.storage.operations[before...].filter {
            $0.hasPrefix("get ") && $0.contains("/manifest-")
        }
    }

    @Test("the process whose commit makes a state due has the turn; when as much again has come, anybody has")
    func turns() throws {
        let sample = try SampleLog(properties: Self.properties)
        try sample.add(100)
        try sample.log.writeState()
        let other = try sample.open()
        for number in 1...4 as ClosedRange<UInt64> {
            try sample.add(number, to: number == 4 ? other : sample.log)
        }
        try sample.log.refresh()
        #expect(other.stateTurn == .own && sample.log.stateTurn == .others)
        for number in 5...7 as ClosedRange<UInt64> { try sample.add(number) }
        try other.refresh()
        #expect(other.stateTurn == .own && sample.log.stateTurn == .others)
        // From twice to four times as much, each by its own patience.
        for number in 8...16 as ClosedRange<UInt64> { try sample.add(number) }
        #expect(sample.log.stateTurn == .anybody && !sample.log.hasStateToFollow)
        try other.refresh()
        try other.writeState()
        #expect(other.stateTurn == .nobody)
        #expect(sample.log.hasStateToFollow && !sample.log.isFollowingDue)
        #expect(try sample.log.followState())
        #expect(!sample.log.hasStateToFollow)
        #expect(sample.log.stateTurn == .nobody && sample.log.baseManifest?.version == Version(17))
    }

    @Test("a state that is taken over costs the reading of what is new in it, and files stay findable")
    func sharing() throws {
        let sample = try SampleLog(properties: Self.properties)
        let other = try sample.open()
        for round in 0..<5 as Range<UInt64> {
            for number in 0..<4 as Range<UInt64> { try sample.add(round * 10 + number + 1) }
            if round > 0 {
                let victim = sample.file((round - 1) * 10 + 1)
                _ = try sample.log.commit(sample.transaction([SampleLog.removal(victim)]))
            }
            try sample.log.writeState()
            try other.refresh()
            // What is committed while the other takes the state over is applied to it again.
            try sample.add(1_000 + round)
            try other.refresh()
            var isFollowed = false
            let read = try reads(of: sample) { isFollowed = try other.followState() }
            #expect(isFollowed)
            let listed = try sample.log.stateManifest(at: sample.log.current.version.previous).manifestPaths
            #expect(read.count < listed.count || round == 0, "round \(round): \(read)")
            #expect(other.current.digest == sample.log.current.digest)
            #expect(other.baseManifest?.manifestPaths == listed)
            for path in sample.log.current.filePaths { #expect(other.current.files.view(path: path) != nil) }
            #expect(try !other.followState())
        }
        // Both go on from the common ground.
        try sample.add(2_000, to: other)
        try other.writeState()
        #expect(try sample.open().current.digest == other.current.digest)
    }

    @Test("where the hint names a state that is damaged or gone, the log stays where it stands")
    func damaged() throws {
        let sample = try SampleLog(properties: Self.properties)
        let other = try sample.open()
        try sample.add(1)
        try sample.log.writeState()
        try other.refresh()
        let digest = other.current.digest
        try sample.storage.delete(SampleLog.path.stateManifest(Version(1)))
        #expect(try !other.followState())
        #expect(other.current.digest == digest)
        try other.writeState()
        #expect(try sample.open().baseManifest?.version == Version(1))
    }

    @Test("background writers of several processes write each state once, and stand on the same ones")
    func background() throws {
        let table = try TestTable(
            actions: Self.properties.map { .operation(.setProperty(name: $0.0, value: $0.1)) })
        let logs = try (0..<3).map { _ in try table.open() }
        let reports = Monitor<[String]>([])
        let writers = logs.map { log in
            ManifestWriter(log) { result in reports.update { $0.append("\(result)") } }
        }
        for round in 0..<40 {
            for log in logs where log !== logs[round % 3] { try log.refresh() }
            _ = try logs[round % 3].commit(table.adding(2))
        }
        for log in logs { try log.refresh() }
        let isDone = reports.wait(atMostNanoseconds: 20_000_000_000) { _ in
            logs.allSatisfy { $0.unwritten.versionCount < 20 } ? true : nil
        }
        for writer in writers { writer.stop() }
        #expect(isDone == true || logs.allSatisfy { $0.unwritten.versionCount < 20 })
        #expect(reports.withLock { $0.allSatisfy { $0.hasPrefix("success") } }, "\(reports.withLock { $0 })")
        #expect(try table.open().current.fileCount == 80)
        for log in logs { #expect(log.current.digest == (try table.open().current.digest)) }
    }
}

extension Version {
    fileprivate var previous: Version { Version(rawValue - 1) }
}
