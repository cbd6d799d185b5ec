import Bytes
import Metadata
import Planning
import TestKit
import Testing

@Suite("Strategies over the states of a table")
struct StateSimulationTests {
    /// Where the keys of a drop lie.
    enum Keys: String, CaseIterable, Sendable {
        /// Each drop above the last, by and large.
        case ascending
        case anywhere
        /// Each drop in a small part of all keys.
        case narrow
        /// Nine of ten drops in the last hundredth.
        case skewed

        func rows(_ step: Int, _ generator: inout SeededGenerator) -> [Int] {
            func random(_ range: Range<Int>) -> [Int] {
                (0..<8).map { _ in Int.random(in: range, using: &generator) }
            }
            switch self {
            case .ascending: return random((step * 1000)..<(step * 1000 + 1500))
            case .anywhere: return random(0..<1_000_000)
            case .narrow:
                let start = Int.random(in: 0..<950_000, using: &generator)
                return random(start..<(start + 50_000))
            case .skewed: return step % 10 == 0 ? random(0..<1_000_000) : random(990_000..<1_000_000)
            }
        }

        /// Most runs and most writing that the design expects.
        var bars: (runs: Int, write: Double) {
            switch self {
            case .ascending: (6, 4.5)
            case .anywhere: (13, 8.5)
            case .narrow, .skewed: (14, 8.5)
            }
        }
    }

    static let strategies: [any CompactionStrategy] = [
        LazyLeveled(targetFileSize: 64 << 20), SizeRatio(targetFileSize: 64 << 20),
        Basic(targetFileSize: 64 << 20),
    ]

    @Test(
        "runs stay bounded, and every row is there once at every version", arguments: Keys.allCases, [1, 2])
    func lazyLeveled(pattern: Keys, seed: UInt64) throws {
        var simulation = try StateSimulation(targetFileSize: 64 << 20)
        var generator = SeededGenerator(seed: seed)
        var mostRuns = 0
        for step in 0..<400 {
            try simulation.ingest(pattern.rows(step, &generator))
            mostRuns = max(mostRuns, simulation.runCount)
            try Self.settle(&simulation, Self.strategies[0])
            #expect(simulation.state.totalRows == Int64(simulation.ingested.count), "seed \(seed)")
        }
        let rows = simulation.keys.values.flatMap { $0 }.sorted()
        #expect(rows == simulation.ingested.sorted(), "seed \(seed)")
        let (runs, write) = pattern.bars
        #expect(mostRuns <= runs, "seed \(seed): \(mostRuns) runs")
        #expect(simulation.writeAmplification <= write, "seed \(seed): \(simulation.writeAmplification)")
    }

    @Test("with every strategy a partition comes to rest, and loses nothing", arguments: 0..<3)
    func rest(strategy: Int) throws {
        var simulation = try StateSimulation(targetFileSize: 64 << 20)
        var generator = SeededGenerator(seed: 11)
        for step in 0..<200 { try simulation.ingest(Keys.narrow.rows(step, &generator)) }
        try Self.settle(&simulation, Self.strategies[strategy])
        #expect(Self.strategies[strategy].plan(simulation.picture).isEmpty)
        #expect(simulation.keys.values.flatMap { $0 }.sorted() == simulation.ingested.sorted())
    }

    @Test("once all parts of a merge are done, no two files of its runs share a key", arguments: 1...20)
    func parts(seed: UInt64) throws {
        var simulation = try StateSimulation(targetFileSize: 16 << 20)
        var generator = SeededGenerator(seed: seed)
        for step in 0..<Int.random(in: 5...40, using: &generator) {
            try simulation.ingest(Keys.narrow.rows(step, &generator))
        }
        let strategy = LazyLeveled(minRuns: 2, spaceAmplification: 1.01, targetFileSize: 16 << 20)
        let before = simulation.picture
        let jobs = strategy.plan(before)
        #expect(!jobs.isEmpty || before.runs.count == 1, "seed \(seed)")
        for job in jobs { try simulation.merge(job) }
        // The plan was of all runs, so they are one.
        let isWhole = jobs.allSatisfy { $0.reason.contains("times the largest") }
        #expect(isWhole && simulation.runCount == 1, "seed \(seed): \(simulation.runCount), \(jobs)")
    }

    /// Merges until nothing is planned.
    private static func settle(_ simulation: inout StateSimulation, _ strategy: any CompactionStrategy) throws
    {
        var rounds = 0
        while let job = strategy.plan(simulation.picture).first {
            try simulation.merge(job)
            rounds += 1
            try #require(rounds < 2000, "it goes on for ever: \(job)")
        }
    }
}
