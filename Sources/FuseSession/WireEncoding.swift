import FileTree
import CFuse3

// The kernel's structures, filled from the tree's. libfuse 3.14 fills some of them itself, but not those of opens with
// a backing file; all entries go one way so that they agree.

extension fuse_attr {
    init(_ attributes: FileAttributes) {
        self.init()
        ino = attributes.inode.rawValue
        size = attributes.sizeBytes
        blocks = attributes.blocks
        (atime, atimensec) = Self.split(attributes.accessed)
        (mtime, mtimensec) = Self.split(attributes.modified)
        (ctime, ctimensec) = Self.split(attributes.changed)
        mode = attributes.mode
        nlink = attributes.linkCount
        uid = attributes.user
        gid = attributes.group
        rdev = attributes.device
        blksize = attributes.blockSizeBytes
    }

    /// Seconds and nanoseconds, the latter never negative, also before 1970.
    private static func split(_ time: Int64) -> (UInt64, UInt32) {
        let (seconds, rest) = time.quotientAndRemainder(dividingBy: 1_000_000_000)
        let isBorrowed = rest < 0
        return (
            UInt64(bitPattern: isBorrowed ? seconds - 1 : seconds),
            UInt32(isBorrowed ? rest + 1_000_000_000 : rest)
        )
    }
}

extension fuse_entry_out {
    init(_ entry: EntryReply) {
        self.init()
        nodeid = entry.node.rawValue
        generation = entry.generation
        entry_valid = entry.entryLifetime.seconds
        entry_valid_nsec = entry.entryLifetime.nanoseconds
        attr_valid = entry.attributeLifetime.seconds
        attr_valid_nsec = entry.attributeLifetime.nanoseconds
        attr = fuse_attr(entry.attributes)
    }

    /// A name that does not exist, to be remembered.
    init(absentFor lifetime: CacheLifetime) {
        self.init()
        entry_valid = lifetime.seconds
        entry_valid_nsec = lifetime.nanoseconds
    }
}

extension fuse_attr_out {
    init(_ reply: AttributeReply) {
        self.init()
        attr_valid = reply.lifetime.seconds
        attr_valid_nsec = reply.lifetime.nanoseconds
        attr = fuse_attr(reply.attributes)
    }
}

extension fuse_open_out {
    private static let directIO: UInt32 = 1 << 0
    private static let keepCache: UInt32 = 1 << 1
    private static let nonSeekable: UInt32 = 1 << 2
    private static let cacheListing: UInt32 = 1 << 3
    private static let noFlush: UInt32 = 1 << 5
    private static let parallelDirectWrites: UInt32 = 1 << 6
    private static let passthrough: UInt32 = 1 << 7

    /// `backing` takes the place of the page cache: the options about it do not apply then.
    init(_ open: OpenReply, backing: Int32?) {
        self.init()
        fh = open.handle.rawValue
        let options = open.options
        if options.contains(.nonSeekable) { open_flags |= Self.nonSeekable }
        if options.contains(.noFlush) { open_flags |= Self.noFlush }
        if let backing {
            open_flags |= Self.passthrough
            padding = UInt32(bitPattern: backing)
            return
        }
        if options.contains(.directIO) { open_flags |= Self.directIO }
        if options.contains(.keepCache) { open_flags |= Self.keepCache }
        if options.contains(.cacheListing) { open_flags |= Self.cacheListing }
        if options.contains(.parallelDirectWrites) { open_flags |= Self.parallelDirectWrites }
    }
}
