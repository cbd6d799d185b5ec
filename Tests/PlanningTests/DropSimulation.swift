import Bytes
import Metadata
import Planning

/// A partition that takes drops and is compacted until nothing is planned, in sizes only.
struct DropSimulation {
    /// Bytes of one drop's worth of keys that all rows come from: rows overwrite each other. nil only inserts.
    var keySpace: Double?
    let strategy: any CompactionStrategy
    private(set) var runs: [PartitionPicture.Run] = []
    private var next: UInt64 = 0
    private var dropped = 0.0
    private var written = 0.0
    private var drops = 0

    private(set) var mostRuns = 0
    private var sumOfRuns = 0
    private(set) var mostSpace = 0.0
    private var sumOfSpace = 0.0

    init(_ strategy: any CompactionStrategy, keySpace: Double? = nil) {
        self.strategy = strategy
        self.keySpace = keySpace
    }

    var writeAmplification: Double { written / dropped }
    var averageRuns: Double { Double(sumOfRuns) / Double(drops) }
    var averageSpace: Double { sumOfSpace / Double(drops) }
    var totalBytes: Int64 { runs.reduce(0) { $0 + $1.bytes } }

    mutating func drop(_ bytes: Int64) {
        drops += 1
        dropped += Double(bytes)
        add(Double(bytes))
        while let job = strategy.plan(picture).first {
            let inputs = Set(job.inputs)
            let merged = runs.filter { inputs.contains($0.files[0].id) }.map { Double($0.bytes) }
            runs.removeAll { inputs.contains($0.files[0].id) }
            add(distinct(merged))
        }
        mostRuns = max(mostRuns, runs.count)
        sumOfRuns += runs.count
        let space = Double(totalBytes) / distinct(runs.map { Double($0.bytes) })
        sumOfSpace += space
        mostSpace = max(mostSpace, space)
    }

    private var picture: PartitionPicture {
        PartitionPicture(partition: PartitionID(""), kind: .append, hasRowKey: true, runs: runs)
    }

    private mutating func add(_ bytes: Double) {
        next += 1
        written += bytes
        let size = Int64(bytes)
        runs.append(.init([.init(id: FileID(next), bytes: size, rows: size, sequence: Int64(next))]))
    }

    /// What sets of rows of these sizes hold together, where each has its keys at random.
    private func distinct(_ sizes: [Double]) -> Double {
        guard let keySpace else { return sizes.reduce(0, +) }
        return keySpace * (1 - sizes.reduce(1) { $0 * max(0, 1 - $1 / keySpace) })
    }
}
