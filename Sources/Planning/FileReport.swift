import Bytes
package import Metadata

/// The files of a table and their references, in sums; what is counted and what is estimated stand apart.
package struct FileReport: Sendable {
    /// Rows of references.
    package struct Rows: Hashable, Sendable {
        package var known: Int64 = 0
        package var estimated: Int64 = 0
        package var total: Int64 { known + estimated }

        package init(known: Int64 = 0, estimated: Int64 = 0) {
            self.known = known
            self.estimated = estimated
        }
    }

    /// A file that nothing references, and that waits to be deleted.
    package struct Garbage: Sendable {
        package var entry: GarbageEntry

        /// Why it is no longer referenced.
        package var reason: String {
            let by = entry.job.map { "replaced by job \($0)" } ?? "removed"
            let condemned = entry.condemnedAtVersion.map { "; its deletion is announced since version \($0)" }
            return "\(by) in version \(entry.removedAtVersion)\(condemned ?? "")"
        }
    }

    package let state: TableState
    package private(set) var fileCount = 0
    package private(set) var bytes: Int64 = 0
    package private(set) var referenceCount = 0
    /// Files of which only some rows are live.
    package private(set) var halfLiveFiles = 0
    /// Files of which nothing tells how many rows they have; they add nothing to the sums of rows.
    package private(set) var filesOfUnknownRows = 0
    package private(set) var rows = Rows()
    package private(set) var rowsInLeaves = Rows()
    package private(set) var rowsInInnerNodes = Rows()
    /// In partitions that do not exist.
    package private(set) var lostReferences = 0
    package private(set) var referencesPerFile = Distribution([])
    package private(set) var referencesPerLeaf = Distribution([])
    package private(set) var referencesPerInnerNode = Distribution([])

    package var leafCount: Int { referencesPerLeaf.count }
    package var innerCount: Int { referencesPerInnerNode.count }

    /// Of all rows; nil where there are none.
    package var percentInLeaves: Double? {
        rows.total > 0 ? Double(rowsInLeaves.total) * 100 / Double(rows.total) : nil
    }

    package init(_ state: TableState) {
        self.state = state
        var perPartition: [PartitionID: Int64] = [:]
        var perFile: [Int64] = []
        perFile.reserveCapacity(state.fileCount)
        var sums = (leaves: Rows(), inner: Rows(), lost: Rows())
        state.files.forEach { file in
            let references = state.references(of: file)
            perFile.append(Int64(references.count))
            fileCount += 1
            bytes += file.sizeBytes
            if file.rowCount == nil { filesOfUnknownRows += 1 }
            if !state.isWhole(file) { halfLiveFiles += 1 }
            for reference in references {
                perPartition[reference.partition, default: 0] += 1
                if !state.partitions.contains(reference.partition) {
                    sums.lost.add(reference)
                } else if state.partitions.isLeaf(reference.partition) {
                    sums.leaves.add(reference)
                } else {
                    sums.inner.add(reference)
                }
            }
        }
        var (leaves, inner): ([Int64], [Int64]) = ([], [])
        for id in Self.nodes(of: state) {
            let count = perPartition.removeValue(forKey: id) ?? 0
            if state.partitions.isLeaf(id) { leaves.append(count) } else { inner.append(count) }
        }
        rowsInLeaves = sums.leaves
        rowsInInnerNodes = sums.inner
        for part in [sums.leaves, sums.inner, sums.lost] {
            rows.known += part.known
            rows.estimated += part.estimated
        }
        lostReferences = Int(perPartition.values.reduce(0, +))
        referencesPerFile = Distribution(perFile)
        referenceCount = Int(referencesPerFile.total)
        referencesPerLeaf = Distribution(leaves)
        referencesPerInnerNode = Distribution(inner)
    }

    private static func nodes(of state: TableState) -> [PartitionID] {
        var nodes: [PartitionID] = []
        state.partitions.entries.forEach { id, _ in nodes.append(id) }
        return nodes + state.files.rootPartitions().map(\.id).filter { state.partitions[$0] == nil }
    }

    /// Files that nothing references, the one that waits longest first.
    package var garbage: [Garbage] {
        state.garbage.sorted().filter { !state.files.contains($0.file) }.sorted {
            ($0.removedAtTimestamp, $0.path) < ($1.removedAtTimestamp, $1.path)
        }.map(Garbage.init)
    }
}

extension FileReport.Rows {
    fileprivate mutating func add(_ reference: FileReference) {
        if reference.isEstimated { estimated += reference.rowCount } else { known += reference.rowCount }
    }
}
