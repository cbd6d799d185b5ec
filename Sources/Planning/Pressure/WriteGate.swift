/// The writes that wait for their turn, and whose turn it is: a plan without clocks and threads.
///
/// Writes pass in the order in which they came, as a ``TokenBucket`` allows. None waits longer than its own bytes
/// take at the least rate: however many writers there are, each goes on, and a small write beside large ones
/// waits little.
package struct WriteGate: Sendable {
    package typealias Ticket = UInt64

    /// A write that need not wait any more.
    package struct Passed: Hashable, Sendable {
        package var ticket: Ticket
        package var waitedNanoseconds: UInt64
    }

    private struct Waiting {
        var ticket: Ticket
        var cost: Double
        var since: UInt64
        var deadline: UInt64
    }

    /// What a write and all that it finds owed comes to at most.
    private static let debtLimit: Double = 1_024 * 1_024

    private let floorRate: Double
    /// nil where everything passes.
    private var bucket: TokenBucket?
    private var waiting: [Waiting] = []
    private var nextTicket: Ticket = 1

    /// - Parameter floorRate: bytes a second that every writer is left.
    package init(floorRate: Double) {
        precondition(floorRate > 0)
        self.floorRate = floorRate
    }

    package var isFree: Bool { bucket == nil }
    package var waitingCount: Int { waiting.count }

    /// nil lets everything pass.
    package mutating func setRate(_ rate: Double?, nowNanoseconds now: UInt64) {
        guard let rate else {
            bucket = nil
            return
        }
        if bucket == nil {
            bucket = TokenBucket(rate: rate, debtLimit: Self.debtLimit, nowNanoseconds: now)
        }
        bucket?.setRate(rate, nowNanoseconds: now)
    }

    /// Whether a write passes at once. One that does not is to be queued.
    package mutating func tryPass(_ cost: Int, nowNanoseconds now: UInt64) -> Bool {
        guard bucket != nil else { return true }
        bucket?.settle(nowNanoseconds: now)
        guard waiting.isEmpty, bucket?.isOpen ?? true else { return false }
        bucket?.take(Double(cost))
        return true
    }

    /// Takes a write into account that nothing holds up.
    package mutating func charge(_ cost: Int, nowNanoseconds now: UInt64) {
        bucket?.settle(nowNanoseconds: now)
        bucket?.take(Double(cost))
    }

    package mutating func queue(_ cost: Int, nowNanoseconds now: UInt64) -> Ticket {
        defer { nextTicket += 1 }
        let longest = UInt64(Double(cost) / floorRate * 1e9)
        waiting.append(
            Waiting(ticket: nextTicket, cost: Double(cost), since: now, deadline: now + longest))
        return nextTicket
    }

    /// Takes out a write that waits no longer for another reason; nil where it has passed.
    package mutating func leave(_ ticket: Ticket, nowNanoseconds now: UInt64) -> Passed? {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return nil }
        return pass(index, now)
    }

    /// Those whose turn has come, in their order.
    package mutating func passDue(nowNanoseconds now: UInt64) -> [Passed] {
        bucket?.settle(nowNanoseconds: now)
        var passed: [Passed] = []
        while !waiting.isEmpty, bucket?.isOpen ?? true { passed.append(pass(0, now)) }
        for index in waiting.indices.reversed() where waiting[index].deadline <= now {
            passed.append(pass(index, now))
        }
        return passed.sorted { $0.ticket < $1.ticket }
    }

    private mutating func pass(_ index: Int, _ now: UInt64) -> Passed {
        let write = waiting.remove(at: index)
        bucket?.take(write.cost)
        return Passed(ticket: write.ticket, waitedNanoseconds: now - min(now, write.since))
    }

    /// How long until ``passDue(nowNanoseconds:)`` has something; nil where nothing waits.
    package func nanosecondsUntilDue(nowNanoseconds now: UInt64) -> UInt64? {
        guard let first = waiting.map(\.deadline).min() else { return nil }
        let deadline = first - min(first, now)
        return min(deadline, bucket?.nanosecondsUntilOpen ?? 0)
    }
}
