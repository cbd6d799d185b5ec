import Metadata
import Platform
import TransactionLog

/// Commits one after the other, each timed, while states are written in the background.
struct CommitSeries {
    private var seconds: [Double] = []
    private let total = Measurement()

    /// Makes and commits so many; only the commits are timed.
    mutating func run(_ log: TransactionLog, count: Int, _ make: (Int) throws -> Transaction) throws {
        let writer = ManifestWriter(log)
        defer { writer.stop() }
        for number in 0..<count {
            let transaction = try make(number)
            let time = Measurement()
            _ = try log.commit(transaction)
            seconds.append(time.elapsed.wall)
        }
    }

    /// The median of all, of the first and of the last two hundred, and the worst; processor time is of all that
    /// the process did, over the commits.
    func report(_ more: [(String, Double)]) {
        let (_, user, system) = total.elapsed
        let count = Double(max(1, seconds.count))
        let ends = min(200, max(1, seconds.count / 2))
        Output.report(
            [
                ("wall", median(seconds)), ("user", user / count), ("system", system / count),
                ("first", median(Array(seconds.prefix(ends)))), ("last", median(Array(seconds.suffix(ends)))),
                ("worst", seconds.max() ?? 0),
            ] + more)
    }
}
