import Bytes
import FileTree
import Testing

/// A handler of one directory, for what the protocol itself promises.
private final class EmptyTree: FileSystemHandler {
    func lookup(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<EntryReply>
    ) {
        if name == "forgotten" { return }  // answers nothing, which the reply does not let pass
        reply.fail(.noEntry)
    }

    func forget(_ node: NodeID, count: UInt64) {}

    func getattr(
        _ node: NodeID, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) { reply.send(AttributeReply(FileAttributes(inode: .root, kind: .directory, permissions: 0o755))) }

    func open(_ node: NodeID, flags: Int32, _ context: RequestContext, _ reply: consuming Reply<OpenReply>) {
        reply.fail(.isDirectory)
    }

    func read(
        _ node: NodeID, _ handle: FileHandleID, offset: Int64, count: Int, _ context: RequestContext,
        _ reply: consuming Reply<ReadReply>
    ) { reply.fail(.stale) }

    func release(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.done() }

    func opendir(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<OpenReply>) {
        reply.send(OpenReply(handle: FileHandleID(1)))
    }

    func readdir(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<ListingReply>
    ) { reply.fail(.stale) }

    func readdirplus(
        _ node: NodeID, _ handle: FileHandleID, offset: UInt64, _ context: RequestContext,
        _ reply: consuming Reply<DetailedListingReply>
    ) { reply.fail(.stale) }

    func releasedir(
        _ node: NodeID, _ handle: FileHandleID, _ context: RequestContext, _ reply: consuming Reply<Void>
    ) { reply.done() }
}

@Suite("replies")
struct ReplyTests {
    private let tree = EmptyTree()

    @Test("a reply that is dropped answers EIO and is noticed")
    func dropped() {
        let replies = RecordedReplies()
        let answer = replies.ask(.lookup) { (reply: consuming Reply<EntryReply>) in
            tree.lookup(.root, "forgotten", RequestContext(), reply)
        }
        #expect(answer.error?.code == 5)
        #expect(replies.droppedCount == 1)
    }

    @Test("what a handler does not implement refuses with EPERM, never with ENOSYS")
    func defaults() {
        let replies = RecordedReplies()
        let context = RequestContext()
        let codes = [
            replies.ask(.mkdir) { tree.mkdir(.root, "x", mode: 0o755, context, $0) },
            replies.ask(.unlink) { tree.unlink(.root, "x", context, $0) },
            replies.ask(.rename) { tree.rename(.root, "x", .root, "y", [], context, $0) },
            replies.ask(.create) { tree.create(.root, "x", mode: 0o644, flags: 0, context, $0) },
        ].map { $0.error?.code }
        #expect(codes == [1, 1, 1, 1])
        #expect(replies.ask(.getxattr) { tree.getxattr(.root, "user.x", context, $0) }.error == .noAttribute)
    }

    @Test("of an interruption and a result, the first one counts")
    func deferred() {
        let replies = RecordedReplies()
        var held: DeferredReply<Void>?
        let request = replies.begin(.flush) { (reply: consuming Reply<Void>) in
            let deferred = reply.deferred()
            deferred.onInterrupt { deferred.fail(.interrupted) }
            held = deferred
        }
        #expect(replies.answer(of: request) == nil)
        replies.interrupt(request)
        #expect(replies.answer(of: request)?.error == .interrupted)
        #expect(held?.fail(.stale) == false)
        #expect(replies.droppedCount == 0)
    }

    @Test("a deferred reply that is dropped answers EIO")
    func droppedDeferred() {
        let replies = RecordedReplies()
        let request = replies.begin(.flush) { (reply: consuming Reply<Void>) in _ = reply.deferred() }
        #expect(replies.answer(of: request)?.error?.code == 5)
        #expect(replies.droppedCount == 1)
    }
}

@Suite("directory snapshots")
struct DirectorySnapshotTests {
    private func snapshot(_ count: Int) -> DirectorySnapshot {
        var builder = DirectorySnapshot.Builder(directory: InodeNumber(7), parent: .root, expectedCount: 1)
        for index in 0..<count {
            let name = ByteString(String(repeating: "n", count: index % 255) + "\(index % 10)")
            builder.append(name, inode: InodeNumber(UInt64(index) + 100), kind: .regular)
        }
        return builder.finish()
    }

