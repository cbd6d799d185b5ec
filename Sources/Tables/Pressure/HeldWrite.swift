import Planning
import Synchronization

/// A write that is done and whose answer waits.
package final class HeldWrite: Sendable {
    let bytes: Int
    let cost: Int
    let answer: @Sendable () -> Void
    /// Its place in the gate, 0 before it has one. Changed with the lock of ``BackPressure`` held.
    let ticket = Atomic<WriteGate.Ticket>(0)
    /// True once it is answered, or will be at once.
    let isOver = Atomic(false)

    /// - Parameters:
    ///   - cost: what it counts for, at least its bytes.
    ///   - answer: answers it; called at least once, from any thread.
    package init(bytes: Int, cost: Int, answer: @escaping @Sendable () -> Void) {
        self.bytes = bytes
        self.cost = cost
        self.answer = answer
    }
}
