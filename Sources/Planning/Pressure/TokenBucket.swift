/// A rate as a balance that grows with time: what it allows passes, and what has passed is taken from it.
///
/// Whoever comes while the balance is not negative passes, however much it is; the debt is for the next ones to
/// wait for.
package struct TokenBucket: Hashable, Sendable {
    /// Units a second.
    package private(set) var rate: Double
    /// Units that may pass now; negative where more has passed.
    package private(set) var balance: Double = 0
    private var settledAt: UInt64

    /// What the balance saves up at most, in seconds of the rate.
    private let burstSeconds: Double
    /// What it owes at most: nobody pays for more than that of what others took.
    private let debtLimit: Double

    package init(
        rate: Double, burstSeconds: Double = 0.1, debtLimit: Double, nowNanoseconds now: UInt64
    ) {
        precondition(rate > 0)
        self.rate = rate
        self.burstSeconds = burstSeconds
        self.debtLimit = debtLimit
        settledAt = now
    }

    /// Lets the time come to `now`.
    package mutating func settle(nowNanoseconds now: UInt64) {
        guard now > settledAt else { return }
        let seconds = Double(now - settledAt) / 1e9
        balance = min(balance + rate * seconds, rate * burstSeconds)
        settledAt = now
    }

    /// What was earned before was earned at the old rate.
    package mutating func setRate(_ rate: Double, nowNanoseconds now: UInt64) {
        precondition(rate > 0)
        settle(nowNanoseconds: now)
        self.rate = rate
        balance = min(balance, rate * burstSeconds)
    }

    package var isOpen: Bool { balance >= 0 }

    package mutating func take(_ units: Double) { balance = max(balance - units, -debtLimit) }

    /// How long until it is open, if nothing is taken.
    package var nanosecondsUntilOpen: UInt64 {
        isOpen ? 0 : UInt64((-balance / rate * 1e9).rounded(.up))
    }
}
