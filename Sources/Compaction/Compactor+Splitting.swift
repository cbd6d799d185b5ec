package import Bytes
package import Metadata
package import Planning
import Platform
import Records
import TransactionLog

/// What a split of a partition did.
package struct SplitOutcome: Sendable {
    package var partition: PartitionID
    /// The first key of the right child.
    package var key: ByteString
    package var left: PartitionID
    package var right: PartitionID
    package var version: Version
    /// References that were split in the same commit, and how many of their parts are estimates.
    package var references: Int
    package var estimatedReferences: Int
}

/// Splits of partitions: two nodes more, and for each file a reference in each child that may have rows of it.
extension Compactor {
    private static let splitAttempts = 20

    /// Splits a leaf at a key, or where half of its rows are on each side.
    ///
    /// The references that no job holds are split in the same commit, up to a batch; the others stay at the node,
    /// which is an inner one from then on, until they are free.
    ///
    /// - Throws: ``CompactionRefusal/unsplittable(_:key:)`` where all rows have one key.
    package func split(
        _ partition: PartitionID, at chosen: ByteString? = nil
    ) throws(CompactionRefusal) -> SplitOutcome {
        for attempt in 1... {
            let table = log.current
            let leaf = try leaf(partition, in: table)
            let key: ByteString
            if let chosen { key = chosen } else { key = try median(of: leaf, in: table) }
            guard leaf.contains(key), key != leaf.minKey else { throw .keyOutside(partition) }
            let children = (left: newPartition(), right: newPartition())
            let splits = try references(of: leaf, at: key, children, in: table)
            let body = TransactionBody.splitPartition(leaf, at: key, into: children, references: splits)
            do throws(CommitError) {
                let committed = try log.commit(transaction(body))
                state.withLock { $0.unsplittable[partition] = nil }
                return SplitOutcome(
                    partition: partition, key: key, left: children.left, right: children.right,
                    version: committed.version, references: splits.count,
                    estimatedReferences: splits.filter { $0.parts.contains(where: \.isEstimated) }.count)
            } catch {
                guard case .conflict(let conflict) = error, attempt < Self.splitAttempts else {
                    throw .commit(error)
                }
                if conflict.reason == .partitionSplit { throw .isSplit(partition) }
            }
        }
        preconditionFailure("attempts do not end")
    }

    private func newPartition() -> PartitionID {
        PartitionID(ByteString(Hex.string(context.entropy.identifier())))
    }

    private func leaf(_ id: PartitionID, in table: TableState) throws(CompactionRefusal) -> Partition {
        guard table.definition.provider == "firn" else { throw .foreign }
        guard table.definition.schema != nil else { throw .noSchema }
        guard !table.definition.rowKey.isEmpty else { throw .noRowKey }
        if let node = table.partitions[id] {
            guard node.isLeaf else { throw .isSplit(id) }
            return node
        }
        guard let root = table.files.rootPartition(id)?.tuple ?? table.emptyRoot(id) else {
            throw .noSuchPartition(id)
        }
        return Partition(id: id, root: root, parent: nil, minKey: nil, maxKey: nil)
    }

    private func references(
        of leaf: Partition, at key: ByteString, _ children: (left: PartitionID, right: PartitionID),
        in table: TableState
    ) throws(CompactionRefusal) -> [ReferenceSplit] {
        guard table.properties.compactionSplitFilesFirst else { return [] }
        var node = leaf
        node.children = [children.left, children.right]
        guard let splitter = ReferenceSplitter(node, at: key, in: table, context) else { return [] }
        var splits: [ReferenceSplit] = []
        for file in table.files(in: leaf.id).prefix(options.splitBatchCount) {
            guard table.job(holding: file.id, in: leaf.id) == nil else { continue }
            do {
                if let split = try splitter.split(file) { splits.append(split) }
            } catch {
                throw .unreadable("\(error)")
            }
        }
        return splits
    }

    // MARK: The key

    /// Keys of a leaf's rows, by which it is split into so many.
    package func samples(
        of partition: PartitionID, forLeaves count: Int
    ) throws(CompactionRefusal) -> [SplitPlan.KeySample] {
        let table = log.current
        let leaf = try leaf(partition, in: table)
        return try reading(leaf, in: table) { keys in
            switch try keys.extent() {
            case .noRows: throw CompactionRefusal.nothingToSplitBy(leaf.id)
            case .oneKey(let key): throw CompactionRefusal.unsplittable(leaf.id, key: key)
            case .several: return try keys.samples(forLeaves: count)
            }
        }
    }

    /// Where a leaf would be split if no key is given.
    package func splitKey(of partition: PartitionID) throws(CompactionRefusal) -> ByteString {
        let table = log.current
        return try median(of: leaf(partition, in: table), in: table)
    }

    private func median(of leaf: Partition, in table: TableState) throws(CompactionRefusal) -> ByteString {
        try reading(leaf, in: table) { keys in
            switch try keys.middle() {
            case .noRows: throw CompactionRefusal.nothingToSplitBy(leaf.id)
            case .oneKey(let key): throw CompactionRefusal.unsplittable(leaf.id, key: key)
            case .at(let key): return key
            }
        }
    }

    private func reading<R>(
        _ leaf: Partition, in table: TableState, _ body: (LeafKeys) throws -> R
    ) throws(CompactionRefusal) -> R {
        guard let keys = LeafKeys(leaf, in: table, context) else { throw .noSchema }
        do {
            return try body(keys)
        } catch let error as CompactionRefusal {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
    }
}

extension TableState {
    /// A root partition that has neither a file nor a node yet: its id is its path, which has a value for each
    /// partition column.
    fileprivate func emptyRoot(_ id: PartitionID) -> PartitionTuple? {
        guard let pairs = PartitionPath.parse(id.name), pairs.map(\.column) == definition.partitionColumns
        else { return nil }
        return PartitionTuple(pairs.map(\.value))
    }
}

extension SplitPlan {
    /// What a leaf refers to.
    package static func references(of leaf: PartitionID, in table: TableState) -> [Reference] {
        table.files(in: leaf).compactMap { file in
            table.reference(file, in: leaf).map {
                Reference(
                    rows: $0.rowCount, isEstimated: $0.isEstimated, fileRows: file.rowCount,
                    fileBytes: file.sizeBytes)
            }
        }
    }
}
