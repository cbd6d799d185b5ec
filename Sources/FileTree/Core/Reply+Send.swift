package import Bytes

// What each kind of request can be answered with. The marker types have no values: they only name a kind.

/// Marks replies to reads: bytes, or a range of an open file.
package enum ReadReply {}
/// Marks replies to writes: how many bytes were taken.
package enum WriteReply {}
/// Marks replies to `create`: an entry and an open file.
package enum CreateReply {}
/// Marks replies to `readlink`.
package enum LinkTarget {}
/// Marks replies to `getxattr` and `listxattr`.
package enum ExtendedAttribute {}
/// Marks replies to `readdir`.
package enum ListingReply {}
/// Marks replies to `readdirplus`.
package enum DetailedListingReply {}
/// Marks replies to `lseek` (and to `copy_file_range`, as a count).
package enum PositionReply {}
/// Marks replies to `poll`.
package enum PollReply {}

extension Reply where Payload == Void {
    package consuming func done() { finish(.done) }
}

extension Reply where Payload == EntryReply {
    @discardableResult
    package consuming func send(_ entry: EntryReply) -> AnswerOutcome { finish(.entry(entry)) }
    /// There is no such name, and the kernel may remember that for `lifetime`.
    package consuming func noEntry(_ lifetime: CacheLifetime) { finish(.noEntry(lifetime)) }
}

extension Reply where Payload == AttributeReply {
    package consuming func send(_ reply: AttributeReply) { finish(.attributes(reply)) }
}

extension Reply where Payload == LinkTarget {
    package consuming func send(_ target: ByteString) { finish(.target(target)) }
}

extension Reply where Payload == OpenReply {
    @discardableResult
    package consuming func send(_ open: OpenReply) -> AnswerOutcome { finish(.opened(open)) }
}

extension Reply where Payload == CreateReply {
    @discardableResult
    package consuming func send(_ entry: EntryReply, _ open: OpenReply) -> AnswerOutcome {
        finish(.created(entry, open))
    }
}

extension Reply where Payload == ReadReply {
    /// At most as many bytes as were asked for; fewer mean the end of the file.
    package consuming func send(_ bytes: UnsafeRawBufferPointer) { finish(.bytes(bytes)) }

    package consuming func send(_ bytes: ArraySlice<UInt8>) {
        var reply: Reply<ReadReply>? = consume self
        bytes.withUnsafeBytes { buffer in reply.take()!.send(buffer) }
    }

    package consuming func sendRange(of descriptor: Int32, offset: Int64, count: Int) {
        finish(.fileRange(descriptor: descriptor, offset: offset, count: count))
    }
}

extension Reply where Payload == WriteReply {
    package consuming func send(count: Int) { finish(.written(count)) }
}

extension Reply where Payload == ExtendedAttribute {
    package consuming func send(_ value: ByteString) { finish(.extendedAttribute(value)) }

    package consuming func send(names: [ByteString]) {
        finish(.extendedAttribute(ByteString(names.flatMap { $0.bytes + [0] })))
    }
}

extension Reply where Payload == ListingReply {
    /// The part of the listing that begins at `offset` and fits.
    package consuming func send(_ snapshot: DirectorySnapshot, from offset: UInt64) {
        finish(.listing(snapshot, offset: offset))
    }
}

extension Reply where Payload == DetailedListingReply {
    /// The part of the listing that begins at `offset` and fits; every entry that `entry` gives is a lookup.
    package consuming func send(
        _ snapshot: DirectorySnapshot, from offset: UInt64, entry: (DirectorySnapshot.Entry) -> EntryReply?
    ) {
        _ = finishListing(snapshot, offset: offset, entry: entry)
    }
}

extension Reply where Payload == PositionReply {
    package consuming func send(_ position: Int64) { finish(.position(position)) }
}

extension Reply where Payload == PollReply {
    /// The `POLLIN`, `POLLOUT` … bits that hold now.
    package consuming func send(events: UInt32) { finish(.events(events)) }
}

extension Reply where Payload == FileSystemStatistics {
    package consuming func send(_ statistics: FileSystemStatistics) { finish(.statistics(statistics)) }
}
