/// A fixed number of threads that take work in the order in which it was submitted.
package final class WorkerPool: Sendable {
    package typealias Work = @Sendable () -> Void

    private struct State {
        /// Work waits from `head` on; what lies before has been taken.
        var queue: [Work?] = []
        var head = 0
        var busy = 0
        var isClosed = false

        var waiting: Int { queue.count - head }

        mutating func take() -> Work? {
            guard head < queue.count, let work = queue[head] else { return nil }
            queue[head] = nil
            head += 1
            if head == queue.count {
                queue.removeAll(keepingCapacity: true)
                head = 0
            } else if head >= 1_024, head * 2 >= queue.count {
                queue.removeFirst(head)
                head = 0
            }
            busy += 1
            return work
        }
    }

    private let monitor = Monitor(State())
    private let capacity: Int
    private let threads: [Thread]

    /// - Parameter capacity: how many pieces of work may wait; `submit` waits for room beyond that.
    package init(name: String, threadCount: Int, capacity: Int = .max) {
        precondition(threadCount > 0 && capacity > 0)
        self.capacity = capacity
        let monitor = self.monitor
        threads = (0..<threadCount).map { index in
            Thread.spawn(name: threadCount == 1 ? name : "\(name)-\(index)") { WorkerPool.run(monitor) }
        }
    }

    /// Threads hold the monitor, not the pool: a pool that is dropped drains and ends by itself.
    deinit { monitor.update { $0.isClosed = true } }

    private static func run(_ monitor: Monitor<State>) {
        while true {
            // nil twice over: no work now (wait on), and never again (end).
            let next = monitor.wait { state -> Work?? in
                if let work = state.take() { return .some(work) }
                return state.isClosed ? .some(nil) : nil
            }
            guard let work = next ?? nil else { return }
            monitor.broadcast()  // there is room for one more
            work()
            monitor.update { $0.busy -= 1 }
        }
    }

    /// Queues `work`, waiting for room where the queue is bounded and full; false after shutdown.
    @discardableResult
    package func submit(_ work: @escaping Work) -> Bool {
        let capacity = self.capacity
        let accepted = monitor.wait { state -> Bool? in
            if state.isClosed { return false }
            guard state.waiting < capacity else { return nil }
            state.queue.append(work)
            return true
        }
        monitor.broadcast()
        return accepted ?? false
    }

    /// Queues `work` only where there is room now.
    package func trySubmit(_ work: @escaping Work) -> Bool {
        let capacity = self.capacity
        return monitor.update { state in
            guard !state.isClosed, state.waiting < capacity else { return false }
            state.queue.append(work)
            return true
        }
    }

    /// How much work waits, and how much is being done.
    package var load: (waiting: Int, running: Int) { monitor.withLock { ($0.waiting, $0.busy) } }

    /// Waits until nothing waits and nothing runs.
    package func waitUntilIdle() {
        _ = monitor.wait { $0.waiting == 0 && $0.busy == 0 ? true : nil }
    }

    /// Takes no more work, does what was submitted, and ends the threads. Not to be called by its own work.
    package func shutdown() {
        monitor.update { $0.isClosed = true }
        for thread in threads { thread.join() }
    }
}
