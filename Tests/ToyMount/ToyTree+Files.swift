package import Bytes
package import FileTree
import Glibc
import Platform
import Synchronization

extension ToyTree {
    package func create(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<CreateReply>
    ) {
        guard parent == Self.inbox else { return reply.fail(.immutable("files go into inbox")) }
        let node = state.withLock { state in
            let node = NodeID(state.nextUpload)
            state.nextUpload += 1
            state.uploads[node] = Upload(name: name)
            return node
        }
        reply.send(entry(node)!, OpenReply(handle: handles.insert(node)))
    }

    package func open(
        _ node: NodeID, flags: Int32, _ context: RequestContext, _ reply: consuming Reply<OpenReply>
    ) {
        let handle = handles.insert(node)
        switch node {
        case Self.data:
            let descriptor = dataPath.withUnsafeBytes { _ in
                Glibc.open(dataPath.display, O_RDONLY | O_CLOEXEC)
            }
            let open = OpenReply(handle: handle, options: [.noFlush], passthroughDescriptor: descriptor)
            if reply.send(open) == .deliveredPassthrough { state.withLock { $0.passthroughOpens += 1 } }
            close(descriptor)
        case Self.slow, Self.later, Self.events:
            reply.send(OpenReply(handle: handle, options: [.directIO]))
        default: reply.send(OpenReply(handle: handle, options: [.keepCache]))
        }
    }

    package func read(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, count: Int, _ context: RequestContext,
        _ reply: consuming Reply<ReadReply>
    ) {
        switch node {
        case Self.hello:
            let picture = Picture(state.withLock { $0.hello }, modified: 0)
            reply.send(picture.slice(offset: offset, count: count))
        case Self.data:
            state.withLock { $0.copiedReads += 1 }
            let descriptor = Glibc.open(dataPath.display, O_RDONLY | O_CLOEXEC)
            reply.sendRange(of: descriptor, offset: offset, count: count)
            close(descriptor)
        case Self.slow:
            let reply = reply.deferred()
            reply.onInterrupt { [self] in
                if reply.fail(.interrupted) { state.withLock { $0.interrupted += 1 } }
            }
        case Self.later:
            let reply = reply.deferred()
            pool.submit {
                Thread.sleep(nanoseconds: 50_000_000)
                let text = Picture(Array("later\n".utf8), modified: 0)
                reply.claim()?.send(text.slice(offset: offset, count: count))
            }
        case Self.events:
            let text = Picture(Array("event\n".utf8), modified: 0)
            reply.send(text.slice(offset: offset, count: count))
        default:
            let upload = state.withLock { $0.uploads[node] }
            reply.send(Picture(upload?.bytes ?? [], modified: 0).slice(offset: offset, count: count))
        }
    }

    package func write(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, _ bytes: UnsafeRawBufferPointer,
        _ context: RequestContext, _ reply: consuming Reply<WriteReply>
    ) {
        let copy = Array(bytes)
        state.withLock { state in
            state.writeSizes.append(copy.count)
            var content = state.uploads[node]?.bytes ?? []
            let end = Int(offset) + copy.count
            if content.count < end { content += Array(repeating: 0, count: end - content.count) }
            content.replaceSubrange(Int(offset)..<end, with: copy)
            state.uploads[node]?.bytes = content
        }
        reply.send(count: copy.count)
    }

    /// Answered from the pool, as a commit would be.
    package func flush(
        _ node: NodeID, _ handle: FileHandleID, lockOwner: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) {
        let bytes = state.withLock { $0.uploads[node]?.bytes }
        let reply = reply.deferred()
        pool.submit {
            if let bytes, bytes.starts(with: Array("bad".utf8)) {
                reply.fail(.badContent("the toy takes nothing that begins with bad"))
            } else {
                reply.claim()?.done()
            }
        }
    }

    package func release(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        _ = handles.remove(handle)
        reply.done()
    }

    package func unlink(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        guard parent == Self.inbox else { return reply.fail(.immutable("the toy's files are immutable")) }
        guard let node = find(parent, name) else { return reply.fail(.noEntry) }
        state.withLock { _ = $0.uploads.removeValue(forKey: node) }
        reply.done()
    }

    package func rename(
        _ parent: NodeID, _ name: ByteString, _ newParent: NodeID, _ newName: ByteString,
        _ flags: RenameFlags,
        _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        guard parent == Self.inbox, newParent == Self.inbox, !flags.contains(.exchange) else {
            return reply.fail(.immutable("the toy's files stay where they are"))
        }
        guard let node = find(parent, name) else { return reply.fail(.noEntry) }
        let old = find(newParent, newName)
        if flags.contains(.noReplace), old != nil { return reply.fail(.exists("there is one already")) }
        state.withLock { state in
            if let old { state.uploads[old] = nil }
            state.uploads[node]?.name = newName
        }
        reply.done()
    }

    package func poll(
        _ node: NodeID, _ handle: FileHandleID, events: UInt32, waiter: (any PollWaiter)?,
        _ context: RequestContext, _ reply: consuming Reply<PollReply>
    ) {
        let isReady = state.withLock { state in
            if node == Self.events, let waiter { state.waiter = waiter }
            return node != Self.events || state.isFired
        }
        reply.send(events: isReady ? UInt32(POLLIN) : 0)
    }

    package func opendir(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<OpenReply>) {
        let handle = handles.insert(node)
        let snapshot: DirectorySnapshot
        switch node {
        case Self.many: snapshot = manySnapshot
        case Self.inbox:
            var builder = DirectorySnapshot.Builder(directory: InodeNumber(14), parent: .root)
            for (node, upload) in state.withLock({ $0.uploads }) {
                builder.append(upload.name, inode: InodeNumber(node.rawValue), kind: .regular)
            }
            snapshot = builder.finish()
        default:
            var builder = DirectorySnapshot.Builder(directory: .root, parent: .root)
            for (name, node, kind) in Self.names {
                builder.append(name, inode: InodeNumber(node.rawValue), kind: kind)
            }
            snapshot = builder.finish()
        }
        state.withLock { $0.snapshots[handle] = snapshot }
        reply.send(OpenReply(handle: handle))
    }

    package func readdir(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<ListingReply>
    ) {
        guard let snapshot = state.withLock({ $0.snapshots[handle] }) else { return reply.fail(.stale) }
        reply.send(snapshot, from: offset)
    }

    package func readdirplus(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<DetailedListingReply>
    ) {
        guard let snapshot = state.withLock({ $0.snapshots[handle] }) else { return reply.fail(.stale) }
        reply.send(snapshot, from: offset) { entry(NodeID($0.inode.rawValue)) }
    }

    package func releasedir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) {
        _ = handles.remove(handle)
        state.withLock { $0.snapshots[handle] = nil }
        reply.done()
    }

    package func getxattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<ExtendedAttribute>
    ) {
        guard node == Self.hello, let value = state.withLock({ $0.attributes[name] }) else {
            return reply.fail(.noAttribute)
        }
        reply.send(value)
    }

    package func listxattr(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<ExtendedAttribute>
    ) {
        reply.send(names: node == Self.hello ? Array(state.withLock { $0.attributes.keys }) : [])
    }
}
