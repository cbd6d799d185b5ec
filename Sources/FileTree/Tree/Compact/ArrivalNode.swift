import Bytes

/// What was just moved into `compact/`, under the name that it was given there: `mv` looks at it once afterwards.
///
/// It looks like what was moved and is another inode. Of the same inode under two names the kernel and `mv` would
/// say that there is nothing to move, where the second move is to be refused with its reason.
final class ArrivalNode: TreeNode {
    private let tree: TableTree
    private let name: ByteString
    private let original: any TreeNode
    let id: NodeID

    init(_ tree: TableTree, _ name: ByteString, of original: any TreeNode) {
        self.tree = tree
        self.name = name
        self.original = original
        // No path has two slashes.
        id = tree.number("compact//" + name)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("compact/" + name) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        var attributes = try original.attributes()
        attributes.inode = inode
        attributes.linkCount = attributes.kind == .directory ? 2 : 1
        // Who is asked whether to replace a file that cannot be written would not be told that it is busy.
        attributes.permissions |= 0o222
        return attributes
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode { throw .noEntry }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        guard try original.attributes().kind == .directory else { throw .notDirectory }
        return DirectorySnapshot.Builder(
            directory: inode, parent: InodeNumber(tree.number("compact").rawValue)
        ).finish()
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        throw .unsupported("\(path) is a request for a compaction, no file", remedy: "read \(original.path)")
    }
}
