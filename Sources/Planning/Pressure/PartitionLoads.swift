package import Metadata

/// The partitions with many runs, by how many they have.
///
/// Only these are kept, so that a table of very many partitions costs nothing as long as it is in order.
package struct PartitionLoads: Sendable {
    /// Partitions with fewer runs are forgotten.
    package let leastRuns: Int
    /// Runs from which on one partition is as loaded as another.
    package let mostRuns: Int
    private var runs: [PartitionID: Int] = [:]
    /// By runs beyond the least.
    private var levels: [Set<PartitionID>]

    package init(leastRuns: Int, mostRuns: Int) {
        precondition(0 < leastRuns && leastRuns <= mostRuns)
        self.leastRuns = leastRuns
        self.mostRuns = mostRuns
        levels = Array(repeating: [], count: mostRuns - leastRuns + 1)
    }

    package var isEmpty: Bool { runs.isEmpty }
    package var partitions: Set<PartitionID> { Set(runs.keys) }

    /// 0 where they are fewer than the least.
    package subscript(partition: PartitionID) -> Int { runs[partition] ?? 0 }

    package mutating func set(_ partition: PartitionID, runs count: Int) {
        if let old = runs.removeValue(forKey: partition) { levels[level(old)].remove(partition) }
        guard count >= leastRuns else { return }
        runs[partition] = count
        levels[level(count)].insert(partition)
    }

    private func level(_ count: Int) -> Int { min(count, mostRuns) - leastRuns }

    /// The first partition for which `isWanted` is true, the most loaded ones asked first; `isWanted` ends the
    /// search by throwing. Of one level, `first` is asked before all others.
    package func mostLoaded<E: Error>(
        asking first: PartitionID?, where isWanted: (PartitionID) throws(E) -> Bool
    ) throws(E) -> (partition: PartitionID, runs: Int)? {
        for level in levels.reversed() where !level.isEmpty {
            if let first, level.contains(first), try isWanted(first) { return (first, self[first]) }
            for partition in level where partition != first {
                if try isWanted(partition) { return (partition, self[partition]) }
            }
        }
        return nil
    }
}
