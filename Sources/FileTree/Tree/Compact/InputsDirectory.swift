import Bytes
import Metadata
import Tables

/// `inputs/` of a job: a symbolic link to each file, in the directory of the partition that the job takes it from.
final class InputsDirectory: TreeNode {
    private let tree: TableTree
    /// `compact/<job>/inputs`.
    private let below: ByteString
    /// nil once there is no such job any more.
    private let inputs: @Sendable () -> [ReferenceKey]?
    let id: NodeID

    init(_ tree: TableTree, _ path: ByteString, _ inputs: @escaping @Sendable () -> [ReferenceKey]?) {
        self.tree = tree
        below = path
        self.inputs = inputs
        id = tree.number(path)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(below) }
    var entryLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        // Files of ours are named by their ids; those of other programs are in no job.
        let file = FileID(path: name)
        let state = tree.table.state
        guard let input = inputs()?.first(where: { $0.file == file }), Self.name(of: file, in: state) == name
        else { throw .noEntry }
        let directory = PartitionCatalogue(state).texts.path(of: input.partition)
        return SymbolicLinkNode(
            tree, below + "/" + name, target: tree.below("../../../partitions", directory, name))
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        guard let inputs = inputs() else { throw .stale }
        let state = tree.table.state
        let parent = InodeNumber(tree.number(Catalogue.parent(of: below)).rawValue)
        var builder = DirectorySnapshot.Builder(
            directory: inode, parent: parent, expectedCount: inputs.count)
        var listed: Set<FileID> = []
        for input in inputs where listed.insert(input.file).inserted {
            guard let name = Self.name(of: input.file, in: state) else { continue }
            let number = tree.number(below + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .symbolicLink)
        }
        return builder.finish()
    }

    /// As in `partitions/`.
    private static func name(of file: FileID, in state: TableState) -> ByteString? {
        if let view = state.files.view(file) { return Catalogue(state).shownName(view) }
        return state.garbage[file].map { Catalogue.name(of: $0.path) }
    }
}
