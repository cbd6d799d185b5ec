import Bytes
package import Compaction
import JSON
package import Metadata
import Planning
import Platform
import TransactionLog

/// Splitting partitions, as people ask for it.
extension Table {
    // MARK: In two

    /// The compactor finds the key, counts the rows of both sides and commits.
    func split(_ partition: ByteString?, at text: ByteString?, dryRun: Bool) throws(StoreError) -> VerbOutcome
    {
        let state = try refresh()
        let keys = try KeyText(state.definition)
        let chosen = try text.map { text throws(StoreError) in try keys.key(text) }
        let leaf = try leaf(partition, of: chosen, in: state)
        let paths = PartitionPathText(state)
        let isNew = state.isNewRoot(leaf)
        do throws(CompactionRefusal) {
            let key: ByteString
            if let chosen { key = chosen } else { key = try compactor.splitKey(of: leaf) }
            guard !dryRun else {
                let node = state.partitions[leaf]
                guard node?.contains(key) ?? true, key != node?.minKey else { throw .keyOutside(leaf) }
                return planned(leaf, at: key, isNew: isNew, in: state)
            }
            let outcome = try compactor.split(leaf, at: chosen)
            let after = log.current
            let children = [outcome.left, outcome.right].map { PartitionPathText(after).path(of: $0) }
            var plan = VerbPlan(
                "SPLIT PARTITION",
                "partition \(Self.quoted(paths.path(of: leaf))) \(Self.isSplit(isNew)) at "
                    + "\(keys.text(outcome.key)) into " + children.map(Self.quoted).joined(separator: " and ")
                    + ": \(CountText.text(outcome.references, "reference", "references")) split, "
                    + "\(outcome.estimatedReferences) of them by an estimate of their rows",
                in: state)
            plan.isOfCompactor = true
            plan.facts = [
                "partition": .string(paths.path(of: leaf)), "key": .string(keys.text(outcome.key)),
                "children": .array(children.map { .string($0) }),
                "ids": .array([outcome.left, outcome.right].map { .string($0.name) }),
                "references": .integer(Int64(outcome.references)),
                "estimatedReferences": .integer(Int64(outcome.estimatedReferences)),
                "isNew": .bool(isNew),
            ]
            return VerbOutcome(plan: plan, version: outcome.version, isDryRun: false)
        } catch {
            throw StoreError(error, in: log.current)
        }
    }

    private func planned(
        _ leaf: PartitionID, at key: ByteString, isNew: Bool, in state: TableState
    ) -> VerbOutcome {
        let path = PartitionPathText(state).path(of: leaf)
        let text = (try? KeyText(state.definition))?.text(key) ?? ""
        let files = state.files(in: leaf)
        let shared = files.lazy.filter { file in
            file.keyRange.map { $0.min < key && key <= $0.max } ?? true
        }.count
        var plan = VerbPlan(
            "SPLIT PARTITION",
            "partition \(Self.quoted(path)) \(Self.isSplit(isNew)) at \(text): \(shared) of "
                + "\(CountText.text(files.count, "file", "files")) may have rows on both sides",
            in: state)
        plan.isOfCompactor = true
        plan.facts = [
            "partition": .string(path), "key": .string(text), "references": .integer(Int64(files.count)),
            "shared": .integer(Int64(shared)), "isNew": .bool(isNew),
        ]
        return VerbOutcome(plan: plan, version: nil, isDryRun: true)
    }

    /// The leaf that is meant: the partition itself, or the one below it that holds the key.
    private func leaf(
        _ partition: ByteString?, of key: ByteString?, in state: TableState
    ) throws(StoreError) -> PartitionID {
        var id = try tree(partition, in: state)
        let path = PartitionPathText(state).path(of: id)
        if state.partitions.isLeaf(id) { return id }
        guard let key else {
            throw StoreError(
                .eexist,
                "partition \(Self.quoted(path)) is split already: give a key, or one of its leaves, which "
                    + "`firn partitions` lists")
        }
        guard state.partitions[id]?.contains(key) ?? true else {
            throw StoreError(.einval, "the key is not in partition \(Self.quoted(path))")
        }
        while let node = state.partitions[id], node.children.count == 2,
            let right = state.partitions[node.children[1]]
        {
            id = right.contains(key) ? node.children[1] : node.children[0]
        }
        return id
    }

    /// Of a partition whose directory comes only with the split, this is said.
    private static func isSplit(_ isNew: Bool) -> String {
        isNew ? "is new: its directory is made, and split" : "is split"
    }

    static func quoted(_ path: ByteString) -> String { path.isEmpty ? "of all rows" : "\"\(path)\"" }

    // MARK: Into many

