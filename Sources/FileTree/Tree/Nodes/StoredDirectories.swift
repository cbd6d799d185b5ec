import Bytes
import Platform
import Storage
import Tables

/// An object of storage shown as it is.
final class StoredFileNode: TreeNode {
    private let tree: TableTree
    private let below: ByteString
    private let key: ByteString
    private let metadata: ObjectMetadata
    private let isRemovable: Bool
    let id: NodeID

    /// - Parameter path: below the table.
    init(
        _ tree: TableTree, _ path: ByteString, key: ByteString, _ metadata: ObjectMetadata,
        isRemovable: Bool = false
    ) {
        self.tree = tree
        below = path
        self.key = key
        self.metadata = metadata
        self.isRemovable = isRemovable
        // A name may be used again for other bytes once it was removed.
        let seed =
            isRemovable ? tree.seed &+ UInt64(bitPattern: metadata.modificationMilliseconds) : tree.seed
        id = NodeNumbers.path(path, seed: seed)
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path(below) }
    var entryLifetime: CacheLifetime { isRemovable ? .none : CacheLifetime(seconds: 5) }

    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .opening = question { return true }
        return false
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        FileAttributes(
            inode: inode, kind: .regular, permissions: 0o444, sizeBytes: metadata.sizeBytes, user: tree.user,
            group: tree.group, time: metadata.modificationMilliseconds * 1_000_000)
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        guard !OpenMode(flags).isWriting else { throw .immutable("\(path) never changes") }
        do throws(StorageError) {
            return OpenObject(try tree.table.storage.openForReading(key), tree.services)
        } catch {
            throw error.kind == .notFound ? .stale : FileTreeError(StoreError(error))
        }
    }
}

/// `log/`: the version files.
final class LogDirectory: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("log")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("log") }

    func isSlow(_ question: NodeQuestion) -> Bool {
        switch question {
        case .child(let name): Table.isVersionFile(name)
        case .listing: true
        default: false
        }
    }

    func attributes() throws(FileTreeError) -> FileAttributes { tree.directory(id, permissions: 0o555) }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard Table.isVersionFile(name) else { throw .noEntry }
        let key = tree.table.logDirectory + "/" + name
        guard let metadata = try tree.metadata(of: key) else { throw .noEntry }
        return StoredFileNode(tree, "log/" + name, key: key, metadata)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let names = try tree.names(in: tree.table.logDirectory).filter { Table.isVersionFile($0) }
        return tree.snapshot("log", of: names)
    }
}

/// `rejected/`: what was refused, byte for byte, beside its reason. Its files may be removed.
final class RejectedDirectory: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("rejected")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("rejected") }
    private var directory: ByteString { tree.table.key("_rejected") }

    func isSlow(_ question: NodeQuestion) -> Bool {
        if case .attributes = question { return false }
        return true
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let changed = tree.table.refusals.modifiedMilliseconds * 1_000_000
        return tree.directory(id, permissions: 0o755, time: max(changed, tree.time))
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        let key = directory + "/" + name
        guard let metadata = try tree.metadata(of: key), !metadata.isDirectory else { throw .noEntry }
        return StoredFileNode(tree, "rejected/" + name, key: key, metadata, isRemovable: true)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        tree.snapshot("rejected", of: try tree.names(in: directory))
    }

    func removeFile(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        let key = directory + "/" + name
        guard try tree.metadata(of: key) != nil else { throw .noEntry }
        do throws(StorageError) {
            try tree.table.storage.delete(key)
        } catch {
            throw FileTreeError(StoreError(error))
        }
    }
}

extension TableTree {
    /// nil where there is nothing of that name, or of no name that there can be.
    func metadata(of key: ByteString) throws(FileTreeError) -> ObjectMetadata? {
        do throws(StorageError) {
            return try table.storage.metadata(of: key)
        } catch {
            if error.kind == .notFound || error.kind == .invalid { return nil }
            throw FileTreeError(StoreError(error))
        }
    }

    func names(in directory: ByteString) throws(FileTreeError) -> [ByteString] {
        do throws(StorageError) {
            return try table.storage.list(directory).filter { !$0.isDirectory }.map(\.name)
        } catch {
            throw FileTreeError(StoreError(error))
        }
    }

    /// A directory of ordinary files.
    func snapshot(_ directory: ByteString, of names: [ByteString]) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(
            directory: InodeNumber(number(directory).rawValue), parent: InodeNumber(number("").rawValue),
            expectedCount: names.count)
        for name in names where !name.isEmpty && name.count <= 255 {
            let number = number(directory + "/" + name)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .regular)
        }
        return builder.finish()
    }
}
