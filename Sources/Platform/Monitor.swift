import Glibc

/// A lock around some state, and a place to wait until the state changes.
///
/// ``withLock(_:)`` looks and changes quietly, ``update(_:)`` changes and wakes all who wait, and
/// ``wait(deadline:until:)`` sleeps until its condition holds.
package final class Monitor<State>: @unchecked Sendable {
    // Unchecked: `state` is only touched while `mutex` is held. Both live on the heap because their addresses
    // must not change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var state: State

    package init(_ state: sending State) {
        self.state = state
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// Calls `body` with the lock held; it must not take the same lock again.
    package func withLock<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return try body(&state)
    }

    /// Calls `body` with the lock held, then wakes all who wait.
    package func update<R, E: Error>(_ body: (inout State) throws(E) -> R) throws(E) -> R {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(condition)
            pthread_mutex_unlock(mutex)
        }
        return try body(&state)
    }

    /// Wakes all who wait, so that they look at the state again.
    package func broadcast() {
        pthread_mutex_lock(mutex)
        pthread_cond_broadcast(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Calls `body` with the lock held, again after every change, until it returns something, and returns that;
    /// nil once ``SystemClock``'s monotonic time has reached `deadline` (nanoseconds).
    package func wait<R>(deadline: UInt64? = nil, until body: (inout State) -> R?) -> R? {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let result = body(&state) { return result }
            guard let deadline else {
                pthread_cond_wait(condition, mutex)
                continue
            }
            if SystemClock().monotonicNanoseconds() >= deadline { return nil }
            var time = timespec(
                tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
            pthread_cond_timedwait(condition, mutex, &time)
        }
    }

    /// Like ``wait(deadline:until:)`` with a limit from now.
    package func wait<R>(atMostNanoseconds limit: UInt64, until body: (inout State) -> R?) -> R? {
        let (deadline, tooLarge) = SystemClock().monotonicNanoseconds().addingReportingOverflow(limit)
        return wait(deadline: tooLarge ? nil : deadline, until: body)
    }
}
