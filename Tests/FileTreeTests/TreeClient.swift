import Bytes
import Compaction
import FileTree
import Metadata
import Platform
import Tables
import TestKit

/// A store in a directory of its own and its tree, used as a program uses a mount: by paths, one call after the
/// other. Each call waits for its answer.
final class TreeClient {
    typealias Recorded = RecordedReplies.Recorded

    let directory: TemporaryDirectory
    let store: Store
    let tree: FirnTree
    let replies: RecordedReplies
    let context: RequestContext

    /// - Parameter process: who asks; this process, so that `/proc` knows it.
    init(
        seed: UInt64 = 5, directory: TemporaryDirectory? = nil, isReadOnly: Bool = false,
        grantsPassthrough: Bool = false, process: Int32 = Processes.currentID,
        clock: any Clock = SystemClock()
    ) throws {
        self.directory = try directory ?? TemporaryDirectory("tree")
        let options = StoreOptions(
            clock: clock, entropy: SeededEntropy(seed: seed), isReadOnly: isReadOnly, command: "test")
        store = try Store.open(at: self.directory.path, options: options)
        tree = FirnTree(store: store)
        replies = RecordedReplies(grantsPassthrough: grantsPassthrough)
        context = RequestContext(user: 7, group: 8, process: process)
    }

    /// Ends as an unmount does.
    func end() {
        tree.stopped()
        store.close()
    }

    /// Asks and waits at most ten seconds.
    func ask<Payload>(
        _ operation: FileTree.Operation, _ body: (consuming Reply<Payload>) -> Void
    ) -> Recorded {
        wait(for: replies.begin(operation, body))
    }

    func wait(for request: UInt64) -> Recorded {
        for _ in 0..<10_000 {
            if let answer = replies.answer(of: request) { return answer }
            Thread.sleep(nanoseconds: 1_000_000)
        }
        preconditionFailure("a request was not answered in ten seconds")
    }

    func begin<Payload>(
        _ operation: FileTree.Operation, _ body: (consuming Reply<Payload>) -> Void
    ) -> UInt64 { replies.begin(operation, body) }

    private func components(_ path: String) -> [ByteString] {
        path.split(separator: "/").map { ByteString(String($0)) }
    }

    func entry(_ path: String) -> Recorded {
        var node = NodeID.root
        var answer: Recorded = .done
        for name in components(path) {
            answer = ask(.lookup) { tree.lookup(node, name, context, $0) }
            guard let entry = answer.entry else { return answer }
            node = entry.node
        }
        return answer
    }

    func node(_ path: String) -> NodeID? { path.isEmpty ? .root : entry(path).entry?.node }

    /// The node of a path's directory, and its last name.
    private func place(_ path: String) -> (parent: NodeID, name: ByteString) {
        let all = components(path)
        let parent = all.dropLast().map(\.display).joined(separator: "/")
        guard let node = node(parent) else { preconditionFailure("\(parent) is not there") }
        return (node, all[all.count - 1])
    }

    func attributes(_ path: String) -> FileAttributes? {
        guard let node = node(path) else { return nil }
        return ask(.getattr) { tree.getattr(node, handle: nil, context, $0) }.attributes
    }

    /// Names without `.` and `..`, sorted.
    func list(_ path: String) -> [String] {
        guard let node = node(path) else { return ["(no \(path))"] }
        let opened = ask(.opendir) { tree.opendir(node, context, $0) }
        guard let handle = opened.opened?.handle else { return ["(\(opened))"] }
        let listing = ask(.readdir) { tree.readdir(node, handle, offset: 0, context, $0) }
        _ = ask(.releasedir) { tree.releasedir(node, handle, context, $0) }
        return (listing.names ?? []).filter { $0 != "." && $0 != ".." }.sorted()
    }

