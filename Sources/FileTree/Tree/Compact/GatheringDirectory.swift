import Bytes
import Metadata
import Tables

/// `compact/gathering-…/`: what was moved in and is not a job yet.
final class GatheringDirectory: TreeNode {
    private let tree: TableTree
    private let batch: UInt64
    private let base: ByteString
    let id: NodeID

    init(_ tree: TableTree, batch: UInt64, _ name: ByteString) {
        self.tree = tree
        self.batch = batch
        base = "compact/" + name
        id = tree.number(base)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        switch name {
        case "inputs":
            return InputsDirectory(tree, base + "/inputs") { [tree, batch] in
                guard let now = tree.compaction.batch, now.number == batch else { return nil }
                return now.request.inputs(in: tree.table.state)
            }
        case "state":
            let time = tree.time
            return try GeneratedFile(tree, base + "/state", maxAgeNanoseconds: .max) {
                () throws(FileTreeError) in Picture(Array("gathering\n".utf8), modified: time)
            }.node()
        default: throw .noEntry
        }
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("compact").rawValue))
        builder.append(
            "state", inode: InodeNumber(tree.number(base + "/state").rawValue), kind: .regular)
        let inputs = tree.number(base + "/inputs")
        builder.append("inputs", inode: InodeNumber(inputs.rawValue), kind: .directory)
        return builder.finish()
    }
}
