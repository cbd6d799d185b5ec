import Bytes
import JSON
package import Metadata
package import Planning

/// What a query reads, a line a read: partition, path, bytes, rows (with `~` where estimated) and keys.
package struct QueryListing: Sendable {
    private let plan: QueryPlan
    private let version: Version
    private let paths: PartitionPathText
    private let keys: KeyText?

    package init(_ plan: QueryPlan, in state: TableState) {
        self.plan = plan
        version = state.version
        paths = PartitionPathText(state)
        keys = try? KeyText(state.definition)
    }

    /// - Parameter emit: gets the lines, piece by piece.
    package func write(asJSON isJSON: Bool, _ emit: ([UInt8]) -> Void) {
        var bytes: [UInt8] = []
        var leaf: PartitionID?
        var path: ByteString = ""
        for read in plan.reads {
            if leaf != read.leaf {
                leaf = read.leaf
                path = paths.path(of: read.leaf)
            }
            if isJSON { appendJSON(read, path, to: &bytes) } else { appendText(read, path, to: &bytes) }
            bytes.append(0x0A)
            if bytes.count >= 1 << 16 {
                emit(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        emit(bytes)
    }

    /// `3 files in 2 leaves at version 7: 120+~40 rows`.
    package var summary: String {
        let known = plan.reads.lazy.filter { !$0.isEstimated }.reduce(0) { $0 + $1.rows }
        let estimated = plan.reads.lazy.filter(\.isEstimated).reduce(0) { $0 + $1.rows }
        let isExact = !plan.reads.contains(where: \.isEstimated)
        return "\(CountText.text(plan.fileCount, "file", "files")) in "
            + "\(CountText.text(plan.leafCount, "leaf", "leaves")) at version \(version): "
            + "\(RowCountText.text(known: known, estimated: estimated, isExact: isExact)) rows"
    }

    private func appendText(_ read: QueryPlan.Read, _ path: ByteString, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: path.isEmpty ? [UInt8(ascii: "-")] : path.bytes)
        bytes.append(UInt8(ascii: "\t"))
        read.file.appendPath(to: &bytes)
        let rows = "\(read.isEstimated ? "~" : "")\(read.rows)"
        bytes.append(contentsOf: "\t\(read.file.sizeBytes)\t\(rows)\t".utf8)
        bytes.append(contentsOf: keys?.text(read.clip).bytes ?? [UInt8(ascii: "-")])
    }

    private func appendJSON(_ read: QueryPlan.Read, _ path: ByteString, to bytes: inout [UInt8]) {
        var writer = JSONWriter(.compact)
        writer.beginObject()
        writer.field("partition", path)
        writer.field("referencedIn", paths.path(of: read.node))
        writer.field("path", read.file.path)
        writer.field("bytes", read.file.sizeBytes)
        writer.field("rows", read.rows)
        writer.field("rowsEstimated", read.isEstimated)
        for (name, key) in [("from", read.clip.min), ("to", read.clip.max)] {
            writer.field(name, key.flatMap { keys?.text($0) })
        }
        writer.endObject()
        bytes.append(contentsOf: writer.bytes)
    }
}
