package import Bytes
import Glibc

// What a filesystem answers that does not say otherwise: it lists and reads nothing, has no extended attributes, and
// refuses every change. Never ENOSYS, which people read as a defect.

extension FileSystemHandler {
    package func started(_ notifier: any KernelNotifier) {}
    package func noteRequest(_ operation: Operation) {}
    package func stopping() {}
    package func stopped() {}

    package func setattr(
        _ node: NodeID, _ change: AttributeChange, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) { reply.fail(.immutable("attributes cannot be changed here")) }

    package func readlink(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<LinkTarget>) {
        reply.fail(FileTreeError(code: EINVAL))
    }

    /// The kernel checks permissions itself (`default_permissions`), this is for those it does not.
    package func access(
        _ node: NodeID, mask: UInt32, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.done() }

    package func mknod(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, device: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) { reply.fail(.immutable("nothing can be created here")) }

    package func mkdir(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) { reply.fail(.immutable("no directory can be made here")) }

    package func unlink(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.fail(.immutable("nothing can be removed here")) }

    package func rmdir(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.fail(.immutable("no directory can be removed here")) }

    package func symlink(
        _ parent: NodeID, _ name: ByteString, target: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) { reply.fail(.immutable("symbolic links cannot be made here")) }

    package func link(
        _ node: NodeID, _ newParent: NodeID, _ newName: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>
    ) { reply.fail(.immutable("hard links cannot be made here")) }

    package func rename(
        _ parent: NodeID, _ name: ByteString, _ newParent: NodeID, _ newName: ByteString,
        _ flags: RenameFlags,
        _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.fail(.immutable("nothing can be renamed here")) }

    package func create(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<CreateReply>
    ) { reply.fail(.immutable("no file can be made here")) }

    package func write(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, _ bytes: UnsafeRawBufferPointer,
        _ context: RequestContext, _ reply: consuming Reply<WriteReply>
    ) { reply.fail(.immutable("this file cannot be written")) }

    package func flush(
        _ node: NodeID, _ handle: FileHandleID, lockOwner: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) { reply.done() }

    package func fsync(
        _ node: NodeID, _ handle: FileHandleID, dataOnly: Bool, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) { reply.done() }

    package func fallocate(
        _ node: NodeID, _ handle: FileHandleID, mode: Int32, offset: Int64, length: Int64,
        _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.fail(FileTreeError(code: EOPNOTSUPP)) }

    /// The kernel then treats the file as one without holes.
    package func lseek(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, whence: Int32, _ context: RequestContext,
        _ reply: consuming Reply<PositionReply>
    ) { reply.fail(FileTreeError(code: EOPNOTSUPP)) }

    /// The kernel then copies through reads and writes.
    package func copyFileRange(
        _ copy: FileRangeCopy, _ context: RequestContext, _ reply: consuming Reply<WriteReply>
    ) { reply.fail(FileTreeError(code: EOPNOTSUPP)) }

    /// A file that never makes anyone wait.
    package func poll(
        _ node: NodeID, _ handle: FileHandleID, events: UInt32, waiter: (any PollWaiter)?,
        _ context: RequestContext, _ reply: consuming Reply<PollReply>
    ) { reply.send(events: events & UInt32(POLLIN | POLLOUT | 0x40 | 0x100)) }

    package func fsyncdir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.done() }

    package func statfs(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<FileSystemStatistics>
    ) { reply.send(FileSystemStatistics()) }

    package func getxattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<ExtendedAttribute>
    ) { reply.fail(.noAttribute) }

    package func listxattr(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<ExtendedAttribute>
    ) { reply.send(ByteString()) }

    package func setxattr(
        _ node: NodeID, _ name: ByteString, _ value: ByteString, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<Void>
    ) { reply.fail(FileTreeError(code: EOPNOTSUPP)) }

    package func removexattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.fail(.noAttribute) }
}
