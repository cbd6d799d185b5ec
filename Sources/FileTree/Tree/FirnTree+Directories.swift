import Bytes

// Listings: a directory is frozen when it is opened.

extension FirnTree {
    package func opendir(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<OpenReply>) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        answer(reply, Subject(.opendir, node, context), isSlow: node.isSlow(.listing)) {
            () throws(FileTreeError) in
            OpenDirectory(node: node, snapshot: try node.listing())
        } send: { [self] reply, directory in
            let id = directories.insert(directory)
            if reply.send(OpenReply(handle: id)) == .requesterGone { _ = directories.remove(id) }
        }
    }

    package func readdir(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<ListingReply>
    ) {
        guard let directory = directories.handle(handle) else { return reply.fail(.stale) }
        reply.send(directory.snapshot, from: offset)
    }

    package func readdirplus(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<DetailedListingReply>
    ) {
        guard let directory = directories.handle(handle) else { return reply.fail(.stale) }
        let node = directory.node
        reply.send(directory.snapshot, from: offset) { [nodes] entry in
            guard node.listsDetails, !node.isSlow(.child(entry.name)),
                let child = try? node.child(entry.name)
            else { return nil }
            let known = nodes.lookUp(child.id) { child }
            known.lookedUp(as: child)
            guard var details = try? known.entry() else {
                nodes.forget(child.id, count: 1)
                return nil
            }
            details.entryLifetime = child.entryLifetime
            return details
        }
    }

    package func releasedir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        _ = directories.remove(handle)
        reply.done()
    }
}
