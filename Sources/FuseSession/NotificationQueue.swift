import Bytes
import CFuse3
import FileTree
import Glibc
import Platform

/// Sends what the kernel shall forget, in order, from a thread of its own.
///
/// A notification may wait in the kernel for a lock that a request under way holds (a directory that is being changed, a
/// page that is being read), so it must never be sent by the thread that answers that request.
final class NotificationQueue: KernelNotifier {
    enum Notification: Sendable {
        case inode(NodeID, Range<Int64>?)
        case entry(NodeID, ByteString)
        case deleted(NodeID, child: NodeID, ByteString)
        case poll(PollHandle)
    }

    private struct State {
        var queue: [Notification] = []
        var isClosed = false
    }

    private let state = Monitor(State())

    func invalidate(_ node: NodeID, range: Range<Int64>?) { send(.inode(node, range)) }
    func invalidateEntry(_ parent: NodeID, _ name: ByteString) { send(.entry(parent, name)) }
    func deleteEntry(_ parent: NodeID, child: NodeID, _ name: ByteString) {
        send(.deleted(parent, child: child, name))
    }

    func send(_ notification: Notification) {
        state.update { state in
            if !state.isClosed { state.queue.append(notification) }
        }
    }

    /// Ends `run` after what it is sending; what waits has nobody to reach.
    func close() {
        state.update { state in
            state.isClosed = true
            state.queue = []
        }
    }

    /// Sends until `close`.
    func run(_ session: SessionPointer) {
        while let batch = next() {
            for notification in batch { Self.deliver(notification, session.raw) }
        }
    }

    /// Everything that waits; `nil` after `close`.
    private func next() -> [Notification]? {
        let batch = state.wait { state -> [Notification]?? in
            if state.isClosed { return .some(nil) }
            guard !state.queue.isEmpty else { return nil }
            defer { state.queue = [] }
            return .some(state.queue)
        }
        return batch ?? nil
    }

    /// What the kernel does not know (ENOENT) needs no forgetting; a connection that ended forgets everything.
    private static func deliver(_ notification: Notification, _ session: OpaquePointer) {
        switch notification {
        case .inode(let node, let range):
            // A negative offset means attributes only, length 0 means to the end.
            let isAttributesOnly = range?.isEmpty ?? false
            let offset = isAttributesOnly ? -1 : range?.lowerBound ?? 0
            fuse_lowlevel_notify_inval_inode(session, node.rawValue, off_t(offset), off_t(range?.count ?? 0))
        case .entry(let parent, let name):
            withName(name) { fuse_lowlevel_notify_inval_entry(session, parent.rawValue, $0, $1) }
        case .deleted(let parent, let child, let name):
            withName(name) { fuse_lowlevel_notify_delete(session, parent.rawValue, child.rawValue, $0, $1) }
        case .poll(let handle):
            fuse_lowlevel_notify_poll(handle.pointer)
        }
    }

    /// The name as C text; a trailing NUL is needed since the kernel is given one more byte.
    private static func withName(_ name: ByteString, _ body: (UnsafePointer<CChar>, Int) -> Int32) {
        (name.bytes + [0]).withUnsafeBytes { bytes in
            _ = body(bytes.baseAddress!.assumingMemoryBound(to: CChar.self), name.count)
        }
    }
}

/// One who waits in poll(2); the kernel's name for it is freed with the last reference.
final class PollHandle: PollWaiter, @unchecked Sendable {
    let pointer: OpaquePointer
    private let queue: NotificationQueue

    init(_ pointer: OpaquePointer, queue: NotificationQueue) {
        self.pointer = pointer
        self.queue = queue
    }

    deinit { fuse_pollhandle_destroy(pointer) }

    func wake() { queue.send(.poll(self)) }
}

/// libfuse's session; it locks for itself.
struct SessionPointer: @unchecked Sendable {
    let raw: OpaquePointer
}
