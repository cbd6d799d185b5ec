package import Bytes

/// How long the kernel may use a name or attributes without asking again.
package struct CacheLifetime: Equatable, Sendable {
    package var seconds: UInt64
    package var nanoseconds: UInt32

    package init(seconds: UInt64, nanoseconds: UInt32 = 0) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Ask every time.
    package static let none = CacheLifetime(seconds: 0)
    /// Until it is invalidated or forgotten: for what never changes, or whose changes are announced.
    package static let forever = CacheLifetime(seconds: 1 << 30)

    package static func milliseconds(_ count: UInt32) -> CacheLifetime {
        CacheLifetime(seconds: UInt64(count / 1000), nanoseconds: count % 1000 * 1_000_000)
    }
}

/// A name that exists; each one sent counts as one lookup of its node until the kernel forgets it.
package struct EntryReply: Equatable, Sendable {
    package var node: NodeID
    package var generation: UInt64
    package var attributes: FileAttributes
    package var entryLifetime: CacheLifetime
    package var attributeLifetime: CacheLifetime

    package init(
        node: NodeID, attributes: FileAttributes, entryLifetime: CacheLifetime = .forever,
        attributeLifetime: CacheLifetime = .forever, generation: UInt64 = 0
    ) {
        self.node = node
        self.generation = generation
        self.attributes = attributes
        self.entryLifetime = entryLifetime
        self.attributeLifetime = attributeLifetime
    }
}

/// Attributes and how long they hold.
package struct AttributeReply: Equatable, Sendable {
    package var attributes: FileAttributes
    package var lifetime: CacheLifetime

    package init(_ attributes: FileAttributes, lifetime: CacheLifetime = .forever) {
        self.attributes = attributes
        self.lifetime = lifetime
    }
}

/// An open file or directory.
package struct OpenReply: Equatable, Sendable {
    package struct Options: OptionSet, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Bypass the page cache: for streams only, since size 0 and direct reads make rsync and tar copy nothing.
        package static let directIO = Options(rawValue: 1 << 0)
        /// The cached pages of earlier opens of this node still hold.
        package static let keepCache = Options(rawValue: 1 << 1)
        package static let nonSeekable = Options(rawValue: 1 << 2)
        /// The listing may be cached (with `keepCache`, also for later opens).
        package static let cacheListing = Options(rawValue: 1 << 3)
        /// `close` need not call `flush`: halves the cost of closing what is only read.
        package static let noFlush = Options(rawValue: 1 << 4)
        /// Direct writes of several threads may arrive at once.
        package static let parallelDirectWrites = Options(rawValue: 1 << 5)
    }

    package var handle: FileHandleID
    package var options: Options
    /// An open descriptor of the file that holds exactly this node's bytes: the kernel then reads and writes it
    /// directly where it can. Borrowed for the duration of the answer; all opens of a node ask for the same
    /// file. Ask what came of it from the `AnswerOutcome`.
    package var passthroughDescriptor: Int32?

    package init(handle: FileHandleID, options: Options = [], passthroughDescriptor: Int32? = nil) {
        self.handle = handle
        self.options = options
        self.passthroughDescriptor = passthroughDescriptor
    }
}

/// What a request is answered with.
package enum Answer {
    case failed(FileTreeError)
    case done
    case entry(EntryReply)
    /// The name does not exist, and the kernel may remember that.
    case noEntry(CacheLifetime)
    case attributes(AttributeReply)
    case target(ByteString)
    case opened(OpenReply)
    case created(EntryReply, OpenReply)
    /// Bytes that live until the answer is sent.
    case bytes(UnsafeRawBufferPointer)
    /// Bytes of an open file, copied out of it (fewer at its end).
    case fileRange(descriptor: Int32, offset: Int64, count: Int)
    /// An extended attribute or the list of their names; the requester may only ask for its size.
    case extendedAttribute(ByteString)
    case listing(DirectorySnapshot, offset: UInt64)
    case written(Int)
    case position(Int64)
    case events(UInt32)
    case statistics(FileSystemStatistics)
}

/// What came of an answer.
package enum AnswerOutcome: Equatable, Sendable {
    case delivered
    /// Delivered, and the kernel reads and writes the given descriptor's file itself: the descriptor may be closed.
    case deliveredPassthrough
    /// Nobody waits any more (the requester was killed): an open will see no release, an entry no forget.
    case requesterGone
}
