import Glibc

/// How fast data may come into a table, by how far its compaction is behind.
///
/// The rate wanted halves at regular steps of runs. The rate in force follows it by small factors at regular
/// times, down as up, so that no writer meets a jump: a store that stalls hard does so again and again.
package struct Pressure: Hashable, Sendable {
    /// Rates are in bytes a second.
    package struct Limits: Hashable, Sendable {
        /// Runs of a partition from which on writers are slowed.
        package var slowRuns = 12
        /// Runs from which on they are slowed as far as they ever are.
        package var hardRuns = 24
        /// Wanted at `slowRuns`.
        package var slowRate: Double = 65_536 * 1_024
        /// Wanted from `hardRuns` on; never less.
        package var floorRate: Double = 65_536
        /// No limit any more.
        package var freeRate: Double = 1_024 * 1_024 * 1_024
        package var stepNanoseconds: UInt64 = 250_000_000
        /// What a step changes at most.
        package var fall = 0.8
        package var rise = 1.25

        package init() {}
    }

    /// How much there is to do.
    package enum Load: Hashable, Sendable {
        /// The runs of the most loaded partition in which a compaction can run; 0 where nothing is known.
        case runs(Int)
        /// In no partition with many runs a compaction can run: to wait for one would help nobody.
        case stuck
    }

    package let limits: Limits
    /// The limit in force; nil where there is none.
    package private(set) var rate: Double?
    /// The step of the clock that was taken last.
    private var step: UInt64 = 0

    package init(_ limits: Limits = Limits()) {
        precondition(limits.slowRuns < limits.hardRuns && limits.floorRate <= limits.slowRate)
        self.limits = limits
    }

    /// The rate to come to; nil where nothing is to be slowed.
    package func target(_ load: Load) -> Double? {
        guard case .runs(let runs) = load, runs >= limits.slowRuns else { return nil }
        let excess = min(runs, limits.hardRuns) - limits.slowRuns
        let share = Double(excess) / Double(limits.hardRuns - limits.slowRuns)
        return max(limits.floorRate, limits.slowRate * pow(limits.floorRate / limits.slowRate, share))
    }

    /// Lets the time come to `now`, with this load since the last call.
    package mutating func advance(to load: Load, nowNanoseconds now: UInt64) {
        let current = now / limits.stepNanoseconds
        let steps = current - min(step, current)
        step = current
        guard load != .stuck else {
            rate = nil
            return
        }
        let target = target(load)
        guard var next = rate else {
            // What was free begins to be limited where no limit is felt.
            if target != nil { rate = limits.freeRate }
            return
        }
        let goal = target ?? limits.freeRate
        // More than these change nothing any more.
        for _ in 0..<min(steps, 256) { next = min(max(goal, next * limits.fall), next * limits.rise) }
        rate = target == nil && next >= limits.freeRate ? nil : next
    }
}
