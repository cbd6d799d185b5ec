import Platform
import Synchronization

/// Files between their last close and their commit: the program that closed them has ended, so whoever looks
/// for the result waits a moment, and no longer.
final class Settling: Sendable {
    static let limitNanoseconds: UInt64 = 100_000_000
    private let pending = Monitor<[NodeID: UInt64]>([:])
    private let count = Atomic(0)

    /// The file will be committed soon, as far as one can tell.
    func begin(_ id: NodeID) {
        let deadline = SystemClock().monotonicNanoseconds() + Self.limitNanoseconds
        pending.withLock { pending in
            pending[id] = deadline
            count.store(pending.count, ordering: .relaxed)
        }
    }

    func end(_ id: NodeID) {
        guard count.load(ordering: .relaxed) > 0 else { return }
        pending.update { pending in
            pending[id] = nil
            count.store(pending.count, ordering: .relaxed)
        }
    }

    var isUnderWay: Bool {
        guard count.load(ordering: .relaxed) > 0 else { return false }
        let now = SystemClock().monotonicNanoseconds()
        return pending.withLock { $0.values.contains { $0 > now } }
    }

    /// Waits until nothing is under way or has been for too long. Not for a thread of the session.
    func wait() {
        guard count.load(ordering: .relaxed) > 0 else { return }
        let latest = pending.withLock { $0.values.max() ?? 0 }
        let clock = SystemClock()
        _ = pending.wait(deadline: latest) { pending -> Bool? in
            let now = clock.monotonicNanoseconds()
            return pending.values.contains { $0 > now } ? nil : true
        }
    }
}
