import Platform
import Synchronization

/// A clock that stands still until it is told to go on.
package final class ManualClock: Clock {
    private struct State {
        var milliseconds: Int64
        var nanoseconds: UInt64 = 1_000_000_000
    }

    private let state: Mutex<State>

    /// - Parameter milliseconds: the time to begin with, 2024-01-31T12:34:56.123Z where none is given.
    package init(milliseconds: Int64 = 1_706_704_496_123) {
        state = Mutex(State(milliseconds: milliseconds))
    }

    package func nowMilliseconds() -> Int64 { state.withLock { $0.milliseconds } }
    package func monotonicNanoseconds() -> UInt64 { state.withLock { $0.nanoseconds } }

    /// Lets both clocks go on.
    package func advance(milliseconds: Int64) {
        state.withLock { state in
            state.milliseconds += milliseconds
            state.nanoseconds += UInt64(max(0, milliseconds)) * 1_000_000
        }
    }

    /// Sets the wall clock alone, forwards or back.
    package func set(milliseconds: Int64) { state.withLock { $0.milliseconds = milliseconds } }
}
