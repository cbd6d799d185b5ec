import Bytes
import Metadata
import Platform
import Tables

/// What the commands of partitions do, by their transactions.
extension Table {
    @discardableResult
    func commit(_ body: TransactionBody) throws -> CommittedTransaction {
        try commit(
            body.operation, preconditions: body.preconditions, actions: body.actions, notes: body.notes)
    }

    func partition(_ path: ByteString) throws -> PartitionID { try PartitionPathText(state).id(path) }

    /// Splits a leaf at a key. A file with keys on both sides is referenced in both, its rows halved by estimate.
    @discardableResult
    func split(_ path: ByteString, at text: ByteString) throws -> (left: PartitionID, right: PartitionID) {
        let id = try partition(path)
        let key = try KeyText(state.definition).key(text)
        let names = (0..<2).map { _ in
            PartitionID(ByteString(Hex.string(context.entropy.uint64())))
        }
        let leaf =
            state.partitions[id]
            ?? Partition(
                id: id, root: state.files.rootPartition(id)?.tuple ?? PartitionTuple([]), parent: nil,
                minKey: nil, maxKey: nil)
        let references = state.files(in: id).compactMap { file in
            state.reference(file, in: id).map { reference in
                ReferenceSplit(
                    reference, leftRows: reference.rowCount / 2, isEstimated: true, at: key,
                    keys: file.keyRange, into: names)
            }
        }
        try commit(
            .splitPartition(leaf, at: key, into: (names[0], names[1]), references: references))
        return (names[0], names[1])
    }

    /// A compaction takes a partition's rows out of a file that stays live elsewhere.
    func take(_ file: FileID, outOf partition: PartitionID) throws {
        let rows = state.references.reference(file, in: partition)?.rowCount ?? 0
        try commit(
            "COMPACT",
            actions: [.operation(.removeReference(file: file, partition: partition, rowCount: rows))])
    }
}
