import Bytes
import Compaction
import JSON
package import Metadata
package import Planning

/// The partitions of a table as text, JSON and CSV: leaves first, tree by tree, in the order of keys.
///
/// ```
/// 2 leaves, 1 inner node, 1 tree at version 7; leaves are split above 1000 rows: 1 due, 0 perhaps after a
/// compaction, 0 unsplittable
/// PARTITION     ID                KEYS   FILES  ON JOBS  ROWS     TREE    BYTES    RUNS  SPLIT
/// id-to-500     00c0ffee00c0ffee  ..500      3        0  120+~40  ~170    1.2 MiB     3  due
/// ```
package struct PartitionListing: Sendable {
    private let report: PartitionReport
    private let keys: KeyText?
    /// Of each node of the report.
    private let paths: [ByteString]

    package init(_ report: PartitionReport, in state: TableState) {
        self.report = report
        keys = try? KeyText(state.definition)
        paths = Self.paths(of: report, in: state)
    }

    /// Each name is made once, on the way down.
    private static func paths(of report: PartitionReport, in state: TableState) -> [ByteString] {
        let text = PartitionPathText(state)
        var paths: [PartitionID: ByteString] = [:]
        for node in report.nodes {
            if node.side == .root { paths[node.id] = node.id.name }
            guard let partition = state.partitions[node.id], let path = paths[node.id] else { continue }
            for (child, name) in zip(partition.children, text.childNames(of: partition)) {
                guard let below = state.partitions[child] else { continue }
                paths[child] = text.path(of: below, named: name, below: path)
            }
        }
        return report.nodes.map { paths[$0.id] ?? $0.id.name }
    }

    /// - Parameter only: nodes at and below this one; nil is all.
    package func bytes(_ form: ReportForm, below only: PartitionID? = nil) -> [UInt8] {
        let table = table(below: only)
        switch form {
        case .text: return Array((summary + "\n").utf8) + table.text
        case .csv: return table.csv
        case .json:
            var writer = JSONWriter(.compact)
            write(table, to: &writer)
            return writer.bytes + [UInt8(ascii: "\n")]
        }
    }

    func write(_ table: ReportTable, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("version", report.version.rawValue)
        writer.field("leaves", report.leafCount)
        writer.field("innerNodes", report.innerCount)
        writer.field("splitThresholdRows", report.thresholdRows)
        writer.field("splitThresholdBytes", report.thresholdBytes)
        writer.field("splitsDue", report.count(.due))
        writer.field("splitsAfterCompaction", report.count(.afterCompaction))
        writer.field("unsplittable", report.count(.unsplittable))
        writer.key("partitions")
        table.write(to: &writer)
        writer.endObject()
    }

    var summary: String {
        let trees = report.nodes.lazy.filter { $0.side == .root }.count
        let limits =
            (report.thresholdRows.map { ["\($0) rows"] } ?? [])
            + (report.thresholdBytes.map { [ByteCountText.text($0)] } ?? [])
        var text =
            "\(CountText.text(report.leafCount, "leaf", "leaves")), "
            + "\(CountText.text(report.innerCount, "inner node", "inner nodes")), "
            + "\(CountText.text(trees, "tree", "trees")) at version \(report.version); "
        if limits.isEmpty {
            text += "no leaf is split by itself"
        } else {
            text +=
                "leaves are split above \(limits.joined(separator: " or ")): \(report.count(.due)) due, "
                + "\(report.count(.afterCompaction)) perhaps after a compaction, "
                + "\(report.count(.unsplittable)) unsplittable"
        }
        return text
    }

    private static let columns: [ReportTable.Column] = [
        .init("partition", "PARTITION"), .init("id", "ID"), .init("leaf", "LEAF"), .init("parent", nil),
        .init("side", "SIDE"), .init("depth", nil, .number), .init("keys", "KEYS"),
        .init("files", "FILES", .number), .init("filesOnJobs", "ON JOBS", .number),
        .init("rows", "ROWS", .rows), .init("filesOfUnknownRows", nil, .number),
        .init("treeRows", "ROWS BELOW", .number), .init("treeRowsEstimated", nil),
        .init("bytes", "BYTES", .number),
        .init("runs", "RUNS", .number), .init("split", "SPLIT DUE"), .init("splitKey", "SPLIT AT"),
    ]

    func table(below only: PartitionID? = nil) -> ReportTable {
        var table = ReportTable(Self.columns)
        let shown = only.map { shownNodes(below: $0) }
        for wantsLeaves in [true, false] {
            for (index, node) in report.nodes.enumerated() where node.isLeaf == wantsLeaves {
                if shown.map({ $0.contains(index) }) ?? true { table.append(row(node, path: paths[index])) }
            }
        }
        return table
    }

    /// A subtree is a range of the report: it ends with the next node that is no deeper than its own top.
    private func shownNodes(below top: PartitionID) -> Range<Int> {
        guard let start = report.nodes.firstIndex(where: { $0.id == top }) else { return 0..<0 }
        let depth = report.nodes[start].depth
        let end = report.nodes[(start + 1)...].firstIndex { $0.depth <= depth } ?? report.nodes.count
        return start..<end
    }

    private func row(_ node: PartitionReport.Node, path: ByteString) -> [ReportTable.Cell] {
        let isExact = !node.isTreeRowsEstimated
        return [
            .text(path), .text(node.id.name), .flag(node.isLeaf), node.parent.map { .text($0.name) } ?? .none,
            .text(ByteString(node.side.rawValue)), .integer(Int64(node.depth)),
            keys.map { .text($0.text(node.range)) } ?? .none, .integer(Int64(node.files)),
            .integer(Int64(node.filesOnJobs)), .rows(known: node.rowsExact, estimated: node.rowsEstimated),
            .integer(Int64(node.filesOfUnknownRows)),
            isExact ? .integer(node.treeRows) : .estimate(node.treeRows), .flag(!isExact), .bytes(node.bytes),
            .integer(Int64(node.runs)), node.isLeaf ? .text(ByteString(node.split.rawValue)) : .none,
            node.splitKey.flatMap { key in keys.map { .text($0.text(key)) } } ?? .none,
        ]
    }
}

extension Table {
    /// The partitions of a state, with what this process knows of leaves that cannot be split.
    package func partitionListing(of state: TableState) -> PartitionListing {
        PartitionListing(
            PartitionReport(state, unsplittable: Set(compactor.unsplittable.keys)), in: state)
    }

    private static let mostProofs = 1_000

    /// Reads the keys of leaves that are to be split, so that reports know of those that cannot be. For a process
    /// whose compactor does not look at partitions by itself.
    package func findUnsplittableLeaves() {
        let due = PartitionReport(state).nodes.lazy.filter { $0.split == .due }
        compactor.findUnsplittable(due.prefix(Self.mostProofs).map(\.id))
    }
}
