import Bytes
import Platform
import Synchronization
import Tables

/// `events`: what happens, as JSON lines; it grows, and `tail -f` and poll(2) see that.
final class EventsNode: TreeNode {
    private let tree: TableTree
    let id: NodeID

    init(_ tree: TableTree) {
        self.tree = tree
        id = tree.number("events")
    }

    var table: TableTree? { tree }
    var path: ByteString { tree.path("events") }
    var attributeLifetime: CacheLifetime { .none }

    func attributes() throws(FileTreeError) -> FileAttributes {
        let events = tree.table.events
        return FileAttributes(
            inode: inode, kind: .regular, permissions: 0o444, sizeBytes: UInt64(events.sizeBytes),
            user: tree.user, group: tree.group, time: events.modifiedMilliseconds * 1_000_000)
    }

    func open(flags: Int32, _ context: RequestContext) throws(FileTreeError) -> any OpenFile {
        guard !OpenMode(flags).isWriting else { throw .immutable("\(path) is written by the table alone") }
        return OpenEvents(tree.table.events)
    }
}

/// `events` as one reader sees it.
final class OpenEvents: OpenFile {
    private struct State {
        /// Where the last read ended.
        var position: Int64 = 0
        var waiter: (any PollWaiter)?
        /// By which the log knows this reader.
        var observer: Int?
    }

    private let events: EventLog
    private let state = Mutex(State())

    init(_ events: EventLog) {
        self.events = events
        let observer = events.observe { [weak self] in self?.wake() }
        state.withLock { $0.observer = observer }
    }

    /// A stream: what was read once is not what is there next time.
    var options: OpenReply.Options { [.directIO] }

    func read(offset: Int64, count: Int, _ reply: consuming Reply<ReadReply>) {
        let bytes = events.read(at: Int(max(0, offset)), count: count)
        state.withLock { $0.position = offset + Int64(bytes.count) }
        reply.send(bytes[...])
    }

    /// Readable where the file is longer than what was read, or shorter (its older half was cut away).
    func poll(events asked: UInt32, waiter: (any PollWaiter)?, _ reply: consuming Reply<PollReply>) {
        let size = Int64(events.sizeBytes)
        let isReadable = state.withLock { state in
            if let waiter { state.waiter = waiter }
            return size != state.position
        }
        reply.send(events: asked & (isReadable ? PollEvents.input : 0))
    }

    private func wake() {
        let waiter = state.withLock { $0.waiter }
        waiter?.wake()
    }

    func release() {
        let observer = state.withLock { state in
            state.waiter = nil
            return state.observer.take()
        }
        if let observer { events.removeObserver(observer) }
    }
}
