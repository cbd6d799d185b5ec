package import Bytes
import Metadata
import Platform
import Storage
import Tables

// Open files and their attributes.

extension FirnTree {
    package func open(
        _ node: NodeID, flags: Int32, _ context: RequestContext, _ reply: consuming Reply<OpenReply>
    ) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        answer(reply, Subject(.open, node, context), isSlow: node.isSlow(.opening(flags: flags))) {
            () throws(FileTreeError) in
            try node.open(flags: flags, context)
        } send: { [self] reply, file in
            let id = files.insert(file)
            let opened = OpenReply(
                handle: id, options: file.options, passthroughDescriptor: file.passthroughDescriptor)
            if reply.send(opened) == .requesterGone { close(id) }
        }
    }

    package func create(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<CreateReply>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        let permissions = mode & ~context.umask & 0o777
        answer(reply, Subject(.create, node, name, context), isSlow: false) {
            () throws(FileTreeError) -> (entry: EntryReply, node: any TreeNode, file: any OpenFile) in
            let made = try node.create(name, mode: permissions, flags: flags, context)
            return (try made.node.entry(), made.node, made.file)
        } send: { [self] reply, made in
            let id = files.insert(made.file)
            _ = nodes.lookUp(made.node.id) { made.node }
            let opened = OpenReply(handle: id, options: made.file.options)
            if reply.send(made.entry, opened) == .requesterGone {
                nodes.forget(made.node.id, count: 1)
                close(id)
            }
        }
    }

    package func read(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, count: Int, _ context: RequestContext,
        _ reply: consuming Reply<ReadReply>
    ) {
        guard let file = files.handle(handle) else { return reply.fail(.stale) }
        file.read(offset: offset, count: count, reply)
    }

    package func write(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, _ bytes: UnsafeRawBufferPointer,
        _ context: RequestContext, _ reply: consuming Reply<WriteReply>
    ) {
        guard let file = files.handle(handle) else { return reply.fail(.stale) }
        file.write(offset: offset, bytes, context, reply)
    }

    package func flush(
        _ node: NodeID, _ handle: FileHandleID, lockOwner: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) {
        guard let file = files.handle(handle) else { return reply.fail(.stale) }
        file.flush(context, reply)
    }

    package func release(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        close(handle)
        reply.done()
    }

    private func close(_ handle: FileHandleID) { files.remove(handle)?.release() }

    package func fsync(
        _ node: NodeID, _ handle: FileHandleID, dataOnly: Bool, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) {
        guard let file = files.handle(handle) else { return reply.fail(.stale) }
        file.sync(dataOnly: dataOnly, reply)
    }

    package func poll(
        _ node: NodeID, _ handle: FileHandleID, events: UInt32, waiter: (any PollWaiter)?,
        _ context: RequestContext, _ reply: consuming Reply<PollReply>
    ) {
        guard let file = files.handle(handle) else { return reply.fail(.stale) }
        file.poll(events: events, waiter: waiter, reply)
    }

    package func statfs(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<FileSystemStatistics>
    ) {
        var statistics = FileSystemStatistics()
        if let space = try? store.storage.space() {
            statistics.blocks = space.capacityBytes / statistics.blockSizeBytes
            statistics.freeBlocks = space.availableBytes / statistics.blockSizeBytes
            statistics.availableBlocks = statistics.freeBlocks
        }
        // Nothing limits the number of files: as none are free, all would be said to be in use.
        statistics.freeFiles = UInt64(Int32.max)
        statistics.files =
            statistics.freeFiles + UInt64(store.openTables.reduce(0) { $0 + $1.state.fileCount })
        reply.send(statistics)
    }

    package func getxattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<ExtendedAttribute>
    ) {
        guard name.hasPrefix("user.firn."), let node = self.node(node),
            let found = node.extendedAttributes().first(where: { $0.name == name })
        else { return reply.fail(.noAttribute) }
        reply.send(found.value)
    }

    package func listxattr(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<ExtendedAttribute>
    ) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        reply.send(names: node.extendedAttributes().map(\.name))
    }
}
