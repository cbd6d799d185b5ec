import Bytes
import Metadata
import Platform
import Storage
import TransactionLog

/// Data files that several leaves of a ``KeyTree`` reference, each for so many rows.
struct SharedFiles {
    static let rowsPerReference: Int64 = 1_000

    let tree: KeyTree
    /// How many leaves that follow each other have rows of a file.
    let span: Int

    /// The leaves of file number `index`: files lie side by side, round after round.
    func leaves(_ index: Int) -> [Int] {
        let first = index * span % tree.leafCount
        return (0..<span).map { tree.leaf((first + $0) % tree.leafCount) }
    }

    func file(_ index: Int) -> (entry: FileEntry, references: [FileReference]) {
        var entry = TableMaking.entry(index, isFlat: true)
        let leaves = leaves(index)
        entry.rowCount = Int64(span) * Self.rowsPerReference
        entry.minKey = leaves.map(KeyTree.low).min().map(KeyTree.key)
        entry.maxKey = leaves.map(KeyTree.high).max().map(KeyTree.key)
        let references = leaves.map {
            FileReference(file: entry.id, partition: KeyTree.id($0), rowCount: Self.rowsPerReference)
        }
        return (entry, references)
    }

    /// What a compaction of leaf `node` writes: one file, referenced there alone.
    static func output(of node: Int, number: Int, rows: Int64) -> FileEntry {
        var entry = TableMaking.entry(1 << 40 | number, isFlat: true)
        entry.partition = KeyTree.id(node)
        entry.rowCount = rows
        entry.minKey = KeyTree.key(KeyTree.low(node))
        entry.maxKey = KeyTree.key(KeyTree.high(node))
        entry.dataChange = false
        return entry
    }
}

extension TransactionBody {
    /// A transaction of nobody's.
    func transaction(session: SessionID? = nil) -> Transaction {
        let entropy = SystemEntropy()
        return transaction(id: CommitID(high: entropy.uint64(), low: entropy.uint64()), session: session)
    }
}
