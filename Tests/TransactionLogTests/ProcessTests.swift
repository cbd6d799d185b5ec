import Bytes
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

/// Processes of their own on one table, as mounts, compactors and commands are.
@Suite("Several processes", .timeLimit(.minutes(3)))
struct ProcessTests {
    /// States every few versions, so that writers meet each other's.
    static let eager: [(ByteString, ByteString)] = [
        ("state.writeAfterVersions", "3"), ("state.entriesPerManifest", "100"),
        ("state.compaction.maxManifests", "2"),
    ]

    @Test(
        "processes that commit at once make dense versions with every file once, and write states meanwhile")
    func commits() throws {
        let writers = try Writers(properties: Self.eager)
        let (processes, commits, files) = (6, 8, 3)
        Writers.finish(
            try (1...processes).map {
                try writers.start("commit", "\($0)", "0", "\(commits)", "\(files)")
            })
        try writers.check(
            (1...processes).flatMap { Writers.paths(writer: $0, commits: commits, files: files) })
        let log = try writers.open()
        #expect(log.current.version.rawValue >= 8 && log.current.version.rawValue <= 48)
        #expect(try !log.stateVersions().isEmpty)
    }

    @Test("what a transaction read is checked again at each retry: a counter misses no addition")
    func counter() throws {
        let writers = try Writers()
        let children = try (0..<4).map { _ in try writers.start("count", "8") }
        Writers.finish(children)
        #expect(try writers.open().current.properties.overrides["gc.delayMinutes"] == "32")
        let conflicts = children.flatMap { Writers.lines($0) }.filter { $0[0] == "conflicts" }
        #expect(conflicts.count == 4)
        try writers.check([])
    }

    @Test("of several processes that may each take a name, one takes it")
    func claims() throws {
        let writers = try Writers()
        let children = try (0..<4).map { _ in try writers.start("claim", "8") }
        Writers.finish(children)
        let taken = children.flatMap { Writers.lines($0) }.filter { $0[0] == "took" }.map { $0[1] }
        #expect(taken.sorted() == (0..<8).map { "\($0)" }.sorted())
        #expect(try writers.open().current.receipts.count == 8)
        try writers.check([])
    }

    @Test("commits, compaction of the state in two processes and expiry go on at the same time")
    func compactionAndExpiry() throws {
        let writers = try Writers(properties: Self.eager + [("state.gc.minManifestAgeHours", "0")])
        let committing = try (1...3).map { try writers.start("commit", "\($0)", "0", "8", "3") }
        let compacting = try (0..<2).map { _ in try writers.start("compact", "6") }
        let expiring = try writers.start("expire", "15")
        Writers.finish(committing + compacting + [expiring])
        try writers.check((1...3).flatMap { Writers.paths(writer: $0, commits: 8, files: 3) })
    }

    @Test("killed at any moment and started again, processes commit everything once")
    func kills() throws {
        let seed = Seed.fresh()
        print("ProcessTests seed \(seed): FIRN_SEED=\(seed) repeats its choices")
        var random = SeededGenerator(seed: seed)
        let writers = try Writers(properties: Self.eager)
        let commits = 10
        var lives: [Life] = try (1...3).map {
            Life(child: try writers.start("commit", "\($0)", "0", "\(commits)", "2"))
        }
        for _ in 0..<8 {
            Thread.sleep(nanoseconds: UInt64.random(in: 5_000_000...60_000_000, using: &random))
            let victim = Int.random(in: 0..<lives.count, using: &random)
            lives[victim].child.send(9)
            let ending = lives[victim].child.wait(atMostSeconds: 30)
            #expect(ending == .signalled(9) || ending == .exited(0))
            lives[victim].hear()
            let life = lives[victim]
            if life.next == commits { continue }
            let rest = ["commit", "\(victim + 1)", "\(life.next)", "\(commits - life.next)", "2"]
            lives[victim].child = try writers.start(rest + (life.attemptedAfter.map { [$0] } ?? []))
        }
        let running = lives.map(\.child).filter { $0.wait(atMostSeconds: 60) != .signalled(9) }
        Writers.finish(running)
        try writers.check(
            (1...3).flatMap { Writers.paths(writer: $0, commits: commits, files: 2) }, "FIRN_SEED=\(seed)")
    }

    /// A process that dies and is started again, and what is known of its commits.
    private struct Life {
        var child: ChildProcess
        /// The first commit that it did not hear of.
        var next = 0
        /// Where that was tried: the version that was there before the first time.
        var attemptedAfter: String?

        /// Takes in what the dead process said.
        mutating func hear() {
            let lines = Writers.lines(child)
            if let done = lines.last(where: { $0[0] == "done" }).flatMap({ Int($0[1]) }) {
                next = done + 1
                attemptedAfter = nil
            }
            let tried = lines.last { $0[0] == "try" && $0[1] == "\(next)" && $0.count == 4 }
            attemptedAfter = attemptedAfter ?? tried?[3]
        }
    }
}
