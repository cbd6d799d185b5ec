import Bytes
import Metadata
import Platform
import Storage
import TestKit
import Testing
import TransactionLog

/// A table's random history, and which files were live at each version by a model that is a set.
private struct History {
    let sample: SampleLog
    var log: TransactionLog
    var random: SeededGenerator
    /// By version, from 0.
    var live: [Set<ByteString>] = [[]]
    private var garbage: Set<UInt64> = []
    private var condemned: Set<UInt64> = []
    private var current: Set<UInt64> = []
    private var next: UInt64 = 1

    init(seed: UInt64) throws {
        sample = try SampleLog(
            seed: seed,
            properties: [("state.entriesPerManifest", "100"), ("state.compaction.maxManifests", "2")])
        log = sample.log
        random = SeededGenerator(seed: seed)
    }

    mutating func step() throws {
        sample.clock.advance(milliseconds: Int64.random(in: 0...2_000, using: &random))
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: try log.writeState()
        case 2: try log.compactState()
        case 3: log = try sample.open()
        default: try commit()
        }
        // A compaction may have committed a version of its own.
        while live.count <= Int(log.current.version.rawValue) { live.append(files(at: live.count - 1)) }
    }

    private mutating func commit() throws {
        var actions: [Action] = []
        // No path twice in one transaction but for what is added and removed at once.
        var touched: Set<UInt64> = []
        for _ in 0..<Int.random(in: 0...14, using: &random) {
            current.insert(next)
            actions.append(.add(sample.file(next)))
            if Int.random(in: 0..<8, using: &random) == 0 {
                current.remove(next)
                garbage.insert(next)
                actions.append(SampleLog.removal(sample.file(next)))
            }
            touched.insert(next)
            next += 1
        }
        for number in current.subtracting(touched).sorted() where Int.random(in: 0..<9, using: &random) == 0 {
            current.remove(number)
            garbage.insert(number)
            touched.insert(number)
            actions.append(SampleLog.removal(sample.file(number)))
            if Int.random(in: 0..<6, using: &random) == 0 {
                current.insert(number)
                actions.append(.add(sample.file(number)))
            }
        }
        for number in garbage.subtracting(condemned).subtracting(touched).subtracting(current).sorted() {
            switch Int.random(in: 0..<8, using: &random) {
            case 0, 1:
                // Taken back, under the same path.
                current.insert(number)
                actions.append(.add(sample.file(number)))
            case 2:
                condemned.insert(number)
                actions.append(.operation(.condemn([sample.file(number).id])))
            default: break
            }
        }
        for number in condemned.subtracting(touched).sorted() where Int.random(in: 0..<4, using: &random) == 0
        {
            guard garbage.contains(number),
                log.current.garbage[sample.file(number).id]?.condemnedAtVersion != nil
            else { continue }
            condemned.remove(number)
            garbage.remove(number)
            actions.append(.operation(.forget([sample.file(number).id])))
        }
        if actions.isEmpty { actions = [.operation(.putTag(name: "t", version: log.current.version))] }
        _ = try log.commit(sample.transaction(actions))
        live.append(Set(current.map { sample.file($0).path }))
    }

    func files(at version: Int) -> Set<ByteString> { version < 0 ? [] : live[version] }

    /// Deletes some version files, the oldest mostly, and some states.
    mutating func expire() throws {
        let newest = live.count - 1
        for version in 0..<Int.random(in: 0...newest, using: &random) {
            if Int.random(in: 0..<12, using: &random) == 0 { continue }
            try sample.storage.delete(SampleLog.path.versionFile(Version(Int64(version))))
        }
        for state in try log.stateVersions() where Int.random(in: 0..<4, using: &random) == 0 {
            try sample.storage.delete(SampleLog.path.stateManifest(state))
            try sample.storage.deleteDirectoryIfEmpty(SampleLog.path.directory + LogPath.stateName(state))
        }
    }
}

/// What changes add up to: 1 for each path that is added, −1 for each that is removed.
private struct Sum: Equatable {
    var counts: [ByteString: Int] = [:]

    mutating func add(_ path: ByteString, _ count: Int) {
        let sum = counts[path, default: 0] + count
        counts[path] = sum == 0 ? nil : sum
    }

    mutating func add(_ changes: [VersionChange]) {
        for change in changes.flatMap(\.files) {
            switch change {
            case .added(let entry): add(entry.path, 1)
            case .removed(let removal): add(removal.path, -1)
            }
        }
    }

    init(from old: Set<ByteString>, to new: Set<ByteString>) {
        for path in new { add(path, 1) }
        for path in old { add(path, -1) }
    }

    init(_ changes: [VersionChange]...) { for change in changes { add(change) } }
}

@Suite("Changes against a model")
struct ChangesPropertyTests {
    @Test(
        "however a range is cut, its changes add up to the difference of its ends, or it is said what is gone"
    )
    func sums() throws {
        let seed = Seed.fresh()
        let comment: Comment = "FIRN_SEED=\(seed) repeats it"
        // What the three fixed histories meet is known; the others meet what they meet.
        var told = 0
        var differences = 0
        var refused = 0
        for round in 0..<6 as Range<UInt64> {
            let weight = round < 3 ? 1 : 0
            var history = try History(seed: round < 3 ? round + 1 : seed &+ round)
            for _ in 0..<30 { try history.step() }
            if round > 0 { try history.expire() }
            let newest = history.live.count - 1
            var known: [ClosedRange<Int>: [VersionChange]] = [:]
            for old in -1...newest {
                for new in old...newest {
                    let expected = Sum(from: history.files(at: old), to: history.files(at: new))
                    let log = history.log
                    let result = Result { () throws(LogError) in
                        try log.changes(from: Version(Int64(old)), to: Version(Int64(new)))
                    }
                    switch result {
                    case .success(let changes):
                        #expect(Sum(changes) == expected, "\(old) to \(new), round \(round); \(comment)")
                        Self.checkOrder(changes, old, new, comment)
                        known[old...new] = changes
                        told += weight
                        differences += weight * Self.differenceCount(changes)
                    case .failure(.beyondRetention(_, let oldest)):
                        refused += weight
                        #expect(round > 0, comment)
                        guard let oldest else { continue }
                        #expect(oldest.rawValue >= 0 && oldest.rawValue < new, comment)
                        _ = try log.changes(from: oldest, to: Version(Int64(new)))
                    case .failure(let error): throw error
                    }
                }
            }
            // Every cut of every range.
            for (range, _) in known {
                for cut in range {
                    guard let first = known[range.lowerBound...cut],
                        let second = known[cut...range.upperBound]
                    else { continue }
                    let expected = Sum(
                        from: history.files(at: range.lowerBound), to: history.files(at: range.upperBound))
                    #expect(Sum(first, second) == expected, "\(range) cut at \(cut); \(comment)")
                }
            }
        }
        #expect(told > 100 && differences > 10 && refused > 10)
    }

    private static func differenceCount(_ changes: [VersionChange]) -> Int {
        changes.count { $0.isDifference }
    }

    private static func checkOrder(
        _ changes: [VersionChange], _ old: Int, _ new: Int, _ comment: Comment
    ) {
        var version = Version(Int64(old))
        for change in changes {
            #expect(change.after == version, comment)
            #expect(change.isDifference || change.after.next == change.version, comment)
            version = change.version
        }
        #expect(version == Version(Int64(new)), comment)
    }
}