    /// A leaf into so many, by samples of its rows.
    func spreading(
        _ partition: ByteString?, over count: Int, in state: TableState
    ) throws(StoreError) -> VerbPlan {
        guard (2...100_000).contains(count) else {
            throw StoreError(.einval, "a partition is split into 2 to 100000 leaves, not into \(count)")
        }
        let id = try tree(partition, in: state)
        let samples: [SplitPlan.KeySample]
        do throws(CompactionRefusal) { samples = try compactor.samples(of: id, forLeaves: count) } catch {
            throw StoreError(error, in: state)
        }
        let node = state.partitions[id]
        let split = SplitKeys(sample: samples, leaves: count, min: node?.minKey, max: node?.maxKey)
        return try splitting(partition, at: split.keys, in: state)
    }

    /// The leaves at and below a partition, at keys in their ranges: the tree gets as many levels as it takes.
    func splitting(
        _ partition: ByteString?, at keys: [ByteString], in state: TableState
    ) throws(StoreError) -> VerbPlan {
        let paths = PartitionPathText(state)
        let text = try KeyText(state.definition)
        let top = try tree(partition, in: state)
        let isNew = state.isNewRoot(top)
        let node: Partition
        if let known = state.partitions[top] {
            node = known
        } else {
            let root = try paths.tuple(ofRoot: top)
            node = Partition(id: top, root: root, parent: nil, minKey: nil, maxKey: nil)
        }
        if let outside = keys.first(where: { !node.contains($0) }) {
            throw StoreError(
                .einval,
                "the key \(text.text(outside)) is not in partition \(Self.quoted(paths.path(of: top))), which has "
                    + "\(text.text(KeyInterval(node)))")
        }
        var growth = TreeGrowth(context.entropy)
        var rest = keys[...]
        for id in state.partitions.leavesInOrder(below: top) {
            let leaf = state.partitions[id] ?? node
            let own = rest.prefix { key in leaf.maxKey.map { key < $0 } ?? true }
            rest = rest.dropFirst(own.count)
            growth.grow(leaf, at: Array(own))
        }
        let points = growth.new.count / 2
        var plan = VerbPlan(
            .extendTree(updated: growth.updated, new: growth.new),
            "partition \(Self.quoted(paths.path(of: top))) \(Self.isSplit(isNew)) at "
                + "\(CountText.text(points, "key", "keys")): \(growth.new.lazy.filter(\.isLeaf).count) new leaves"
        )
        if points == 0 { plan.actions = [] }
        plan.notes = [("partition", top.name)]
        plan.grownNodes = growth.innerNodes
        plan.facts = [
            "partition": .string(paths.path(of: top)), "splits": .integer(Int64(points)),
            "keys": .array(growth.keys.map { .string(text.text($0)) }),
            "isNew": .bool(isNew && points > 0),
        ]
        return plan
    }

    /// Splits references of new inner nodes down to the leaves, level by level, their rows counted. What a job holds,
    /// or cannot be read, stays where it is.
    func moveDown(_ nodes: [PartitionID]) {
        guard state.properties.compactionSplitFilesFirst else { return }
        for node in nodes { compactor.moveDown(node) }
    }
}

extension TableState {
    /// Whether a root partition of a table with partition columns has neither files nor a node: what splits it makes
    /// its directory.
    fileprivate func isNewRoot(_ id: PartitionID) -> Bool {
        !definition.partitionColumns.isEmpty && files.rootPartition(id) == nil && partitions[id] == nil
    }
}

extension StoreError {
    /// A refusal of the compactor, with partitions and keys as people write them.
    package init(_ refusal: CompactionRefusal, in state: TableState) {
        let paths = PartitionPathText(state)
        func name(_ id: PartitionID) -> String { Table.quoted(paths.path(of: id)) }
        let message: String? =
            switch refusal {
            case .isSplit(let id): "partition \(name(id)) is split already"
            case .keyOutside(let id):
                "the key does not part partition \(name(id)): each half has to get a part of its range"
            case .nothingToSplitBy(let id) where state.isNewRoot(id):
                "there is no partition \(name(id)) yet, of which the middle could be taken; with a key it is made and "
                    + "split there"
            case .nothingToSplitBy(let id):
                "partition \(name(id)) has no rows to tell a middle from; give a key"
            case .unsplittable(let id, let key):
                "partition \(name(id)) cannot be split: all of its rows have the key "
                    + "\((try? KeyText(state.definition))?.text(key).display ?? Hex.string(key.bytes))"
            case .emptyPartition(let id): "partition \(name(id)) has no files"
            case .noSuchPartition(let id):
                "there is no partition \(name(id)): it has neither files nor parts yet"
            case .partitionInJob(let id, let job):
                "the files of partition \(name(id)) are in job \(job) already"
            default: nil
            }
        self.init(refusal.errno, message ?? refusal.description)
    }
}
