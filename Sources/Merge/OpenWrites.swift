package import Platform
import Synchronization

/// Since when a process writes data files that no version names yet.
///
/// A file that nobody knows is told from one that is about to be committed by this: the process publishes the
/// time, and what is older than it is not its own.
package final class OpenWrites: Sendable {
    private struct State {
        var next: UInt64 = 0
        /// Epoch milliseconds, by number.
        var begun: [UInt64: Int64] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// To be called before the first file is named; the token is kept until the commit has an outcome.
    package func begin(_ clock: any Clock) -> Token {
        let now = clock.nowMilliseconds()
        return state.withLock { state in
            state.next += 1
            state.begun[state.next] = now
            return Token(writes: self, number: state.next)
        }
    }

    /// When the oldest began that has not ended; epoch milliseconds. nil where nothing is written.
    package var oldest: Int64? { state.withLock { $0.begun.values.min() } }

    fileprivate func end(_ number: UInt64) { state.withLock { $0.begun[number] = nil } }

    /// Something is being written as long as this lives.
    package final class Token: Sendable {
        private let writes: OpenWrites
        private let number: UInt64

        fileprivate init(writes: OpenWrites, number: UInt64) {
            self.writes = writes
            self.number = number
        }

        deinit { writes.end(number) }
    }
}
