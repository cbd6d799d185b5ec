import Bytes
import Ingest
import Metadata
import Platform
import Synchronization
import Tables

/// The trees of the tables that somebody has looked into.
final class TableTrees: Sendable {
    private let services: TreeServices
    private let trees = Mutex<[ByteString: TableTree]>([:])

    init(_ services: TreeServices) { self.services = services }

    func known(_ name: ByteString) -> TableTree? { trees.withLock { $0[name] } }

    /// The tree of a table, opened on first use.
    func tree(_ name: ByteString) throws(FileTreeError) -> TableTree {
        if let tree = known(name) { return tree }
        let table: Table
        do throws(StoreError) {
            table = try services.store.table(name)
        } catch {
            if error.errno == .enoent { throw .noEntry }
            throw FileTreeError(error)
        }
        let (tree, isNew) = trees.withLock { trees in
            if let tree = trees[name] { return (tree, false) }
            let isTwin = trees.values.contains {
                $0.table.state.definition.id == table.state.definition.id
            }
            let tree = TableTree(table, services, isTwin: isTwin)
            trees[name] = tree
            return (tree, true)
        }
        if isNew { tree.start() }
        return tree
    }

    /// Lets go of the tree of a table that is gone; another of its name may be there.
    func remove(_ table: Table) {
        let tree = trees.withLock { trees in
            trees[table.name]?.table === table ? trees.removeValue(forKey: table.name) : nil
        }
        tree?.close()
    }

    func remove(_ name: ByteString) { trees.withLock { $0.removeValue(forKey: name) }?.close() }

    func close() {
        for tree in trees.withLock({ Array($0.values) }) { tree.close() }
    }

    /// Waits until every file that was closed has its answer; none may come any more.
    func waitForCommits() {
        for tree in trees.withLock({ Array($0.values) }) { tree.table.ingest.waitUntilIdle() }
    }
}
