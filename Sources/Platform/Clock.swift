import Glibc

/// Tells the time. Passed in wherever time is needed; only ``SystemClock`` reads the machine's.
package protocol Clock: Sendable {
    /// Milliseconds since 1970-01-01 UTC.
    func nowMilliseconds() -> Int64
    /// Nanoseconds since some moment, never going back and not moved by setting the clock.
    func monotonicNanoseconds() -> UInt64
}

/// The machine's clocks.
package struct SystemClock: Clock {
    package init() {}

    package func nowMilliseconds() -> Int64 {
        Int64(SystemClock.nanoseconds(CLOCK_REALTIME) / 1_000_000)
    }

    package func monotonicNanoseconds() -> UInt64 { SystemClock.nanoseconds(CLOCK_MONOTONIC) }

    static func nanoseconds(_ id: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(id, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
