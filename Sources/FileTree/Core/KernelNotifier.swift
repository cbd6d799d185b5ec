package import Bytes

/// Tells the kernel that what it remembers no longer holds.
///
/// Every call only queues; a thread of the session sends in order, so a handler may call it at any point. What a
/// handler announces about a request it is answering is sent after the answer if it is queued after it. What the
/// kernel does not know is no error.
package protocol KernelNotifier: AnyObject, Sendable {
    /// Forget the attributes of a node and the pages in `range` (`nil`: all; an empty range: attributes only).
    func invalidate(_ node: NodeID, range: Range<Int64>?)
    /// Forget what a name stands for, or that it stands for nothing.
    func invalidateEntry(_ parent: NodeID, _ name: ByteString)
    /// A name is gone; unlike an invalidation this also reaches those who watch it.
    func deleteEntry(_ parent: NodeID, child: NodeID, _ name: ByteString)
}

/// Who waits in `poll` for an open file; `wake` makes them ask again.
///
/// The newest one given for a handle stands for all that wait on it; keep that one until the handle's release.
package protocol PollWaiter: AnyObject, Sendable {
    func wake()
}
