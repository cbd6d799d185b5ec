import Bytes
import Metadata
import Planning
import TestKit
import Testing

@Suite("Strategies over many drops")
struct SimulationTests {
    /// What a strategy may cost over 2000 drops.
    struct Bars: CustomTestStringConvertible, Sendable {
        var strategy: any CompactionStrategy
        var overwrites: Bool
        var write: Double
        var averageRuns: Double
        var mostRuns: Int
        var averageSpace = 1.0
        var mostSpace = 1.0
        var testDescription: String { "\(strategy.name), \(overwrites ? "overwriting" : "inserting")" }
    }

    /// Tiers of four above one bottom write more than the ratio, and bear less: the figures of both are those that
    /// simulations of the policies, written apart from this code, had shown.
    static let bars = [
        Bars(
            strategy: LazyLeveled(targetFileSize: .max), overwrites: false, write: 8.5, averageRuns: 6.5,
            mostRuns: 13),
        Bars(
            strategy: LazyLeveled(targetFileSize: .max), overwrites: true, write: 7, averageRuns: 5,
            mostRuns: 11,
            averageSpace: 1.15, mostSpace: 1.3),
        Bars(
            strategy: SizeRatio(targetFileSize: .max), overwrites: false, write: 5, averageRuns: 8.5,
            mostRuns: 17
        ),
        Bars(
            strategy: SizeRatio(targetFileSize: .max), overwrites: true, write: 4, averageRuns: 8,
            mostRuns: 17,
            averageSpace: 2.3, mostSpace: 4),
        Bars(
            strategy: Basic(targetFileSize: 64 << 20), overwrites: false, write: 3.5, averageRuns: 40,
            mostRuns: 75),
    ]

    @Test("2000 equal drops cost what the design expects", arguments: bars)
    func equalDrops(bars: Bars) {
        let drop: Int64 = 1 << 20
        var simulation = DropSimulation(bars.strategy, keySpace: bars.overwrites ? Double(200 * drop) : nil)
        for _ in 0..<2000 { simulation.drop(drop) }
        let (write, runs) = (simulation.writeAmplification, simulation.averageRuns)
        #expect(write <= bars.write && write > bars.write * 0.75, "writes \(write)")
        #expect(runs <= bars.averageRuns && runs > bars.averageRuns * 0.6, "runs \(runs)")
        #expect(simulation.mostRuns <= bars.mostRuns, "at most \(simulation.mostRuns) runs")
        #expect(simulation.averageSpace <= bars.averageSpace + 0.001, "space \(simulation.averageSpace)")
        #expect(simulation.mostSpace <= bars.mostSpace + 0.001, "at most \(simulation.mostSpace) space")
        if !bars.overwrites { #expect(simulation.totalBytes == 2000 * drop) }
    }

    @Test(
        "drops of random sizes keep the space amplification of lazy-leveled",
        arguments: [1, 2, 3] as [UInt64])
    func randomDrops(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var simulation = DropSimulation(LazyLeveled(targetFileSize: .max))
        for step in 0..<500 {
            simulation.drop(Int64.random(in: 1...64, using: &generator) << 16)
            let total = simulation.totalBytes
            let largest = simulation.runs.map(\.bytes).max() ?? 1
            let isBounded = simulation.runs.count < 5 || Double(total) <= 1.25 * Double(largest)
            #expect(isBounded, "seed \(seed), step \(step): \(simulation.runs.map(\.bytes))")
        }
        #expect(simulation.mostRuns <= 16, "seed \(seed)")
        #expect(simulation.writeAmplification <= 10, "seed \(seed): \(simulation.writeAmplification)")
    }

    @Test("files in key order grow to the target size with a logarithmic number of rewrites")
    func neighbours() {
        let strategy = LazyLeveled(targetFileSize: 64 << 20)
        var files: [PartitionPicture.File] = []
        var rewritten: Int64 = 0
        for step in 0..<500 {
            files.append(.init(id: FileID(UInt64(step) + 1), bytes: 1 << 20, rows: 1, sequence: Int64(step)))
            while true {
                let picture = PartitionPicture(
                    partition: PartitionID(""), kind: .append, hasRowKey: true, runs: [.init(files)])
                guard let job = strategy.plan(picture).first, let id = job.inputs.first,
                    let first = files.firstIndex(where: { $0.id == id })
                else { break }
                let inputs = files[first..<(first + job.inputs.count)]
                #expect(inputs.map(\.id) == job.inputs)
                let size = inputs.reduce(0) { $0 + $1.bytes }
                rewritten += size
                files.replaceSubrange(
                    first..<(first + job.inputs.count),
                    with: [.init(id: FileID(UInt64(step) + 1001), bytes: size, rows: 1, sequence: 0)])
            }
        }
        #expect(files.count <= 500 / 32 + 12, "\(files.map { $0.bytes >> 20 })")
        #expect(Double(rewritten) / Double(500 << 20) <= 4, "\(rewritten >> 20)")
    }
}
