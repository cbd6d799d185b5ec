import Glibc

/// A signal that the daemon answers in an orderly way.
package enum Signal: Int32, Sendable, CaseIterable {
    case hangUp = 1
    case interrupt = 2
    case user1 = 10
    case user2 = 12
    case terminate = 15
}

/// Signals are blocked in every thread and taken by one that waits for them: no handler ever runs.
package enum Signals {
    /// Blocks `signals` in this thread and in all that it starts afterwards, and ignores SIGPIPE: a write to a
    /// closed pipe then fails with EPIPE. Call it before the first thread is started.
    package static func block(_ signals: [Signal]) {
        var set = signalSet(signals)
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Waits for one of `signals`, which must be blocked; nil once the time is over.
    package static func wait(for signals: [Signal], atMostNanoseconds limit: UInt64? = nil) -> Signal? {
        var set = signalSet(signals)
        while true {
            let number: Int32
            if let limit {
                var time = timespec(tv_sec: Int(limit / 1_000_000_000), tv_nsec: Int(limit % 1_000_000_000))
                number = sigtimedwait(&set, nil, &time)
            } else {
                number = sigwaitinfo(&set, nil)
            }
            if let signal = Signal(rawValue: number) { return signal }
            if errno == EAGAIN { return nil }
        }
    }

    /// Sends a signal to a process (or, with 0 for none, asks whether it is there).
    package static func send(_ number: Int32, to process: Int32) throws(Errno) {
        _ = try once { kill(process, number) }
    }

    private static func signalSet(_ signals: [Signal]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal.rawValue) }
        return set
    }
}
