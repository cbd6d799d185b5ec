import Bytes
package import Metadata

/// Which files a query for a range of keys reads, and which of their keys: every live row of the range once.
///
/// Each leaf that the range touches reads the files that are referenced in it and in the nodes above it, clipped to
/// the leaf. References of one file never overlap and leaves neither, so no row is read twice; and whatever a split
/// or a merge moves, a row lies in exactly one leaf.
package struct QueryPlan: Sendable {
    package struct Read: Sendable {
        package var file: FileView
        /// The leaf whose keys are read.
        package var leaf: PartitionID
        /// Where the file is referenced: the leaf or a node above it.
        package var node: PartitionID
        /// The keys to read; others of the file belong to other reads, or are not live.
        package var clip: KeyInterval
        package var rows: Int64
        /// False only where all of an exactly counted reference is read.
        package var isEstimated: Bool
    }

    /// By root partition, in the order of keys, files by id.
    package private(set) var reads: [Read] = []
    /// Leaves that the range touches, with files or without.
    package private(set) var leafCount = 0
    private var files: Set<FileID> = []

    /// A file is read once for each leaf.
    package var fileCount: Int { files.count }

    /// - Parameters:
    ///   - roots: the trees to look into.
    ///   - isWanted: false for a file that is known to have no row of the query.
    package init(
        _ span: KeyInterval, roots: [PartitionID], in state: TableState,
        where isWanted: (FileView) -> Bool = { _ in true }
    ) {
        for root in roots { walk(root, span, state, isWanted) }
    }

    /// The plan for all trees with files.
    package init(_ span: KeyInterval, in state: TableState) {
        self.init(span, roots: state.files.rootPartitions().map(\.id), in: state)
    }

    /// A reference on the way down, with the keys of its file.
    private struct Candidate {
        let file: FileView
        let reference: FileReference
        let keys: (first: ByteString, last: ByteString)?
        let share: RowShare

        init?(_ file: FileView, in node: PartitionID, _ range: KeyInterval, _ state: TableState) {
            guard let reference = state.reference(file, in: node) else { return nil }
            self.file = file
            self.reference = reference
            keys = file.keyRange.map { ($0.min, $0.max) }
            share = RowShare(reference, keys, in: range)
        }

        func overlaps(_ span: KeyInterval) -> Bool { keys.map { span.overlaps($0) } ?? true }
    }

    /// Trees may be as deep as they have splits: the way down is a list, not a call.
    private mutating func walk(
        _ root: PartitionID, _ span: KeyInterval, _ state: TableState, _ isWanted: (FileView) -> Bool
    ) {
        var waiting: [(node: PartitionID, range: KeyInterval, above: [Candidate])] = [(root, .all, [])]
        while let (node, range, above) = waiting.popLast() {
            guard let clip = range.intersection(span) else { continue }
            var candidates = above.filter { $0.overlaps(clip) }
            for file in state.files(in: node) {
                guard let candidate = Candidate(file, in: node, range, state), candidate.overlaps(clip),
                    isWanted(file)
                else { continue }
                candidates.append(candidate)
            }
            let children = state.partitions[node]?.children ?? []
            guard children.isEmpty else {
                for child in children.reversed() {
                    guard let part = state.partitions[child] else { continue }
                    waiting.append((child, KeyInterval(part), candidates))
                }
                continue
            }
            leafCount += 1
            for candidate in candidates.sorted(by: { $0.file.id < $1.file.id }) {
                append(candidate, leaf: node, clip)
            }
        }
    }

    private mutating func append(_ candidate: Candidate, leaf: PartitionID, _ clip: KeyInterval) {
        let (rows, isEstimated) = candidate.share.rows(in: clip)
        files.insert(candidate.file.id)
        reads.append(
            Read(
                file: candidate.file, leaf: leaf, node: candidate.reference.partition, clip: clip,
                rows: rows, isEstimated: isEstimated))
    }
}

/// How many rows of a reference lie in a part of its keys.
struct RowShare {
    private let reference: FileReference
    /// Of the rows that the reference has; nil where nothing is known of them.
    private let keys: (first: ByteString, last: ByteString)?
    /// The node ends at this key, within the file's.
    private let end: ByteString?
    private let scale: KeyScale?

    /// - Parameter range: of the node that references the file.
    init(_ reference: FileReference, _ file: (first: ByteString, last: ByteString)?, in range: KeyInterval) {
        self.reference = reference
        guard let file else {
            (keys, end, scale) = (nil, nil, nil)
            return
        }
        let first = range.min.map { max($0, file.first) } ?? file.first
        end = range.max.flatMap { $0 <= file.last ? $0 : nil }
        keys = (first, end ?? file.last)
        scale = KeyScale(first: first, last: end ?? file.last)
    }

    /// Estimates of parts that make up the whole add up to the whole.
    func rows(in span: KeyInterval) -> (count: Int64, isEstimated: Bool) {
        guard let keys, let scale else {
            return (reference.rowCount, reference.isEstimated || span != .all)
        }
        let isWhole =
            (span.min.map { $0 <= keys.first } ?? true)
            && (span.max.map { max in end.map { $0 <= max } ?? (keys.last < max) } ?? true)
        guard !isWhole else { return (reference.rowCount, reference.isEstimated) }
        let total = Double(reference.rowCount)
        let below = Int64(clamping: Int128(total * (span.min.map(scale.position) ?? 0)))
        let until = Int64(clamping: Int128(total * (span.max.map(scale.position) ?? 1)))
        return (until - below, true)
    }
}
