package import Bytes

/// A filesystem, as the kernel's requests see it: one method per operation, each answered exactly once.
///
/// Methods are called from several threads at once and must not sleep, sync or wait: what takes long is handed to a pool
/// as a `DeferredReply`. Names have 1 to 255 bytes and no `/`. Buffers that are passed in live until the method returns.
/// Everything that changes something refuses by default, with EPERM.
package protocol FileSystemHandler: AnyObject, Sendable {
    /// The mount is there; `notifier` may be used from now on, until `stopped`.
    func started(_ notifier: any KernelNotifier)
    /// A program asks for something; called before the operation, whatever it is, and must cost nothing.
    func noteRequest(_ operation: Operation)
    /// The mount is to end. Requests still come, but answers that wait for a time are to be given at once.
    func stopping()
    /// No request will come any more, and nothing is left that waits for an answer.
    func stopped()

    // Names and attributes
    func lookup(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<EntryReply>)
    /// The kernel drops `count` of the lookups it was answered.
    func forget(_ node: NodeID, count: UInt64)
    func getattr(
        _ node: NodeID, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>)
    func setattr(
        _ node: NodeID, _ change: AttributeChange, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>)
    func readlink(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<LinkTarget>)
    func access(_ node: NodeID, mask: UInt32, _ context: RequestContext, _ reply: consuming Reply<Void>)

    // Changes of directories. `mode` is the requested mode before the umask; its kind bits may be set.
    func mknod(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, device: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>)
    func mkdir(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>)
    func unlink(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>)
    func rmdir(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>)
    func symlink(
        _ parent: NodeID, _ name: ByteString, target: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>)
    func link(
        _ node: NodeID, _ newParent: NodeID, _ newName: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<EntryReply>)
    func rename(
        _ parent: NodeID, _ name: ByteString, _ newParent: NodeID, _ newName: ByteString,
        _ flags: RenameFlags,
        _ context: RequestContext, _ reply: consuming Reply<Void>)

    // Open files. `flags` are those of open(2), without O_CREAT, O_EXCL and O_NOCTTY for `open`.
    func create(
        _ parent: NodeID, _ name: ByteString, mode: UInt32, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<CreateReply>)
    func open(_ node: NodeID, flags: Int32, _ context: RequestContext, _ reply: consuming Reply<OpenReply>)
    /// Never comes for a handle whose open was answered `deliveredPassthrough`.
    func read(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, count: Int, _ context: RequestContext,
        _ reply: consuming Reply<ReadReply>)
    func write(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, _ bytes: UnsafeRawBufferPointer,
        _ context: RequestContext, _ reply: consuming Reply<WriteReply>)
    /// Some descriptor of the open file was closed; comes any number of times. Its error is the error of `close`.
    func flush(
        _ node: NodeID, _ handle: FileHandleID, lockOwner: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<Void>)
    /// The last use of the handle ended; the answer's error reaches nobody.
    func release(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>)
    func fsync(
        _ node: NodeID, _ handle: FileHandleID, dataOnly: Bool, _ context: RequestContext,
        _ reply: consuming Reply<Void>)
    func fallocate(
        _ node: NodeID, _ handle: FileHandleID, mode: Int32, offset: Int64, length: Int64,
        _ context: RequestContext, _ reply: consuming Reply<Void>)
    func lseek(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, whence: Int32, _ context: RequestContext,
        _ reply: consuming Reply<PositionReply>)
    func copyFileRange(
        _ copy: FileRangeCopy, _ context: RequestContext, _ reply: consuming Reply<WriteReply>)
    /// `waiter` is given when someone waits: wake it once when the answer would change.
    func poll(
        _ node: NodeID, _ handle: FileHandleID, events: UInt32, waiter: (any PollWaiter)?,
        _ context: RequestContext, _ reply: consuming Reply<PollReply>)

    // Directories
    func opendir(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<OpenReply>)
    func readdir(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<ListingReply>)
    func readdirplus(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<DetailedListingReply>)
    func releasedir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>)
    func fsyncdir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>)

    // The rest
    func statfs(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<FileSystemStatistics>)
    func getxattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext,
        _ reply: consuming Reply<ExtendedAttribute>)
    func listxattr(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<ExtendedAttribute>)
    /// `flags` are 0, XATTR_CREATE (1) or XATTR_REPLACE (2).
    func setxattr(
        _ node: NodeID, _ name: ByteString, _ value: ByteString, flags: Int32, _ context: RequestContext,
        _ reply: consuming Reply<Void>)
    func removexattr(
        _ node: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<Void>)
}

/// The flags of renameat2(2).
package struct RenameFlags: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let noReplace = RenameFlags(rawValue: 1)
    package static let exchange = RenameFlags(rawValue: 2)
}

/// A copy_file_range(2) between two open files of the mount.
package struct FileRangeCopy: Sendable {
    package let source: (node: NodeID, handle: FileHandleID, offset: Int64)
    package let target: (node: NodeID, handle: FileHandleID, offset: Int64)
    package let count: Int

    package init(
        source: (node: NodeID, handle: FileHandleID, offset: Int64),
        target: (node: NodeID, handle: FileHandleID, offset: Int64), count: Int
    ) {
        self.source = source
        self.target = target
        self.count = count
    }
}
