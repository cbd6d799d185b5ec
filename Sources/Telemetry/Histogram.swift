import Synchronization

/// How often values fell at or below each of some bounds, with their number and sum.
package final class Histogram: Sendable {
    /// A picture of a histogram: `counts` has one more element than `bounds`, for what is beyond the last.
    package struct Values: Equatable, Sendable {
        package var counts: [UInt64]
        package var sum: Double

        package var count: UInt64 { counts.reduce(0, +) }
    }

    /// Seconds from a tenth of a millisecond to two minutes.
    package static let secondsBounds: [Double] = [
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
        60, 120,
    ]

    package let bounds: [Double]
    private let state: Mutex<Values>

    /// - Precondition: `bounds` ascend.
    package init(bounds: [Double] = Histogram.secondsBounds) {
        precondition(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        self.bounds = bounds
        state = Mutex(Values(counts: [UInt64](repeating: 0, count: bounds.count + 1), sum: 0))
    }

    package var values: Values { state.withLock { $0 } }

    package func observe(_ value: Double) {
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    /// Observes a duration in seconds.
    package func observe(nanoseconds: UInt64) { observe(Double(nanoseconds) / 1e9) }
}
