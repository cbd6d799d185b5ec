/// How some counts are spread.
package struct Distribution: Hashable, Sendable {
    package var count: Int
    package var total: Int64
    package var min: Int64
    package var max: Int64
    package var mean: Double
    package var median: Int64
    package var p90: Int64
    package var p99: Int64

    /// Percentiles are counts that occur: the smallest that so many per cent do not exceed. All zero of nothing.
    package init(_ counts: [Int64]) {
        let sorted = counts.sorted()
        func percentile(_ percent: Int) -> Int64 {
            sorted.isEmpty ? 0 : sorted[Swift.max(0, (sorted.count * percent + 99) / 100 - 1)]
        }
        count = sorted.count
        total = sorted.reduce(0, +)
        min = sorted.first ?? 0
        max = sorted.last ?? 0
        mean = sorted.isEmpty ? 0 : Double(total) / Double(sorted.count)
        median = percentile(50)
        p90 = percentile(90)
        p99 = percentile(99)
    }
}
