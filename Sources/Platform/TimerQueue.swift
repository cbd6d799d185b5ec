import Synchronization

/// One thread that calls back at given times. Callbacks must be short; longer work goes to a ``WorkerPool``.
package final class TimerQueue: Sendable {
    /// A callback that is due once; it can be cancelled until it begins.
    package final class Token: Sendable {
        fileprivate let body: Mutex<(@Sendable () -> Void)?>

        fileprivate init(_ body: @escaping @Sendable () -> Void) { self.body = Mutex(body) }

        /// Whether the callback will now never run. False: it has run, runs, or was cancelled before.
        @discardableResult
        package func cancel() -> Bool { take() != nil }

        fileprivate func take() -> (@Sendable () -> Void)? {
            body.withLock { body in
                defer { body = nil }
                return body
            }
        }
    }

    private struct Entry {
        let due: UInt64
        let token: Token
    }

    private struct State {
        /// Latest first, so that the next one is the last.
        var entries: [Entry] = []
        var isClosed = false

        mutating func insert(_ entry: Entry) {
            var low = 0
            var high = entries.count
            while low < high {
                let middle = (low + high) / 2
                if entries[middle].due > entry.due { low = middle + 1 } else { high = middle }
            }
            entries.insert(entry, at: low)
        }
    }

    private let monitor = Monitor(State())
    private let thread: Thread

    package init(name: String = "timers") {
        let monitor = self.monitor
        thread = Thread.spawn(name: name) { TimerQueue.run(monitor) }
    }

    deinit { monitor.update { $0.isClosed = true } }

    private static func run(_ monitor: Monitor<State>) {
        let clock = SystemClock()
        while true {
            let due = monitor.withLock { $0.entries.last?.due }
            let next = monitor.wait(deadline: due) { state -> Token?? in
                if state.isClosed { return .some(nil) }
                guard let last = state.entries.last else { return nil }
                if last.due <= clock.monotonicNanoseconds() {
                    state.entries.removeLast()
                    return .some(last.token)
                }
                // An earlier one has come while this waited for a later one: start over with its time.
                return due.map { last.due < $0 } ?? true ? .some(Token {}) : nil
            }
            guard let token = next else { continue }  // the time has come
            guard let token else { return }  // closed
            token.take()?()
        }
    }

    /// Calls `body` on the timer's thread after `nanoseconds`; never after ``shutdown()``.
    @discardableResult
    package func schedule(afterNanoseconds nanoseconds: UInt64, _ body: @escaping @Sendable () -> Void)
        -> Token
    {
        let token = Token(body)
        let now = SystemClock().monotonicNanoseconds()
        let due = nanoseconds > .max - now ? .max : now + nanoseconds
        monitor.update { $0.insert(Entry(due: due, token: token)) }
        return token
    }

    /// Drops what is still due and ends the thread. Not to be called by a callback.
    package func shutdown() {
        monitor.update { state in
            state.isClosed = true
            state.entries.removeAll()
        }
        thread.join()
    }
}
