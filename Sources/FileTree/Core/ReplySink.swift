/// Where answers go: the kernel, or a test.
package protocol ReplySink: AnyObject, Sendable {
    /// Answers a request; called exactly once for each, from any thread.
    func answer(_ request: RequestToken, _ answer: Answer) -> AnswerOutcome

    /// Answers a listing that carries attributes. `entry` gives what a lookup of the name would, or `nil` to list
    /// the name alone; every entry that it gives counts as a lookup.
    func answerListing(
        _ request: RequestToken, _ snapshot: DirectorySnapshot, offset: UInt64,
        entry: (DirectorySnapshot.Entry) -> EntryReply?
    ) -> AnswerOutcome

    /// Runs `body` when the requester gives up (at once if it has), at most once, and not after the answer.
    /// `body` must not block.
    func onInterrupt(_ request: RequestToken, _ body: @escaping @Sendable () -> Void)

    /// A reply was dropped without an answer: a defect. The sink says so in the log.
    func dropped(_ request: RequestToken)
}

/// The one chance to answer a request: consumed by the answer, and answered with EIO if it is dropped.
///
/// `Payload` says what kind of answer fits, and so which `send` there is. A handler that answers later turns it into
/// a `DeferredReply` that closures can hold.
package struct Reply<Payload>: ~Copyable, Sendable {
    private var sink: (any ReplySink)?
    package let request: RequestToken

    package init(_ request: RequestToken, to sink: any ReplySink) {
        self.request = request
        self.sink = sink
    }

    deinit {
        guard let sink else { return }
        sink.dropped(request)
        _ = sink.answer(request, .failed(.broken("the operation was dropped without an answer")))
    }

    @discardableResult
    consuming func finish(_ answer: Answer) -> AnswerOutcome { takeSink().answer(request, answer) }

    consuming func finishListing(
        _ snapshot: DirectorySnapshot, offset: UInt64, entry: (DirectorySnapshot.Entry) -> EntryReply?
    ) -> AnswerOutcome {
        takeSink().answerListing(request, snapshot, offset: offset, entry: entry)
    }

    /// Refuses the operation.
    package consuming func fail(_ error: FileTreeError) { finish(.failed(error)) }

    /// Runs `body` when the requester is interrupted before the answer.
    package borrowing func onInterrupt(_ body: @escaping @Sendable () -> Void) {
        sink!.onInterrupt(request, body)
    }

    /// For an answer from another thread.
    package consuming func deferred() -> DeferredReply<Payload> {
        DeferredReply(request, to: takeSink())
    }

    private mutating func takeSink() -> any ReplySink {
        defer { sink = nil }
        return sink!
    }
}
