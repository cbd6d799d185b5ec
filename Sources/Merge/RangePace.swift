import Platform

/// Lets one range of a merge go on where the machine has other work, and all of them where it has none: asked anew
/// before each piece that is written.
final class RangePace: Sendable {
    /// Between two looks of a range that waits.
    private static let lookNanoseconds: UInt64 = 50_000_000

    private struct State {
        var nextTicket = 0
        /// The ranges that are being merged, the first to begin first.
        var tickets: [Int] = []
    }

    private let state = Monitor(State())
    private let mayRunSeveral: @Sendable () -> Bool

    init(_ mayRunSeveral: @escaping @Sendable () -> Bool = { true }) { self.mayRunSeveral = mayRunSeveral }

    /// A range begins.
    func enter() -> Int {
        state.withLock { state in
            state.nextTicket += 1
            state.tickets.append(state.nextTicket)
            return state.nextTicket
        }
    }

    /// A range has ended: the next goes on.
    func leave(_ ticket: Int) { state.update { state in state.tickets.removeAll { $0 == ticket } } }

    /// Returns when the range may go on, which the first of them always may.
    func wait(_ ticket: Int, _ cancellation: Cancellation) throws {
        while !mayRunSeveral() {
            let isFirst = state.wait(atMostNanoseconds: Self.lookNanoseconds) {
                $0.tickets.first == ticket ? true : nil
            }
            if isFirst != nil { return }
            try cancellation.check()
        }
    }
}
