/// The operations of a filesystem, as metrics and log lines name them.
package enum Operation: UInt8, CaseIterable, Sendable {
    case lookup, forget, getattr, setattr, readlink, mknod, mkdir, unlink, rmdir, symlink, rename, link
    case open, read, write, flush, release, fsync
    case opendir, readdir, readdirplus, releasedir, fsyncdir
    case statfs, setxattr, getxattr, listxattr, removexattr, access, create
    case ioctl, poll, fallocate, copyFileRange, lseek

    package var name: String { "\(self)" }
}

/// Who asks.
package struct RequestContext: Equatable, Sendable {
    package var user: UInt32
    package var group: UInt32
    /// The thread that asks, in the daemon's pid namespace; 0 where it is in none we see, and for `release`.
    package var process: Int32
    package var umask: UInt32
    /// The kernel itself writes pages back that a program changed through a mapping some time ago.
    package var isWriteback = false

    package init(user: UInt32 = 0, group: UInt32 = 0, process: Int32 = 0, umask: UInt32 = 0o022) {
        self.user = user
        self.group = group
        self.process = process
        self.umask = umask
    }
}

/// One request that waits for its answer, as the sink that will answer it knows it.
package struct RequestToken: Equatable, Sendable {
    /// The sink's own name for the request.
    package let raw: UInt64
    package let operation: Operation
    /// The node that is asked about; of a name, its directory.
    package let node: NodeID
    /// When the request was taken up, in nanoseconds of the monotonic clock; 0 where nobody measures.
    package let started: UInt64
    /// How many bytes the requester takes at most: of a read, a listing, an attribute value (0 asks for its size).
    package let limit: Int

    package init(raw: UInt64, operation: Operation, node: NodeID = .root, started: UInt64 = 0, limit: Int = 0)
    {
        self.raw = raw
        self.node = node
        self.operation = operation
        self.started = started
        self.limit = limit
    }
}
