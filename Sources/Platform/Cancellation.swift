import Synchronization

/// A flag that long work looks at now and then; once set, it stays set.
package final class Cancellation: Sendable {
    private let flag = Atomic<Bool>(false)
    private let parent: Cancellation?

    /// Also cancelled when `parent` is.
    package init(parent: Cancellation? = nil) { self.parent = parent }

    package var isCancelled: Bool { flag.load(ordering: .relaxed) || (parent?.isCancelled ?? false) }

    package func cancel() { flag.store(true, ordering: .relaxed) }

    package func check() throws(CancellationError) {
        if isCancelled { throw CancellationError() }
    }
}
