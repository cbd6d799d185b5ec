import Bytes
import Metadata
import Planning

/// Partitions that take drops while one merge at a time goes through them, as fast as it can, in the order of the
/// queue: sizes and times only.
struct QueueSimulation {
    let strategy: any CompactionStrategy
    let queue = JobQueue()
    /// Bytes that a merge reads in a second.
    let bytesPerSecond: Int64
    /// False orders by score alone.
    var countsWaiting = true

    private var partitions: [Partition]
    private var next: UInt64 = 0
    private var dropped: Int64 = 0
    private var written: Int64 = 0
    private var current: (job: PlannedJob, end: Int64)?
    /// Epoch milliseconds.
    private var now: Int64 = 1_000_000_000_000

    private(set) var mostRuns = 0
    /// How long a job was due before it began, seconds, by partition.
    private(set) var longestWaits: [Int64]
    private(set) var jobCounts: [Int]

    private static let properties = TableProperties()

    private struct Partition {
        var runs: [PartitionPicture.Run] = []
        var planned: [PlannedJob] = []
    }

    init(_ strategy: any CompactionStrategy, partitions count: Int, bytesPerSecond: Int64) {
        self.strategy = strategy
        self.bytesPerSecond = bytesPerSecond
        partitions = Array(repeating: Partition(), count: count)
        longestWaits = Array(repeating: 0, count: count)
        jobCounts = Array(repeating: 0, count: count)
    }

    var writeAmplification: Double { Double(written) / Double(dropped) }

    /// For how long each partition has had a job that has not begun, seconds.
    var waits: [Int64] {
        partitions.map { $0.planned.map { max(0, now - $0.dueSince) / 1000 }.max() ?? 0 }
    }

    /// Adds one slice a partition, and merges for the time until the next drop.
    mutating func drop(_ slices: [Int64], thenFor seconds: Int64) {
        for (place, bytes) in slices.enumerated() where bytes > 0 {
            dropped += bytes
            add(bytes, to: place)
            plan(place)
        }
        mostRuns = max(mostRuns, partitions.map(\.runs.count).max() ?? 0)
        let end = now + seconds * 1000
        while now < end {
            begin()
            guard let job = current else { break }
            now = min(end, job.end)
            if now == job.end { finish() }
        }
        now = end
    }

    private mutating func begin() {
        guard current == nil else { return }
        var candidates = partitions.flatMap(\.planned)
        if !countsWaiting { for place in candidates.indices { candidates[place].dueSince = now } }
        guard let job = queue.next(candidates, running: [:], free: 1, now: now).first else { return }
        let place = place(of: job)
        if let planned = partitions[place].planned.first(where: { $0.inputs == job.inputs }) {
            longestWaits[place] = max(longestWaits[place], (now - planned.dueSince) / 1000)
        }
        jobCounts[place] += 1
        current = (job, now + 200 + job.inputBytes * 1000 / bytesPerSecond)
        let inputs = Set(job.inputs)
        for run in partitions[place].runs.indices
        where inputs.contains(partitions[place].runs[run].files[0].id) {
            partitions[place].runs[run].files[0].isBusy = true
        }
        plan(place)
    }

    private mutating func finish() {
        guard let (job, _) = current else { return }
        current = nil
        let (place, inputs) = (place(of: job), Set(job.inputs))
        partitions[place].runs.removeAll { inputs.contains($0.files[0].id) }
        add(job.inputBytes, to: place)
        plan(place)
    }

    private func place(of job: PlannedJob) -> Int { Int(job.partition.name.bytes[0]) }

    private mutating func add(_ bytes: Int64, to place: Int) {
        next += 1
        written += bytes
        var file = PartitionPicture.File(id: FileID(next), bytes: bytes, rows: bytes, sequence: Int64(next))
        file.addedAt = now
        partitions[place].runs.append(.init([file]))
    }

    private mutating func plan(_ place: Int) {
        let picture = PartitionPicture(
            partition: PartitionID(ByteString([UInt8(place)])), kind: .append, hasRowKey: true,
            runs: partitions[place].runs)
        partitions[place].planned =
            PartitionPlan(picture, strategy: strategy, properties: Self.properties).jobs
    }
}
