import Bytes
import Tables

/// `ingest/` and `compact/` of a table that cannot be changed: there, so that a copy is told why it fails, and
/// empty.
final class ReadOnlyDirectory: TreeNode {
    private let tree: TableTree
    private let name: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ name: ByteString) {
        self.tree = tree
        self.name = name
        id = tree.number(name)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(name) }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }
    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode { throw .noEntry }
    func listing() throws(FileTreeError) -> DirectorySnapshot { tree.snapshot(name, of: []) }

    func makeDirectory(
        _ name: ByteString, mode: UInt32, _ context: RequestContext
    ) throws(FileTreeError) -> any TreeNode {
        throw refusal
    }

    func create(
        _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext
    ) throws(FileTreeError) -> (node: any TreeNode, file: any OpenFile) {
        throw refusal
    }

    private var refusal: FileTreeError { .readOnly("\(tree.table.name) can only be read through this mount") }
}
