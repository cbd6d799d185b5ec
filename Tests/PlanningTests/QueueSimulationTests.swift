import Bytes
import Metadata
import Planning
import TestKit
import Testing

@Suite("Many partitions and one merge at a time")
struct QueueSimulationTests {
    static let strategies: [any CompactionStrategy] = [
        LazyLeveled(targetFileSize: .max), SizeRatio(targetFileSize: .max),
    ]

    /// The share of each partition in a drop: equal, or each three quarters of the one before.
    static func slices(of bytes: Int64, over count: Int, isSkewed: Bool) -> [Int64] {
        var weights = (0..<count).map { _ in 1.0 }
        if isSkewed { for place in 1..<count { weights[place] = weights[place - 1] * 0.75 } }
        let total = weights.reduce(0, +)
        return weights.map { max(1024, Int64(Double(bytes) * $0 / total)) }
    }

    @Test(
        "two days of drops keep runs bounded and nobody waits for long",
        arguments: [false, true], [0, 1])
    func days(isSkewed: Bool, strategy: Int) {
        // 64 MiB every six minutes, over 16 partitions, and a merge that reads 4 MiB a second.
        var simulation = QueueSimulation(Self.strategies[strategy], partitions: 16, bytesPerSecond: 4 << 20)
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<480 {
            let bytes = Int64.random(in: 32...96, using: &generator) << 20
            simulation.drop(Self.slices(of: bytes, over: 16, isSkewed: isSkewed), thenFor: 360)
        }
        // A merge of everything in the largest partition takes as long as 16 drops.
        #expect(simulation.mostRuns <= [25, 28][strategy], "\(simulation.mostRuns) runs")
        #expect(simulation.writeAmplification <= 9, "\(simulation.writeAmplification)")
        #expect(simulation.writeAmplification >= 3, "\(simulation.writeAmplification)")
        // The merges of everything of equal partitions fall due together, and one waits for the others.
        let longest = simulation.longestWaits.max() ?? 0
        #expect(longest <= 4 * 3600, "\(simulation.longestWaits)")
        #expect(simulation.jobCounts.allSatisfy { $0 > 50 }, "\(simulation.jobCounts)")
    }

    @Test(
        "the smaller the slices of a partition's bytes, the more often a byte is written, by the logarithm",
        arguments: [0, 1])
    func slices(strategy: Int) {
        let amplifications = [4, 16, 64].map { count in
            var simulation = QueueSimulation(
                Self.strategies[strategy], partitions: count, bytesPerSecond: 1 << 40)
            // As many bytes a partition, in slices of a count-th.
            for _ in 0..<(8 * count) {
                simulation.drop(Self.slices(of: 64 << 20, over: count, isSkewed: false), thenFor: 60)
            }
            return simulation.writeAmplification
        }
        for (fewer, more) in zip(amplifications, amplifications.dropFirst()) {
            #expect(more > fewer && more < fewer + 3, "\(amplifications)")
        }
    }

    @Test("where there is more work than can be done, cold partitions still get their turn")
    func overload() {
        func run(countsWaiting: Bool) -> QueueSimulation {
            var simulation = QueueSimulation(
                LazyLeveled(targetFileSize: .max), partitions: 8, bytesPerSecond: 1 << 20)
            simulation.countsWaiting = countsWaiting
            // Six hot partitions bring more than the merge can read; two cold ones brought a little, once.
            for step in 0..<400 {
                let cold: Int64 = step == 0 ? 1 << 20 : step < 5 ? 1 << 14 : 0
                simulation.drop(Array(repeating: Int64(16 << 20), count: 6) + [cold, cold], thenFor: 60)
            }
            return simulation
        }
        let (fair, unfair) = (run(countsWaiting: true), run(countsWaiting: false))
        for cold in [6, 7] {
            #expect(fair.jobCounts[cold] == 1 && fair.longestWaits[cold] < 1200, "\(fair.longestWaits)")
            // By score alone it would wait for as long as this lasts.
            #expect(unfair.jobCounts[cold] == 0 && unfair.waits[cold] > 20_000, "\(unfair.waits)")
        }
    }
}
