package import Metadata

/// How a table is shaped: its trees, and what reading and keeping it costs beyond the least.
///
/// Its cost is one look at each node that files are referenced in, and at each reference.
package struct TableFigures: Sendable {
    package private(set) var leaves = 0
    package private(set) var innerNodes = 0
    package private(set) var references = 0
    package private(set) var rowsKnown: Int64 = 0
    package private(set) var rowsEstimated: Int64 = 0
    /// Files of which only some rows are live.
    package private(set) var halfLiveFiles = 0
    /// Of partitions with files.
    package private(set) var mostRuns = 0
    package private(set) var meanRuns: Double = 0
    /// Bytes outside the largest run of each partition: what is still to be merged.
    package private(set) var debtBytes: Int64 = 0
    /// All bytes over those of the largest run of each partition; 1 is compact, and where there are no files.
    package private(set) var spaceAmplification: Double = 1
    /// Runs that a key of a leaf meets: those of the leaf and of the nodes above it. Of leaves in which it meets any.
    package private(set) var readAmplificationMean: Double = 0
    package private(set) var readAmplificationMost = 0

    package init(_ state: TableState) {
        countNodes(state)
        countRows(state)
        var runsOf: [PartitionID: Int] = [:]
        var bytes: (all: Int64, largest: Int64) = (0, 0)
        for partition in state.occupiedPartitions() {
            let runs = state.runs(in: partition)
            runsOf[partition] = runs.runs.count
            debtBytes += runs.debtBytes
            bytes.all += runs.runs.reduce(0) { $0 + $1.bytes }
            bytes.largest += runs.runs.map(\.bytes).max() ?? 0
        }
        mostRuns = runsOf.values.max() ?? 0
        if !runsOf.isEmpty { meanRuns = Double(runsOf.values.reduce(0, +)) / Double(runsOf.count) }
        if bytes.largest > 0 { spaceAmplification = Double(bytes.all) / Double(bytes.largest) }
        countReads(runsOf, state)
    }

    private mutating func countNodes(_ state: TableState) {
        state.partitions.entries.forEach { _, node in
            if node.isLeaf { leaves += 1 } else { innerNodes += 1 }
        }
        leaves += state.files.rootPartitions().lazy.filter { state.partitions[$0.id] == nil }.count
    }

    private mutating func countRows(_ state: TableState) {
        var explicitFiles = 0
        state.references.entries.forEach { _, reference in
            if reference.isEstimated { rowsEstimated += reference.rowCount }
        }
        state.references.forEachFile { _ in explicitFiles += 1 }
        references = state.references.count + state.fileCount - explicitFiles
        rowsKnown = state.totalRows - rowsEstimated
        if state.takenRows > 0 {
            state.references.forEachFile { id in
                if let file = state.files.view(id), !state.isWhole(file) { halfLiveFiles += 1 }
            }
        }
    }

    /// On the way down from each root, the runs above are known.
    private mutating func countReads(_ runsOf: [PartitionID: Int], _ state: TableState) {
        var sum = 0
        var count = 0
        for root in state.files.rootPartitions() {
            var waiting: [(id: PartitionID, above: Int)] = [(root.id, 0)]
            while let (id, above) = waiting.popLast() {
                let met = above + (runsOf[id] ?? 0)
                let children = state.partitions[id]?.children ?? []
                waiting += children.map { ($0, met) }
                guard children.isEmpty, met > 0 else { continue }
                readAmplificationMost = max(readAmplificationMost, met)
                sum += met
                count += 1
            }
        }
        if count > 0 { readAmplificationMean = Double(sum) / Double(count) }
    }
}
