package import Bytes
package import Metadata

/// Every node of a table's partition trees, with what is referenced in it.
///
/// Its cost is one look at each reference and one at each node.
package struct PartitionReport: Sendable {
    package enum Side: String, Sendable { case root, left, right, gone }

    /// What a leaf's threshold comes to.
    package enum Split: String, Sendable {
        case none = "no"
        /// Counted rows alone are above it.
        case due
        /// Only with rows that are estimated: a compaction counts them.
        case afterCompaction = "after compaction"
        /// Above the threshold, and all rows have one key.
        case unsplittable
    }

    package struct Node: Sendable {
        package var id: PartitionID
        package var root: PartitionID
        package var parent: PartitionID?
        package var side: Side
        /// 0 for a root.
        package var depth: Int
        package var isLeaf: Bool
        package var range: KeyInterval
        /// Where an inner node is split.
        package var splitKey: ByteString?
        /// Files that are referenced in this node itself.
        package var files = 0
        package var filesOnJobs = 0
        package var rowsExact: Int64 = 0
        package var rowsEstimated: Int64 = 0
        /// Files of which nothing tells how many rows they have.
        package var filesOfUnknownRows = 0
        /// All rows of the node's keys: those referenced in it and below, and of what is referenced above it a half for
        /// each level.
        package var treeRows: Int64 = 0
        /// Whether some of these were estimated, or are a share of what is referenced above.
        package var isTreeRowsEstimated = false
        /// Of a file that is referenced elsewhere as well, in proportion to its rows.
        package var bytes: Int64 = 0
        package var runs = 0
        package var split = Split.none

        init(_ id: PartitionID, root: PartitionID, side: Side, depth: Int, isLeaf: Bool, range: KeyInterval) {
            self.id = id
            self.root = root
            self.side = side
            self.depth = depth
            self.isLeaf = isLeaf
            self.range = range
        }
    }

    package let version: Version
    /// Tree by tree, each node before its children, the left one first. Nodes that files are referenced in and that
    /// do not exist come last.
    package private(set) var nodes: [Node] = []
    /// Above which a leaf is split; nil where it is not.
    package let thresholdRows: Int64?
    package let thresholdBytes: Int64?

    package var leafCount: Int { nodes.lazy.filter { $0.isLeaf && $0.side != .gone }.count }
    package var innerCount: Int { nodes.lazy.filter { !$0.isLeaf }.count }

    package func count(_ split: Split) -> Int { nodes.lazy.filter { $0.split == split }.count }

    /// - Parameter unsplittable: leaves of which somebody has found that all rows have one key.
    package init(_ state: TableState, unsplittable: Set<PartitionID> = []) {
        version = state.version
        let plan = SplitPlan(state.properties)
        thresholdRows = plan.thresholdRows
        thresholdBytes = plan.thresholdBytes
        let sums = ReferenceSums(state)
        for root in Self.roots(of: state) { append(root, state) }
        let places = Dictionary(uniqueKeysWithValues: nodes.enumerated().map { ($0.element.id, $0.offset) })
        for index in nodes.indices {
            guard let sum = sums.places[nodes[index].id] else { continue }
            nodes[index].take(sum)
            nodes[index].runs = state.runs(in: nodes[index].id).runs.count
            if nodes[index].isLeaf {
                nodes[index].split = Self.split(nodes[index].id, sum, plan, unsplittable)
            }
        }
        addTreeRows(nodes.map { node in node.parent.flatMap { places[$0] } })
        for (id, sum) in sums.places.sorted(by: { $0.key < $1.key }) where places[id] == nil {
            var node = Node(
                id, root: state.partitions.root(of: id), side: .gone, depth: 0, isLeaf: true, range: .all)
            node.take(sum)
            nodes.append(node)
        }
    }

    private static func roots(of state: TableState) -> [PartitionID] {
        var roots = Set(state.files.rootPartitions().map(\.id))
        state.partitions.entries.forEach { id, node in if node.parent == nil { roots.insert(id) } }
        return roots.sorted()
    }

    /// Trees may be as deep as they have splits: the way down is a list, not a call.
    private mutating func append(_ root: PartitionID, _ state: TableState) {
        var waiting: [(id: PartitionID, parent: PartitionID?, side: Side, depth: Int)] = [
            (root, nil, .root, 0)
        ]
        while let (id, parent, side, depth) = waiting.popLast() {
            let partition = state.partitions[id]
            let children = partition?.children ?? []
            var node = Node(
                id, root: root, side: side, depth: depth, isLeaf: children.isEmpty,
                range: partition.map { KeyInterval($0) } ?? .all)
            node.parent = parent
            if children.count == 2 {
                node.splitKey = state.partitions[children[1]]?.minKey
                waiting.append((children[1], id, .right, depth + 1))
                waiting.append((children[0], id, .left, depth + 1))
            }
            nodes.append(node)
        }
    }

    private mutating func addTreeRows(_ parents: [Int?]) {
        var above = [Int64](repeating: 0, count: parents.count)
        for (index, parent) in parents.enumerated() {
            nodes[index].treeRows = nodes[index].rows
            guard let parent else { continue }
            let shared = above[parent] + nodes[parent].rows
            above[index] = nodes[index].side == .left ? shared / 2 : shared - shared / 2
        }
        for (index, parent) in parents.enumerated().reversed() {
            if nodes[index].hasEstimates { nodes[index].isTreeRowsEstimated = true }
            guard let parent else { continue }
            nodes[parent].treeRows += nodes[index].treeRows
            if nodes[index].isTreeRowsEstimated { nodes[parent].isTreeRowsEstimated = true }
        }
        for index in parents.indices {
            nodes[index].treeRows += above[index]
            if above[index] > 0 { nodes[index].isTreeRowsEstimated = true }
        }
    }

    /// What the threshold of one leaf comes to, at the cost of a look at its references.
    package static func split(
        of leaf: PartitionID, in state: TableState, unsplittable: Set<PartitionID> = []
    ) -> Split {
        let plan = SplitPlan(state.properties)
        guard plan.hasThreshold else { return .none }
        return split(leaf, ReferenceSums.Place(of: leaf, in: state), plan, unsplittable)
    }

    private static func split(
        _ id: PartitionID, _ sum: ReferenceSums.Place, _ plan: SplitPlan, _ unsplittable: Set<PartitionID>
    ) -> Split {
        let due = plan.due(sum.references)
        if due == .notDue { return .none }
        if unsplittable.contains(id) || sum.isOfOneKey { return .unsplittable }
        return due == .due ? .due : .afterCompaction
    }
}

extension PartitionReport.Node {
    /// Referenced in the node itself.
    fileprivate var rows: Int64 { rowsExact + rowsEstimated }

    fileprivate var hasEstimates: Bool { rowsEstimated > 0 || filesOfUnknownRows > 0 }

    fileprivate mutating func take(_ sum: ReferenceSums.Place) {
        files = sum.files
        filesOnJobs = sum.filesOnJobs
        rowsExact = sum.rowsExact
        rowsEstimated = sum.rowsEstimated
        filesOfUnknownRows = sum.filesOfUnknownRows
        bytes = sum.bytes
    }
}
