import Bytes
import Metadata
import Platform
import TransactionLog

extension CompactionTable {
    /// Splits a leaf as a writer does that cannot count rows: each reference of a file with keys on both sides has
    /// so many on the left by its estimate.
    ///
    /// - Parameter movesReferences: false leaves them where they are, above the new leaves.
    @discardableResult
    func splitByEstimate(
        _ id: PartitionID, at key: ByteString, movesReferences: Bool = true,
        _ leftRows: (FileReference) -> Int64
    ) throws -> (left: PartitionID, right: PartitionID) {
        let state = log.current
        let leaf =
            state.partitions[id]
            ?? Partition(
                id: id, root: state.files.rootPartition(id)?.tuple ?? PartitionTuple([]), parent: nil,
                minKey: nil, maxKey: nil)
        let children = (0..<2).map { _ in PartitionID(ByteString(Hex.string(entropy.identifier()))) }
        let body = TransactionBody.splitPartition(
            leaf, at: key, into: (children[0], children[1]),
            references: movesReferences ? estimates(id, at: key, children, leftRows) : [])
        try commit(body.operation, body.actions)
        return (children[0], children[1])
    }

    /// Splits the free references of an inner node by estimate. False where there are none.
    func moveDownByEstimate(_ id: PartitionID, _ leftRows: (FileReference) -> Int64) throws -> Bool {
        guard let children = log.current.partitions[id]?.children, children.count == 2,
            let key = log.current.partitions[children[1]]?.minKey
        else { return false }
        let splits = estimates(id, at: key, children, leftRows)
        if splits.isEmpty { return false }
        let body = TransactionBody.splitReferences(splits)
        try commit(body.operation, body.actions)
        return true
    }

    private func estimates(
        _ id: PartitionID, at key: ByteString, _ children: [PartitionID], _ leftRows: (FileReference) -> Int64
    ) -> [ReferenceSplit] {
        let state = log.current
        return state.files(in: id).compactMap { file in
            guard state.job(holding: file.id, in: id) == nil, let reference = state.reference(file, in: id)
            else { return nil }
            return ReferenceSplit(
                reference, leftRows: leftRows(reference), isEstimated: true, at: key, keys: file.keyRange,
                into: children)
        }
    }
}
