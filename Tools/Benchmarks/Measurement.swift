import Glibc
import Platform

/// Wall, user and system time between two moments of this process.
struct Measurement {
    private let wall = SystemClock().monotonicNanoseconds()
    private let usage = Measurement.usage()

    /// Since this was made: wall, user and system seconds.
    var elapsed: (wall: Double, user: Double, system: Double) {
        let now = Measurement.usage()
        return (
            Double(SystemClock().monotonicNanoseconds() - wall) / 1e9,
            seconds(now.ru_utime) - seconds(usage.ru_utime), seconds(now.ru_stime) - seconds(usage.ru_stime)
        )
    }

    private static func usage() -> rusage {
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        return usage
    }

    private func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
}

/// Medians.
func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    guard let middle = sorted.indices.dropFirst(sorted.count / 2).first else { return 0 }
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
