import Platform

/// Shares the memory of one table's sorting among the commits that run at the same time.
final class MemoryBudget: Sendable {
    private let used = Monitor<Int64>(0)

    /// Takes what is wanted, or what is left of `limit` if that is a quarter of it or more; waits otherwise.
    func reserve(_ wanted: Int64, of limit: Int64, _ cancellation: Cancellation) throws -> Int64 {
        let least = min(wanted, max(limit / 4, 1))
        while true {
            try cancellation.check()
            let taken = used.wait(atMostNanoseconds: 100_000_000) { used -> Int64? in
                let free = limit - used
                guard free >= least || used == 0 else { return nil }
                let share = max(min(wanted, free), 1)
                used += share
                return share
            }
            if let taken { return taken }
        }
    }

    func release(_ share: Int64) { used.update { $0 -= share } }
}
