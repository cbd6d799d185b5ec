package import Platform
import Synchronization

/// Whether programs use the mount: what works in the background takes more of the machine while none does.
package final class MountActivity: Sendable {
    /// Without a request for this long, nobody uses it.
    package static let quietNanoseconds: UInt64 = 2_000_000_000

    private let clock: any Clock
    /// When the last request came; 0 before the first.
    private let last = Atomic<UInt64>(0)

    package init(clock: any Clock) { self.clock = clock }

    /// A program asks for something.
    package func note() { last.store(clock.monotonicNanoseconds(), ordering: .relaxed) }

    package var isIdle: Bool {
        let last = last.load(ordering: .relaxed)
        guard last > 0 else { return true }
        let now = clock.monotonicNanoseconds()
        return now - min(last, now) >= Self.quietNanoseconds
    }
}
