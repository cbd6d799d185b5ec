import Bytes
import Platform
import Synchronization

/// A file or directory below `ingest/`, or `ingest/` itself.
final class StagedNode: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree, _ id: NodeID) {
        self.tree = tree
        self.id = id
    }

    private var area: StagingArea { tree.staging }
    var table: TableTree? { tree }
    var path: ByteString { area.mountPath(area.state.withLock { $0.path(of: id) }) }

    /// A committed name ends by itself, so only `ingest/` is remembered.
    var entryLifetime: CacheLifetime { id == area.root ? .forever : .none }
    var attributeLifetime: CacheLifetime { id == area.root ? .forever : .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        var attributes = try area.attributes(of: id)
        if id == area.root {
            attributes.user = tree.user
            attributes.group = tree.group
            attributes.permissions = tree.mode | 0o720
        }
        return attributes
    }

    func setAttributes(
        _ change: AttributeChange, handle: (any OpenFile)?, _ context: RequestContext
    ) throws(FileTreeError) -> FileAttributes {
        // Archivers set the times of the directory that they fill; it keeps what its table gives it.
        if id == area.root { return try attributes() }
        return try area.setAttributes(change, of: id)
    }

    func child(_ name: ByteString) throws(FileTreeError) -> any TreeNode {
        guard let child = area.state.withLock({ $0.resolve(name, in: id) }) else { throw .noEntry }
        return StagedNode(tree, child)
    }

    func listing() throws(FileTreeError) -> DirectorySnapshot {
        try area.state.withLock { (state) throws(FileTreeError) in
            guard let entry = state[id], let children = entry.children else { throw .notDirectory }
            let parent = entry.parent ?? tree.number("")
            var builder = DirectorySnapshot.Builder(
                directory: inode, parent: InodeNumber(parent.rawValue), expectedCount: children.count)
            for (name, child) in children.sorted(by: { $0.key < $1.key }) {
                let kind: FileKind = state[child]?.upload == nil ? .directory : .regular
                builder.append(name, inode: InodeNumber(child.rawValue), kind: kind)
            }
            return builder.finish()
        }
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        try area.open(id, flags: flags, context)
    }

    func create(
        _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext
    ) throws(FileTreeError) -> (node: any TreeNode, file: any OpenFile) {
        let made = try area.create(name, in: id, permissions: mode, flags: flags, context)
        return (StagedNode(tree, made.id), made.file)
    }

    func makeDirectory(
        _ name: ByteString, mode: UInt32, _ context: RequestContext
    ) throws(FileTreeError) -> any TreeNode {
        StagedNode(tree, try area.makeDirectory(name, in: id, permissions: mode, context))
    }

    func removeFile(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        try area.removeFile(name, in: id)
    }

    func removeDirectory(_ name: ByteString, _ context: RequestContext) throws(FileTreeError) {
        try area.removeDirectory(name, in: id)
    }

    func rename(
        _ name: ByteString, to target: any TreeNode, _ newName: ByteString, _ flags: RenameFlags,
        _ context: RequestContext, answer: @escaping @Sendable (Result<Void, FileTreeError>) -> Void
    ) {
        guard let directory = target as? StagedNode, directory.table === tree else {
            let rule = "\(path)/\(name) can only be renamed inside \(tree.path("ingest"))"
            return answer(.failure(.immutable(rule)))
        }
        area.rename(name, in: id, to: directory.id, newName, flags, context, answer)
    }
}

extension StagingArea {
    func rootNode(_ tree: TableTree) -> StagedNode { StagedNode(tree, root) }
}

/// A staged file as one `open` sees it. The kernel never writes it by itself: after the commit no byte may
/// change any more, and only who sees each write can see to that.
final class OpenUpload: OpenFile {
    private let area: StagingArea
    private let id: NodeID
    private let threadGroup: Int32
    private let isWriting: Bool

    init(_ area: StagingArea, _ id: NodeID, threadGroup: Int32, isWriting: Bool) {
        self.area = area
        self.id = id
        self.threadGroup = threadGroup
        self.isWriting = isWriting
    }

    func read(offset: Int64, count: Int, _ reply: consuming Reply<ReadReply>) {
        guard let bytes = area.bytes(of: id) else { return reply.fail(.stale) }
        reply.sendRange(of: bytes.descriptor.rawValue, offset: offset, count: count)
    }

    func write(
        offset: Int64, _ bytes: UnsafeRawBufferPointer, _ context: RequestContext,
        _ reply: consuming Reply<WriteReply>
    ) {
        let outcome: Result<Int, FileTreeError>
        do throws(FileTreeError) {
            outcome = .success(try area.write(id, offset: offset, bytes))
        } catch {
            outcome = .failure(error)
        }
        switch outcome {
        case .success(let cost): area.acknowledge(bytes.count, cost: cost, context, reply)
        case .failure(let error):
            if let message = error.message {
                area.table.refuse(
                    "write", area.mountPath(area.state.withLock { $0.path(of: id) }),
                    Errno(rawValue: error.code), context: context, rule: message)
            }
            reply.fail(error)
        }
    }

    func flush(_ context: RequestContext, _ reply: consuming Reply<Void>) {
        guard isWriting else { return reply.done() }
        area.flush(id, context, reply)
    }

    /// Durability is the commit's; this only says whether the disk takes the bytes.
    func sync(dataOnly: Bool, _ reply: consuming Reply<Void>) {
        let deferred = reply.deferred()
        let (area, id) = (area, id)
        area.services.requests.submit {
            guard let bytes = area.bytes(of: id) else {
                deferred.fail(.stale)
                return
            }
            do throws(Errno) {
                try bytes.descriptor.syncData()
                deferred.claim()?.done()
            } catch {
                _ = area.state.withLock { $0.updateUpload(id) { $0.failure = error } }
                deferred.fail(FileTreeError(error, "the staged file cannot be synced"))
            }
        }
    }

    func release() { area.release(id, threadGroup: threadGroup, isWriting: isWriting) }
}
