package import Bytes
package import Metadata
import Planning
import Platform
import Telemetry
import TransactionLog

/// Looking at what changed: references above the leaves go down, leaves that are too large are split, and the rest is
/// planned. None of this moves a row.
extension Compactor {
    /// Looks at the partitions that changed since the last look.
    func look(isForeground: Bool = false) {
        let table = log.current
        let isOn = table.properties.compactionEnabled || isForeground
        guard table.definition.provider == "firn", table.schemaID != nil, isOn,
            !table.deadSessions.contains(context.session)
        else { return }
        // What is split or moved down changes other partitions in turn.
        while true {
            let changed = changedPartitions()
            if changed.isEmpty { return }
            for (index, partition) in changed.enumerated() {
                let holdsStill = state.withLock { state in
                    guard state.isStopped || (state.isPaused && !isForeground) else { return false }
                    state.changed?.formUnion(changed[index...])
                    return true
                }
                if holdsStill { return }
                look(at: partition)
            }
        }
    }

    private func changedPartitions() -> [PartitionID] {
        let known = state.withLock { state -> Set<PartitionID>? in
            defer { state.changed = [] }
            return state.changed
        }
        return known?.sorted() ?? log.current.occupiedPartitions()
    }

    private func look(at partition: PartitionID) {
        let table = log.current
        if !table.partitions.isLeaf(partition) {
            if table.properties.compactionSplitFilesFirst, moveDown(partition) > 0 { return }
        } else if splitIfDue(partition) {
            return
        }
        plan(partition, in: log.current)
    }

    private func plan(_ partition: PartitionID, in table: TableState) {
        // What is on its way down is merged where it arrives.
        let waits = table.properties.compactionSplitFilesFirst && !table.partitions.isLeaf(partition)
        let now = context.clock.nowMilliseconds()
        let plan =
            waits
            ? nil
            : PartitionPlan(
                PartitionPicture(of: partition, in: table, now: now),
                strategy: CompactionStrategies.strategy(for: table.properties),
                properties: table.properties)
        state.withLock { state in
            state.queue.set(plan?.jobs ?? [], nextDue: plan?.nextDue, of: partition)
            if plan?.jobs.isEmpty ?? true { state.partitionObstacles[partition] = nil }
        }
    }

    // MARK: References

    /// Splits the free references of an inner node into its children; how many it split.
    @discardableResult
    package func moveDown(_ partition: PartitionID) -> Int {
        var count = 0
        // Another writer may take or move what was looked at; then it is looked at again, a few times.
        for _ in 0..<Self.moveAttempts {
            let table = log.current
            guard let splitter = ReferenceSplitter(partition, in: table, context) else { return count }
            let splits = splits(splitter, in: table)
            guard !splits.isEmpty else { return count }
            do throws(CommitError) {
                _ = try log.commit(transaction(.splitReferences(splits)))
                count += splits.count
                if splits.count < options.splitBatchCount { return count }
            } catch {
                guard case .conflict = error else {
                    note("its references cannot be split: \(error)", for: partition)
                    return count
                }
            }
        }
        return count
    }

    private static let moveAttempts = 10_000

    private func splits(_ splitter: ReferenceSplitter, in table: TableState) -> [ReferenceSplit] {
        var splits: [ReferenceSplit] = []
        for file in table.files(in: splitter.node.id) {
            guard table.job(holding: file.id, in: splitter.node.id) == nil else { continue }
            do {
                if let split = try splitter.split(file) { splits.append(split) }
            } catch {
                note("the reference of \(file.path) cannot be split: \(error)", for: splitter.node.id)
            }
            if splits.count == options.splitBatchCount { break }
        }
        return splits
    }

    private func note(_ text: String, for partition: PartitionID) {
        let isNew = state.withLock { state in
            defer { state.partitionObstacles[partition] = text }
            return state.partitionObstacles[partition] != text
        }
        if isNew { context.logger.warning("\(context.table): partition \"\(partition)\": \(text)") }
    }

    // MARK: Leaves

    /// Splits a leaf that has more rows or bytes than the table allows. True where it did.
    private func splitIfDue(_ leaf: PartitionID) -> Bool {
        let table = log.current
        let plan = SplitPlan(table.properties)
        guard plan.hasThreshold, !table.definition.rowKey.isEmpty else { return false }
        guard plan.due(SplitPlan.references(of: leaf, in: table)) == .due else { return false }
        do throws(CompactionRefusal) {
            _ = try split(leaf)
            return true
        } catch {
            if case .unsplittable(_, let key) = error {
                state.withLock { $0.unsplittable[leaf] = key }
            } else {
                note("it cannot be split: \(error)", for: leaf)
            }
            return false
        }
    }

    /// Finds out which of these leaves have one key, as the look at a leaf does that is to be split.
    package func findUnsplittable(_ leaves: some Sequence<PartitionID>) {
        for leaf in leaves {
            do throws(CompactionRefusal) { _ = try splitKey(of: leaf) } catch {
                guard case .unsplittable(_, let key) = error else { continue }
                state.withLock { $0.unsplittable[leaf] = key }
            }
        }
    }

    /// Leaves above the threshold of splits all of whose rows have one key, with that key.
    package var unsplittable: [PartitionID: ByteString] { state.withLock { $0.unsplittable } }
}
