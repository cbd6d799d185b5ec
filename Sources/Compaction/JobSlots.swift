import Platform

/// How many merges run at the same time over all tables of a process, and how much room they will take.
package final class JobSlots: Sendable {
    private struct State {
        var runningCount = 0
        var reservedBytes: UInt64 = 0
        /// Somebody found no slot since the last one became free.
        var isWanted = false
        var wakes: [@Sendable () -> Void] = []
    }

    /// How many jobs run, and how many where the machine has nothing else to do.
    package let limit: Int
    package let idleLimit: Int
    private let isIdle: @Sendable () -> Bool
    private let state = Monitor(State())

    /// - Parameter isIdle: whether the machine has nothing else to do; asked often.
    package init(limit: Int = 1, idleLimit: Int = 2, isIdle: @escaping @Sendable () -> Bool = { false }) {
        precondition(limit > 0 && idleLimit >= limit)
        self.limit = limit
        self.idleLimit = idleLimit
        self.isIdle = isIdle
    }

    /// Whether the machine has nothing else to do: then one merge may take two ranges of keys at once.
    package var isQuiet: Bool { isIdle() }

    package var runningCount: Int { state.withLock { $0.runningCount } }

    /// Bytes that running jobs may still write.
    package var reservedBytes: UInt64 { state.withLock { $0.reservedBytes } }

    /// Called when a slot that was missed becomes free.
    func onRelease(_ wake: @escaping @Sendable () -> Void) { state.withLock { $0.wakes.append(wake) } }

    /// Takes a slot where one is free.
    func tryTake() -> Bool {
        let limit = isIdle() ? idleLimit : limit
        return state.withLock { state in
            guard state.runningCount < limit else {
                state.isWanted = true
                return false
            }
            state.runningCount += 1
            return true
        }
    }

    /// Who found no slot looks again; to be called when the machine has become idle.
    package func limitHasGrown() {
        let wakes = state.withLock { state in
            defer { state.isWanted = false }
            return state.isWanted ? state.wakes : []
        }
        for wake in wakes { wake() }
    }

    /// Takes a slot though none may be free: a job that goes on after a pause, or one a person waits for.
    func take() { state.withLock { $0.runningCount += 1 } }

    /// Gives a slot back; who found none looks again.
    func release() {
        state.withLock { state in
            state.runningCount -= 1
            assert(state.runningCount >= 0)
        }
        limitHasGrown()
    }

    func reserve(_ bytes: UInt64) { state.withLock { $0.reservedBytes += bytes } }
    func unreserve(_ bytes: UInt64) { state.withLock { $0.reservedBytes -= bytes } }
}