    @Test(
        "parts of any size add up to the whole, in order, without repeats",
        arguments: [280, 300, 1000, 4096, 1 << 20])
    func parts(limit: Int) {
        let snapshot = snapshot(600)
        var inodes: [UInt64] = []
        var offset: UInt64 = 0
        while true {
            let part = snapshot.slice(from: offset, limit: limit)
            #expect(part.count <= limit)
            if part.isEmpty { break }
            let end = offset + UInt64(part.count)
            while offset < end, let entry = snapshot.entry(at: offset) {
                inodes.append(entry.inode.rawValue)
                offset = entry.nextOffset
            }
        }
        #expect(inodes == [7, 1] + (0..<600).map { UInt64($0) + 100 })
        #expect(snapshot.count == 602)
    }

    @Test("an offset that no listing gave lists nothing", arguments: [1, 8, 16, 31, 1 << 40, UInt64.max])
    func foreignOffsets(offset: UInt64) {
        #expect(snapshot(5).entry(at: offset) == nil)
        #expect(snapshot(5).slice(from: offset, limit: 4096).isEmpty)
    }

    @Test("names keep their bytes")
    func names() {
        var builder = DirectorySnapshot.Builder(directory: .root, parent: .root)
        let names: [ByteString] = [
            ByteString([0xff, 0xfe]), "e\u{301}", "\u{e9}", ByteString(String(repeating: "x", count: 255)),
        ]
        for name in names { builder.append(name, inode: InodeNumber(2), kind: .directory) }
        #expect(builder.finish().names == names)
    }
}

@Suite("tables of a tree")
struct TreeTableTests {
    @Test("a node stays until every lookup is forgotten")
    func nodes() {
        let table = NodeTable<String>()
        #expect(table.lookUp(NodeID(5)) { "five" } == "five")
        #expect(table.lookUp(NodeID(5)) { "other" } == "five")
        #expect(table.forget(NodeID(5), count: 1) == nil)
        #expect(table.node(NodeID(5)) == "five" && table.lookups(of: NodeID(5)) == 1)
        #expect(table.replace(NodeID(5), with: "V") && !table.replace(NodeID(6), with: "VI"))
        #expect(table.forget(NodeID(5), count: 1) == "V")
        #expect(table.node(NodeID(5)) == nil && table.count == 0)
        #expect(table.forget(NodeID(5), count: 9) == nil)
    }

    @Test("a released handle is never mistaken for its successor")
    func handles() {
        let table = HandleTable<String>()
        let first = table.insert("a")
        #expect(table.remove(first) == "a")
        let second = table.insert("b")
        #expect(first != second && table.handle(first) == nil && table.remove(first) == nil)
        #expect(table.handle(second) == "b" && table.count == 1 && table.all == ["b"])
        #expect(table.handle(FileHandleID(0)) == nil && table.handle(FileHandleID(.max)) == nil)
    }

    @Test("a picture has a node id of its own, kept while its content stays")
    func pictures() {
        let cache = PictureCache()
        let file = InodeNumber(9)
        func look(_ text: String, now: UInt64, maxAge: UInt64 = 10) -> PictureCache.Current {
            cache.current(file, now: now, maxAge: maxAge) { Picture(Array(text.utf8), modified: 0) }
        }
        let first = look("a", now: 100)
        #expect(look("b", now: 105).node == first.node)
        #expect(look("a", now: 200).node == first.node)
        let changed = look("b", now: 300)
        #expect(changed.node != first.node && changed.picture.bytes == [98])
        cache.expire(file)
        #expect(look("c", now: 301).node != changed.node)
    }

    @Test(
        "reads of a picture end at its end",
        arguments: [(0, 10, 3), (1, 1, 1), (3, 5, 0), (9, 1, 0), (-1, 4, 0)])
    func reads(offset: Int64, count: Int, expected: Int) {
        #expect(Picture([1, 2, 3], modified: 0).slice(offset: offset, count: count).count == expected)
    }
}
