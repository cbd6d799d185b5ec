import Bytes
import Merge
import Metadata
import Records

/// Says how many of a file's rows each child of a node has, by looking at a few of the file's pages.
struct ReferenceSplitter {
    let node: Partition
    private let key: ByteString
    private let table: TableState
    private let schema: TableSchema
    private let context: CompactionContext

    /// nil where the partition has no children.
    init?(_ partition: PartitionID, in table: TableState, _ context: CompactionContext) {
        guard let node = table.partitions[partition], node.children.count == 2,
            let key = table.partitions[node.children[1]]?.minKey
        else { return nil }
        self.init(node, at: key, in: table, context)
    }

    /// A node that is about to be split: its children are those that it will have.
    init?(_ node: Partition, at key: ByteString, in table: TableState, _ context: CompactionContext) {
        guard let schema = table.definition.schema else { return nil }
        self.node = node
        self.key = key
        self.table = table
        self.schema = schema
        self.context = context
    }

    /// nil where the file is not referenced in the node.
    func split(_ file: FileView) throws -> ReferenceSplit? {
        guard let reference = table.reference(file, in: node.id) else { return nil }
        let keys = file.keyRange
        var left: Int64 = 0
        var isEstimated = false
        if keys.map({ $0.min < key && key <= $0.max }) ?? true {
            let below = try rowsBelow(file, keys)
            left = min(max(below.rows, 0), reference.rowCount)
            // A count that contradicts the reference's own is none.
            isEstimated = !below.isExact || left != below.rows
        } else if let keys, keys.max < key {
            left = reference.rowCount
        }
        return ReferenceSplit(
            reference, leftRows: left, isEstimated: isEstimated, at: key, keys: keys, into: node.children)
    }

    private func rowsBelow(
        _ file: FileView, _ keys: (min: ByteString, max: ByteString)?
    ) throws -> (rows: Int64, isExact: Bool) {
        let open: DataFileOpener = { [context] in
            try DataFileContext.open($0, storage: context.storage, directory: context.table)
        }
        let probe = try DataFileProbe(file.entry, schema: schema, open: open)
        // Of a file that begins below the node only what lies in the node counts.
        guard let start = node.minKey, keys.map({ $0.min < start }) ?? true else {
            let found = try probe.rowsBelow([key])
            return (found.counts[0], found.isExact)
        }
        let found = try probe.rowsBelow([start, key])
        return (found.counts[1] - found.counts[0], found.isExact)
    }
}
