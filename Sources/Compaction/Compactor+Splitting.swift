package import Bytes
import Merge
package import Metadata
package import Planning
import Platform
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
    /// Samples of a leaf, over all of its files, the largest of which are looked at.
    private static let sampleCount = 4_096
    private static let sampledFiles = 256

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

    /// Keys of a leaf's rows, spread evenly over its files: what its splits are chosen by.
    package func samples(of partition: PartitionID) throws(CompactionRefusal) -> [SplitPlan.KeySample] {
        let table = log.current
        let leaf = try leaf(partition, in: table)
        do {
            return try samples(probes(of: leaf, in: table))
        } catch let error as CompactionRefusal {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
    }

    /// Where a leaf would be split if no key is given.
    package func splitKey(of partition: PartitionID) throws(CompactionRefusal) -> ByteString {
        let table = log.current
        return try median(of: leaf(partition, in: table), in: table)
    }

    private func median(of leaf: Partition, in table: TableState) throws(CompactionRefusal) -> ByteString {
        do {
            let probes = try probes(of: leaf, in: table)
            let samples = try samples(probes)
            switch SplitPlan.choose(samples, min: leaf.minKey, max: leaf.maxKey) {
            case .unknown: throw CompactionRefusal.nothingToSplitBy(leaf.id)
            case .unsplittable(let key): throw CompactionRefusal.unsplittable(leaf.id, key: key)
            case .split(let key, let left, let right):
                // Most rows have the smallest key, or are near it: the next key that there is parts them better.
                guard left > right, let next = try nextKey(after: leaf, samples, probes) else { return key }
                return min(key, next)
            }
        } catch let error as CompactionRefusal {
            throw error
        } catch {
            throw .unreadable("\(error)")
        }
    }

    private func samples(_ probes: [DataFileProbe]) throws -> [SplitPlan.KeySample] {
        try probes.flatMap { try $0.samples(Self.sampleCount / probes.count) }
    }

    /// The largest files of a leaf, opened.
    private func probes(of leaf: Partition, in table: TableState) throws -> [DataFileProbe] {
        let files = table.files(in: leaf.id).sorted { $0.sizeBytes > $1.sizeBytes }
        guard !files.isEmpty else { throw CompactionRefusal.nothingToSplitBy(leaf.id) }
        guard let schema = table.definition.schema else { throw CompactionRefusal.noSchema }
        return try files.prefix(Self.sampledFiles).map { file in
            try DataFileProbe(
                file.entry, schema: schema,
                open: { [context] in
                    try DataFileContext.open($0, storage: context.storage, directory: context.table)
                })
        }
    }

    /// The smallest key of the leaf but one.
    private func nextKey(
        after leaf: Partition, _ samples: [SplitPlan.KeySample], _ probes: [DataFileProbe]
    ) throws -> ByteString? {
        guard let smallest = samples.map(\.key).filter(leaf.contains).min() else { return nil }
        return try probes.compactMap { try $0.firstKey(above: smallest) }.filter(leaf.contains).min()
    }
}

extension DataFileProbe {
    /// Keys with how many rows there are up to the next.
    fileprivate func samples(_ wanted: Int) throws -> [SplitPlan.KeySample] {
        let found = try sample(max(wanted, 8))
        return found.enumerated().map { index, sample in
            let next = index + 1 < found.count ? found[index + 1].row : rowCount
            return SplitPlan.KeySample(key: sample.key, rows: next - sample.row)
        }
    }
}

extension TableState {
    /// The one root partition of a table without partition columns, also while it has no file.
    fileprivate func emptyRoot(_ id: PartitionID) -> PartitionTuple? {
        definition.partitionColumns.isEmpty && id.name.isEmpty ? PartitionTuple([]) : nil
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
