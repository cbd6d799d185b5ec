import Bytes
import Merge
import Metadata
import Records

/// Where rows of sorted order go: from this key on, until the next route, into files of this node.
struct PartitionRoute: Hashable, Sendable {
    /// Partition columns and row key as one normalised key.
    var lower: ByteString
    /// nil is the root partition.
    var node: PartitionID?
}

/// Counts how many of the rows to sort lie in each leaf of the partition trees, so that the files of sorted rows can be
/// planned before the first is written.
///
/// Leaves are looked up when their first row comes; a tree may have many more than the rows touch.
struct LeafTally {
    private struct Leaf {
        /// The keys in [lower, upper), partition columns first; nil is unbounded.
        var lower: ByteString
        var upper: ByteString?
        var root: PartitionID
        var id: PartitionID
        var rowCount: Int64 = 0
    }

    private let partitions: PartitionSet
    private let partitionColumns: [ByteString]
    private let rootKeys: KeyEncoder
    private let keys: KeyEncoder
    /// Those with rows, ascending.
    private var leaves: [Leaf] = []

    /// Nil where no partition was split: every file is the root partition's.
    init?(_ plan: SchemaPlan, _ partitions: PartitionSet) {
        let schema = plan.schema
        if partitions.isEmpty || schema.dataKeyColumns.isEmpty { return nil }
        self.partitions = partitions
        partitionColumns = schema.partitionColumns
        rootKeys = KeyEncoder(columns: partitionColumns.compactMap(schema.column))
        keys = PartitionRoute.encoder(schema)
    }

    mutating func add(_ batch: ColumnBatch) {
        guard batch.rowCount > 0 else { return }
        let keys = keys.encode(batch)
        var last = 0
        for row in 0..<keys.count {
            if !holds(last, keys, row) { last = find(keys, row) ?? insert(batch, keys, row) }
            leaves[last].rowCount += 1
        }
    }

    private func holds(_ index: Int, _ keys: NormalizedKeys, _ row: Int) -> Bool {
        guard index < leaves.count, keys.compare(row, to: leaves[index].lower) >= 0 else { return false }
        return leaves[index].upper.map { keys.compare(row, to: $0) < 0 } ?? true
    }

    private func find(_ keys: NormalizedKeys, _ row: Int) -> Int? {
        let index = place(keys, row) - 1
        return index >= 0 && holds(index, keys, row) ? index : nil
    }

    /// Behind the last leaf that begins at or below the row.
    private func place(_ keys: NormalizedKeys, _ row: Int) -> Int {
        var low = 0
        var high = leaves.count
        while low < high {
            let middle = (low + high) / 2
            if keys.compare(row, to: leaves[middle].lower) >= 0 { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func insert(_ batch: ColumnBatch, _ keys: NormalizedKeys, _ row: Int) -> Int {
        let rootKey = rootKeys.columns.isEmpty ? ByteString() : rootKeys.encode(batch.slice(row..<row + 1))[0]
        let tuple = PartitionTuple(of: batch, row, columns: partitionColumns)
        let root = PartitionID(RootPath.path(columns: partitionColumns, tuple: tuple))
        let id = partitions.leaf(of: root, for: ByteString(keys[row].bytes.dropFirst(rootKey.count)))
        let node = partitions[id]
        let leaf = Leaf(
            lower: rootKey + (node?.minKey ?? ByteString()),
            upper: node?.maxKey.map { rootKey + $0 } ?? rootKey.firstAfterPrefix, root: root, id: id)
        let index = place(keys, row)
        leaves.insert(leaf, at: index)
        return index
    }

    /// The ways that the rows take, in their order.
    ///
    /// What a slice is as a file is not known before it is written; it counts for its rows' share of the input.
    func routes(inputBytes: Int64, minSliceBytes: Int64) -> [PartitionRoute] {
        let rowCount = leaves.reduce(Int64(0)) { $0 + $1.rowCount }
        let bytesPerRow = Double(inputBytes) / Double(max(rowCount, 1))
        var routes: [PartitionRoute] = []
        var rest = leaves[...]
        while let root = rest.first?.root {
            let own = rest.prefix { $0.root == root }
            rest = rest.dropFirst(own.count)
            let slices = own.map {
                SliceGrouping.Slice(leaf: $0.id, bytes: Int64(Double($0.rowCount) * bytesPerRow))
            }
            for group in SliceGrouping.groups(slices, minBytes: minSliceBytes, in: partitions) {
                routes.append(
                    PartitionRoute(
                        lower: own[own.startIndex + group.slices.lowerBound].lower,
                        node: group.node == root ? nil : group.node))
            }
        }
        return routes
    }
}

extension PartitionRoute {
    /// Makes the keys that routes are bounded by; rows are sorted by them.
    static func encoder(_ schema: TableSchema) -> KeyEncoder {
        KeyEncoder(columns: schema.partitionColumns.compactMap(schema.column) + schema.dataKeyColumns)
    }
}

extension PartitionTuple {
    /// The values of a row's partition columns.
    init(of batch: ColumnBatch, _ row: Int, columns: [ByteString]) {
        self.init(
            columns.map { name in
                guard let index = batch.index(of: name) else { return nil }
                return ValueText.text(of: batch.columns[index], row: row, type: batch.schema[index].type)
            })
    }
}

extension ByteString {
    /// The least string above all that begin with this one; nil where there is none.
    fileprivate var firstAfterPrefix: ByteString? {
        var bytes = self.bytes
        while let last = bytes.popLast() {
            if last < 0xFF { return ByteString(bytes + [last + 1]) }
        }
        return nil
    }
}
