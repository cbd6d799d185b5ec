import Synchronization

/// A reply that closures and queues can hold; the first answer counts.
///
/// An interruption and the result may race: whoever comes second is told so and does nothing. Dropped without an
/// answer, it answers EIO.
package final class DeferredReply<Payload>: Sendable {
    private let sink: any ReplySink
    package let request: RequestToken
    private let isAnswered = Atomic(false)

    init(_ request: RequestToken, to sink: any ReplySink) {
        self.request = request
        self.sink = sink
    }

    deinit {
        if let reply = claim() { _ = consume reply }
    }

    /// The reply itself, for the first who asks.
    package func claim() -> Reply<Payload>? {
        isAnswered.exchange(true, ordering: .acquiringAndReleasing) ? nil : Reply(request, to: sink)
    }

    /// Refuses the operation; `false` if it was answered before.
    @discardableResult
    package func fail(_ error: FileTreeError) -> Bool {
        guard let reply = claim() else { return false }
        reply.fail(error)
        return true
    }

    /// Runs `body` when the requester is interrupted before the answer. Call it before the answer can happen.
    package func onInterrupt(_ body: @escaping @Sendable () -> Void) {
        sink.onInterrupt(request, body)
    }
}
