package import FileTree
import Synchronization
package import Telemetry

/// Counts and times the requests of a session by operation; lock-free.
package final class RequestMetrics: Sendable {
    /// What is known of one operation.
    package struct Reading: Equatable, Sendable {
        package var count: UInt64
        package var failures: UInt64
        /// From taking up the request to its answer, summed.
        package var nanoseconds: UInt64
        package var longestNanoseconds: UInt64
    }

    private final class Counters: Sendable {
        let count = Atomic<UInt64>(0)
        let failures = Atomic<UInt64>(0)
        let nanoseconds = Atomic<UInt64>(0)
        let longest = Atomic<UInt64>(0)
    }

    private let counters = Operation.allCases.map { _ in Counters() }
    private let bytesRead = Atomic<UInt64>(0)
    private let bytesWritten = Atomic<UInt64>(0)

    package init() {}

    func record(_ operation: Operation, nanoseconds: UInt64, failed: Bool) {
        let counters = counters[Int(operation.rawValue)]
        counters.count.wrappingAdd(1, ordering: .relaxed)
        if failed { counters.failures.wrappingAdd(1, ordering: .relaxed) }
        counters.nanoseconds.wrappingAdd(nanoseconds, ordering: .relaxed)
        if nanoseconds > counters.longest.load(ordering: .relaxed) {
            counters.longest.max(nanoseconds, ordering: .relaxed)
        }
    }

    func recordRead(bytes: Int) { bytesRead.wrappingAdd(UInt64(bytes), ordering: .relaxed) }
    func recordWrite(bytes: Int) { bytesWritten.wrappingAdd(UInt64(bytes), ordering: .relaxed) }

    package subscript(_ operation: Operation) -> Reading {
        let counters = counters[Int(operation.rawValue)]
        return Reading(
            count: counters.count.load(ordering: .relaxed),
            failures: counters.failures.load(ordering: .relaxed),
            nanoseconds: counters.nanoseconds.load(ordering: .relaxed),
            longestNanoseconds: counters.longest.load(ordering: .relaxed))
    }

    /// Bytes that went through the daemon (not those the kernel read from backing files itself).
    package var copiedBytes: (read: UInt64, written: UInt64) {
        (bytesRead.load(ordering: .relaxed), bytesWritten.load(ordering: .relaxed))
    }

    /// Shows all that was ever asked for in a registry: counts, failures and seconds by operation, and copied bytes.
    package func publish(in registry: MetricsRegistry) {
        for operation in Operation.allCases {
            let labels = ["operation": operation.name]
            registry.counter("firn_fuse_requests_total", help: "Requests of the kernel.", labels: labels) {
                [self] in Double(self[operation].count)
            }
            registry.counter(
                "firn_fuse_failures_total", help: "Requests answered with an error.", labels: labels
            ) {
                [self] in Double(self[operation].failures)
            }
            registry.counter("firn_fuse_seconds_total", help: "Time from request to answer.", labels: labels)
            {
                [self] in Double(self[operation].nanoseconds) / 1e9
            }
        }
        registry.counter("firn_fuse_read_bytes_total", help: "Bytes read through the daemon.") {
            [self] in Double(copiedBytes.read)
        }
        registry.counter("firn_fuse_written_bytes_total", help: "Bytes written through the daemon.") {
            [self] in Double(copiedBytes.written)
        }
    }
}
