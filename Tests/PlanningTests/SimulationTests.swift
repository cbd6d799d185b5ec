import Bytes
import Metadata
import Planning
import Testing

/// A partition that takes drops and is compacted until nothing is planned, in sizes only.
private struct Simulation {
    var runs: [PartitionPicture.Run] = []
    var next: UInt64 = 0
    var dropped: Int64 = 0
    var rewritten: Int64 = 0
    var largestRunCount = 0
    var sumOfRunCounts = 0

    /// Bytes that all runs together hold once merged: less than their sum where keys repeat.
    var mergedSize: ([PartitionPicture.Run]) -> Int64 = { $0.reduce(0) { $0 + $1.bytes } }
    var target: Int64 = .max

    mutating func drop(_ bytes: Int64, strategy: any CompactionStrategy) {
        dropped += bytes
        runs.append(.init([file(bytes)]))
        largestRunCount = max(largestRunCount, runs.count)
        var rounds = 0
        while let job = strategy.plan(
            PartitionPicture(partition: PartitionID(""), kind: .append, hasRowKey: true, runs: runs)
        ).first {
            let inputs = Set(job.inputs)
            let merged = runs.filter { inputs.contains($0.files[0].id) }
            runs.removeAll { inputs.contains($0.files[0].id) }
            let size = mergedSize(merged)
            rewritten += size
            runs.append(.init([file(size)]))
            rounds += 1
            guard rounds < 100 else { break }
        }
        sumOfRunCounts += runs.count
    }

    mutating func file(_ bytes: Int64) -> PartitionPicture.File {
        next += 1
        return .init(id: FileID(next), bytes: bytes, rows: bytes, sequence: Int64(next))
    }

    var writeAmplification: Double { Double(dropped + rewritten) / Double(dropped) }
}

@Suite("Strategies over many drops")
struct SimulationTests {
    @Test(
        "write amplification and runs stay bounded over 500 drops",
        arguments: [
            (LazyLeveled(targetFileSize: .max), 8.5, 13), (SizeRatio(targetFileSize: .max), 5.5, 17),
        ] as [(any CompactionStrategy, Double, Int)])
    func equalDrops(strategy: any CompactionStrategy, writeAmplification: Double, runs: Int) {
        var simulation = Simulation()
        for _ in 0..<500 { simulation.drop(1 << 20, strategy: strategy) }
        #expect(simulation.runs.reduce(0) { $0 + $1.bytes } == 500 << 20)
        #expect(simulation.writeAmplification <= writeAmplification, "\(simulation.writeAmplification)")
        #expect(simulation.writeAmplification > 2)
        #expect(simulation.sumOfRunCounts / 500 <= 6)
        #expect(simulation.largestRunCount <= runs, "\(simulation.largestRunCount)")
    }

    @Test(
        "drops of random sizes keep the space amplification of lazy-leveled",
        arguments: [1, 2, 3] as [UInt64])
    func randomDrops(seed: UInt64) {
        var state = seed
        var simulation = Simulation()
        let strategy = LazyLeveled(targetFileSize: .max)
        for step in 0..<500 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            simulation.drop(Int64(1 + state >> 33 % 64) << 16, strategy: strategy)
            let total = simulation.runs.reduce(0) { $0 + $1.bytes }
            let largest = simulation.runs.map(\.bytes).max() ?? 1
            let isBounded = simulation.runs.count < 5 || Double(total) <= 1.25 * Double(largest)
            #expect(isBounded, "seed \(seed), step \(step): \(simulation.runs.map(\.bytes))")
        }
        #expect(simulation.largestRunCount <= 16, "seed \(seed)")
        #expect(simulation.writeAmplification <= 10, "seed \(seed): \(simulation.writeAmplification)")
    }

    @Test("files in key order grow to the target size with a logarithmic number of rewrites")
    func neighbours() {
        let target: Int64 = 64 << 20
        let strategy = LazyLeveled(targetFileSize: target)
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
