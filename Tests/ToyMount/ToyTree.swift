package import Bytes
package import FileTree
import Glibc
package import Platform
package import Synchronization

/// A small filesystem with one file of each kind that a mount has to serve.
///
///     hello            a generated text          data        a real file, offered for passthrough
///     link -> hello    many/f000000 …            inbox/      files in memory; a flush with "bad" in it fails
///     slow             its read never ends unless it is interrupted
///     later            its read is answered by a pool after 50 ms
///     events           can be polled; readable once `fire` was called
package final class ToyTree: FileSystemHandler {
    package static let hello = NodeID(10)
    package static let data = NodeID(11)
    package static let link = NodeID(12)
    package static let many = NodeID(13)
    package static let inbox = NodeID(14)
    package static let slow = NodeID(15)
    package static let later = NodeID(16)
    package static let events = NodeID(17)
    package static let firstMany: UInt64 = 1 << 32

    package struct Upload: Sendable {
        package var name: ByteString
        package var bytes: [UInt8] = []
    }

    package struct State: Sendable {
        package var uploads: [NodeID: Upload] = [:]
        package var nextUpload: UInt64 = 1000
        package var snapshots: [FileHandleID: DirectorySnapshot] = [:]
        package var waiter: (any PollWaiter)?
        package var isFired = false
        package var hello: [UInt8] = Array("hello, world\n".utf8)
        package var forgotten: UInt64 = 0
        package var copiedReads = 0
        package var passthroughOpens = 0
        package var writeSizes: [Int] = []
        package var interrupted = 0
        package var attributes: [ByteString: ByteString] = ["user.colour": "blue"]
        package var isStopped = false
        package var notifier: (any KernelNotifier)?
    }

    package let state = Mutex(State())
    package let manyCount: Int
    package let dataPath: ByteString
    package let handles = HandleTable<NodeID>()
    package let pool = WorkerPool(name: "toy", threadCount: 2)
    package let manySnapshot: DirectorySnapshot

    package init(dataPath: ByteString, manyCount: Int = 10) {
        self.dataPath = dataPath
        self.manyCount = manyCount
        var builder = DirectorySnapshot.Builder(
            directory: InodeNumber(13), parent: .root, expectedCount: manyCount)
        for index in 0..<manyCount {
            builder.append(
                Self.manyName(index), inode: InodeNumber(Self.firstMany + UInt64(index)), kind: .regular)
        }
        manySnapshot = builder.finish()
    }

    package static func manyName(_ index: Int) -> ByteString {
        let digits = String(index)
        return ByteString("f" + String(repeating: "0", count: 6 - digits.count) + digits)
    }

    package func started(_ notifier: any KernelNotifier) { state.withLock { $0.notifier = notifier } }

    package func stopped() {
        pool.shutdown()
        state.withLock { state in
            state.isStopped = true
            state.waiter = nil
        }
    }

    /// Makes `events` readable and wakes who waits.
    package func fire() {
        let waiter = state.withLock { state in
            state.isFired = true
            return state.waiter.take()
        }
        waiter?.wake()
    }

    /// Changes what `hello` says and tells the kernel.
    package func setHello(_ text: String) {
        let notifier = state.withLock { state in
            state.hello = Array(text.utf8)
            return state.notifier
        }
        notifier?.invalidate(Self.hello, range: nil)
    }

    package func attributes(_ node: NodeID) -> FileAttributes? {
        let inode = InodeNumber(node.rawValue)
        switch node {
        case .root, Self.many:
            return FileAttributes(inode: inode, kind: .directory, permissions: 0o755, linkCount: 2)
        case Self.inbox:
            return FileAttributes(inode: inode, kind: .directory, permissions: 0o777, linkCount: 2)
        case Self.hello:
            let size = state.withLock { $0.hello.count }
            return FileAttributes(
                inode: inode, kind: .regular, permissions: 0o444, sizeBytes: UInt64(size),
                time: 1_000_000_000_500_000_000)
        case Self.data:
            let size = (try? FileSystemCalls.status(dataPath).sizeBytes) ?? 0
            return FileAttributes(inode: inode, kind: .regular, permissions: 0o444, sizeBytes: UInt64(size))
        case Self.link:
            return FileAttributes(inode: inode, kind: .symbolicLink, permissions: 0o777, sizeBytes: 5)
        case Self.slow, Self.later, Self.events:
            return FileAttributes(inode: inode, kind: .regular, permissions: 0o444, sizeBytes: 6)
        default:
            if node.rawValue >= Self.firstMany, node.rawValue < Self.firstMany + UInt64(manyCount) {
                return FileAttributes(inode: inode, kind: .regular, permissions: 0o444)
            }
            guard let upload = state.withLock({ $0.uploads[node] }) else { return nil }
            return FileAttributes(
                inode: inode, kind: .regular, permissions: 0o644, sizeBytes: UInt64(upload.bytes.count),
                blockSizeBytes: FileAttributes.stagingBlockSizeBytes)
        }
    }

    package func entry(_ node: NodeID) -> EntryReply? {
        attributes(node).map { EntryReply(node: node, attributes: $0) }
    }

    package static let names: [(ByteString, NodeID, FileKind)] = [
        ("hello", hello, .regular), ("data", data, .regular), ("link", link, .symbolicLink),
        ("many", many, .directory), ("inbox", inbox, .directory), ("slow", slow, .regular),
        ("later", later, .regular), ("events", events, .regular),
    ]

    package func find(_ parent: NodeID, _ name: ByteString) -> NodeID? {
        switch parent {
        case .root: return Self.names.first { $0.0 == name }?.1
        case Self.inbox: return state.withLock { $0.uploads.first { $0.value.name == name }?.key }
        case Self.many:
            guard name.count == 7, name.bytes[0] == UInt8(ascii: "f"),
                let index = UInt64(String(decoding: name.bytes.dropFirst(), as: UTF8.self)),
                index < UInt64(manyCount)
            else { return nil }
            return NodeID(Self.firstMany + index)
        default: return nil
        }
    }

    package func lookup(
        _ parent: NodeID, _ name: ByteString, _ context: RequestContext, _ reply: consuming Reply<EntryReply>
    ) {
        guard let node = find(parent, name), let entry = entry(node) else {
            return reply.noEntry(parent == Self.inbox ? .none : .forever)
        }
        reply.send(entry)
    }

    package func forget(_ node: NodeID, count: UInt64) { state.withLock { $0.forgotten += count } }

    package func getattr(
        _ node: NodeID, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) {
        guard let attributes = attributes(node) else { return reply.fail(.stale) }
        reply.send(AttributeReply(attributes))
    }

    package func setattr(
        _ node: NodeID, _ change: AttributeChange, handle: FileHandleID?, _ context: RequestContext,
        _ reply: consuming Reply<AttributeReply>
    ) {
        let isUpload = state.withLock { state in
            if let size = change.sizeBytes, size == 0 { state.uploads[node]?.bytes = [] }
            return state.uploads[node] != nil
        }
        guard isUpload, let attributes = attributes(node) else {
            return reply.fail(.immutable("the toy's files are immutable"))
        }
        reply.send(AttributeReply(attributes))
    }

    package func readlink(_ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<LinkTarget>) {
        reply.send("hello")
    }

    package func statfs(
        _ node: NodeID, _ context: RequestContext, _ reply: consuming Reply<FileSystemStatistics>
    ) {
        var statistics = FileSystemStatistics()
        statistics.blocks = 1000
        statistics.freeBlocks = 500
        statistics.availableBlocks = 400
        reply.send(statistics)
    }
}
