package import Bytes
import Platform

// Names, attributes and changes of directories.

extension FirnTree {
    package func lookup(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<EntryReply>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        answer(reply, Subject(.lookup, node, name, context), isSlow: node.isSlow(.child(name))) {
            () throws(FileTreeError) in
            try node.child(name)
        } send: { [self] reply, child in
            send(child, reply)
        }
    }

    package func forget(_ node: NodeID, count: UInt64) {
        if node != .root { nodes.forget(node, count: count) }
    }

    package func getattr(
        _ node: NodeID, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        answer(reply, Subject(.getattr, node, context), isSlow: node.isSlow(.attributes)) {
            () throws(FileTreeError) in
            try node.attributes()
        } send: { reply, attributes in
            reply.send(AttributeReply(attributes, lifetime: node.attributeLifetime))
        }
    }

    package func setattr(
        _ node: NodeID, _ change: AttributeChange, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        let file = handle.flatMap { files.handle($0) }
        answer(reply, Subject(.setattr, node, context), isSlow: false) { () throws(FileTreeError) in
            try node.setAttributes(change, handle: file, context)
        } send: { reply, attributes in
            reply.send(AttributeReply(attributes, lifetime: node.attributeLifetime))
        }
    }

    package func readlink(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<LinkTarget>) {
        guard let node = self.node(node) else { return reply.fail(.stale) }
        answer(reply, Subject(.readlink, node, context), isSlow: false) { () throws(FileTreeError) in
            try node.linkTarget()
        } send: { reply, target in
            reply.send(target)
        }
    }

    package func mkdir(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        let permissions = mode & ~context.umask & 0o777
        answer(reply, Subject(.mkdir, node, name, context), isSlow: true) { () throws(FileTreeError) in
            try node.makeDirectory(name, mode: permissions, context)
        } send: { [self] reply, child in
            send(child, reply)
        }
    }

    package func unlink(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        answer(reply, Subject(.unlink, node, name, context), isSlow: true) { () throws(FileTreeError) in
            try node.removeFile(name, context)
        } send: { reply, _ in
            reply.done()
        }
    }

    package func rmdir(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        answer(reply, Subject(.rmdir, node, name, context), isSlow: true) { () throws(FileTreeError) in
            try node.removeDirectory(name, context)
        } send: { reply, _ in
            reply.done()
        }
    }

    package func rename(
        _ parent: NodeID, _ name: ByteString, _ newParent: NodeID, _ newName: ByteString,
        _ flags: RenameFlags, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        guard let node = node(parent), let target = self.node(newParent) else { return reply.fail(.stale) }
        let subject = Subject(.rename, node, name, context)
        answer(reply, subject) { (answer: @escaping @Sendable (Result<Void, FileTreeError>) -> Void) in
            guard !flags.contains(.exchange) else {
                return answer(.failure(.unsupported("names cannot be exchanged here")))
            }
            node.rename(name, to: target, newName, flags, context, answer: answer)
        } send: { reply, _ in
            reply.done()
            // The kernel believes that the name has moved; where it has not, it must look again.
            target.table?.announceRename(from: node, name, to: target, newName)
        }
    }

    package func symlink(
        _ parent: NodeID, _ name: ByteString, target: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) {
        refuse(.symlink, parent, name, context, "symbolic links cannot be made here", reply)
    }

    package func mknod(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, device: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) {
        refuse(.mknod, parent, name, context, "devices, pipes and sockets cannot be made here", reply)
    }

    package func link(
        _ node: NodeID, _ newParent: NodeID, _ newName: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) {
        refuse(.link, newParent, newName, context, "hard links cannot be made here", reply)
    }

    private func refuse(
        _ operation: Operation, _ parent: NodeID, _ name: ByteString, _ context: RequestContext,
        _ rule: String, _ reply: consuming Reply<EntryReply>
    ) {
        guard let node = node(parent) else { return reply.fail(.stale) }
        answer(reply, Subject(operation, node, name, context), isSlow: false) {
            () throws(FileTreeError) -> Void in
            throw .immutable(rule)
        } send: { reply, _ in
            reply.fail(.immutable(rule))
        }
    }
}
