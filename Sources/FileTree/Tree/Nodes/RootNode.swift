import Bytes
import Metadata
import Platform
import Synchronization
import Tables
import Telemetry

/// The mount point: a directory for each table of the store.
final class RootNode: TreeNode {
    let id = NodeID.root
    let path = ByteString()
    let table: TableTree? = nil
    private let services: TreeServices
    private let tables: TableTrees

    init(_ services: TreeServices, _ tables: TableTrees) {
        self.services = services
        self.tables = tables
    }

    /// Names come and go with other processes; a table's directory holds what little there is to ask again.
    func isSlow(_ question: NodeQuestion) -> Bool {
        switch question {
        case .child(let name): TableName.isValid(name) && tables.known(name) == nil
        case .listing: true
        default: false
        }
    }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let status = try? FileSystemCalls.status(services.store.root)
        return FileAttributes(
            inode: .root, kind: .directory, permissions: (status?.permissions ?? 0o755) & 0o777 | 0o500,
            linkCount: 2, user: status?.user ?? 0, group: status?.group ?? 0,
            time: status?.modificationNanoseconds ?? 0)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard TableName.isValid(name) else { throw .noEntry }
        return TableNode(try tables.tree(name))
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        let names: [ByteString]
        do throws(StoreError) { names = try services.store.tableNames() } catch { throw FileTreeError(error) }
        var builder = DirectorySnapshot.Builder(directory: .root, parent: .root, expectedCount: names.count)
        for name in names {
            let number = NodeNumbers.path(name, seed: 0)
            builder.append(name, inode: InodeNumber(number.rawValue), kind: .directory)
        }
        return builder.finish()
    }

    /// Makes an append table whose schema is inferred from the first file.
    func makeDirectory(
        _ name: ByteString, mode: UInt32, _ context: RequestContext
    ) throws(FileTreeError) -> any TreeNode {
        do throws(StoreError) {
            _ = try services.store.createTable(
                name, TableCreation(userID: context.user, groupID: context.group, mode: mode))
        } catch {
            services.store.context.log.info("refused: mkdir \(name): \(error)")
            throw FileTreeError(error)
        }
        services.invalidateAttributes(id)
        return TableNode(try tables.tree(name))
    }

    /// Removes a table to which nothing was committed yet.
    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        let tree = try tables.tree(name)
        guard !tree.staging.hasFiles else {
            throw FileTreeError(Errno.enotempty, "files are being copied into \(name)/ingest")
        }
        do throws(StoreError) {
            try services.store.removeEmptyTable(name)
        } catch {
            tree.refuse("rmdir", name, FileTreeError(error), context)
            throw FileTreeError(error)
        }
        tables.remove(name)
        services.invalidateAttributes(id)
    }
}