    func read(_ path: String) -> String {
        guard let node = node(path) else { return "(no \(path))" }
        let opened = ask(.open) { tree.open(node, flags: 0, context, $0) }
        guard let handle = opened.opened?.handle else { return "(\(opened))" }
        let bytes = ask(.read) { tree.read(node, handle, offset: 0, count: 1 << 20, context, $0) }.bytes
        _ = ask(.release) { tree.release(node, handle, context, $0) }
        return String(decoding: bytes ?? [], as: UTF8.self)
    }

    /// Creates, writes, closes: what `cp` does. The code of the first error, 0 for none.
    @discardableResult
    func copy(_ text: String, to path: String) -> Int32 {
        let (parent, name) = place(path)
        let made = ask(.create) { tree.create(parent, name, mode: 0o644, flags: 0o301, context, $0) }
        guard let node = made.entry?.node, let handle = made.opened?.handle else {
            return made.error?.code ?? -1
        }
        let written = write(text, node, handle)
        let closed = close(node, handle)
        return written != 0 ? written : closed
    }

    func write(_ text: String, _ node: NodeID, _ handle: FileHandleID, offset: Int64 = 0) -> Int32 {
        let answer = Array(text.utf8).withUnsafeBytes { bytes in
            ask(.write) { tree.write(node, handle, offset: offset, bytes, context, $0) }
        }
        return answer.error?.code ?? 0
    }

    func close(_ node: NodeID, _ handle: FileHandleID) -> Int32 {
        let flushed = ask(.flush) { tree.flush(node, handle, lockOwner: 1, context, $0) }
        _ = ask(.release) { tree.release(node, handle, RequestContext(), $0) }
        return flushed.error?.code ?? 0
    }

    /// Opens an existing file, writes, closes: what `echo > file` does.
    func overwrite(_ path: String, _ text: String) -> Int32 {
        guard let node = node(path) else { return 2 }
        let opened = ask(.open) { tree.open(node, flags: 0o1001, context, $0) }
        guard let handle = opened.opened?.handle else { return opened.error?.code ?? -1 }
        let written = write(text, node, handle)
        let closed = close(node, handle)
        return written != 0 ? written : closed
    }

    func mkdir(_ path: String) -> Int32 {
        let (parent, name) = place(path)
        return ask(.mkdir) { tree.mkdir(parent, name, mode: 0o755, context, $0) }.error?.code ?? 0
    }

    func rmdir(_ path: String) -> Int32 {
        let (parent, name) = place(path)
        return ask(.rmdir) { tree.rmdir(parent, name, context, $0) }.error?.code ?? 0
    }

    func unlink(_ path: String) -> Int32 {
        let (parent, name) = place(path)
        return ask(.unlink) { tree.unlink(parent, name, context, $0) }.error?.code ?? 0
    }

    func rename(_ old: String, _ new: String, _ flags: RenameFlags = []) -> Int32 {
        let from = place(old)
        let to = place(new)
        return ask(.rename) {
            tree.rename(from.parent, from.name, to.parent, to.name, flags, context, $0)
        }.error?.code ?? 0
    }

    func create(_ path: String) -> Int32 {
        let (parent, name) = place(path)
        return ask(.create) { tree.create(parent, name, mode: 0o644, flags: 0o101, context, $0) }.error?.code
            ?? 0
    }

    func truncate(_ path: String, to size: UInt64) -> Int32 {
        guard let node = node(path) else { return 2 }
        return ask(.setattr) {
            tree.setattr(node, AttributeChange(sizeBytes: size), handle: nil, context, $0)
        }.error?.code ?? 0
    }

    func attribute(_ path: String, _ name: ByteString) -> String? {
        guard let node = node(path) else { return nil }
        return ask(.getxattr) { tree.getxattr(node, name, context, $0) }.bytes.map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    /// The value of a line of `status`.
    func status(_ table: String, _ key: String) -> String? {
        for line in read("\(table)/status").split(separator: "\n") where line.hasPrefix(key + ":") {
            return line.split(separator: ":", maxSplits: 1).last.map {
                String($0.drop { $0 == " " })
            }
        }
        return nil
    }
}
