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
            let probe = try probe(file)
            let below = try probe.rowCount(in: range(below: key, keys))
            if reference.isEstimated {
                let all = try probe.rowCount(in: range(below: node.maxKey, keys))
                left = Self.share(of: reference.rowCount, below, all)
                isEstimated = true
            } else {
                left = min(below, reference.rowCount)
                // A count that contradicts the reference's own is none.
                isEstimated = left != below
            }
        } else if let keys, keys.max < key {
            left = reference.rowCount
        }
        return ReferenceSplit(
            reference, leftRows: left, isEstimated: isEstimated, at: key, keys: keys, into: node.children)
    }

    private func probe(_ file: FileView) throws -> DataFileProbe {
        try DataFileProbe(
            file.entry, schema: schema,
            open: { [context] in
                try DataFileContext.open($0, storage: context.storage, directory: context.table)
            })
    }

    /// The keys of the node below one, from the file's first on where that is in the node.
    private func range(below key: ByteString?, _ keys: (min: ByteString, max: ByteString)?) -> KeyRange {
        guard let start = node.minKey, keys.map({ $0.min < start }) ?? true else { return KeyRange(max: key) }
        return KeyRange(min: start, max: key)
    }

    /// The parts of an estimate stand to each other as the rows that were counted.
    private static func share(of rows: Int64, _ below: Int64, _ all: Int64) -> Int64 {
        all > 0 ? Int64(Int128(rows) * Int128(below) / Int128(all)) : rows / 2
    }
}
