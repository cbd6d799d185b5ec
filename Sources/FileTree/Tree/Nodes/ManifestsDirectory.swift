import Bytes
import Metadata
import Platform
import Tables

/// `states/<version>/manifests/`: the Avro files that the state of the version is made from.
///
/// Where a version has no state of its own, they are those of the newest one before it, to which the version files since
/// are added.
final class ManifestsDirectory: TreeNode {
    private let tree: TableTree
    private let version: Version
    private let base: ByteString
    let id: NodeID

    init(_ tree: TableTree, _ version: Version) {
        self.tree = tree
        self.version = version
        base = "states/" + ByteString(version.description) + "/manifests"
        id = tree.number(base)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(base) }
    /// A state may be written for the version later.
    var entryLifetime: CacheLifetime { CacheLifetime(seconds: 5) }

    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .attributes = question { return !tree.isReady(.version(version)) }
        return true
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let state = try tree.state(.version(version))
        return tree.directory(id, permissions: 0o555, time: state.timestamp * 1_000_000)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard let object = try objects().first(where: { $0.name == name }),
            let metadata = try tree.metadata(of: object.key)
        else { throw .noEntry }
        return StoredFileNode(tree, base + "/" + name, key: object.key, metadata)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        tree.snapshot(base, of: try objects().map(\.name))
    }

    private func objects() throws(FileTreeError) -> [(name: ByteString, key: ByteString)] {
        do throws(StoreError) {
            return try tree.table.manifestObjects(at: version)
        } catch {
            throw FileTreeError(error)
        }
    }
}
