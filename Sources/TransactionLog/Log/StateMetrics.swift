import Metadata
package import Telemetry

/// What reading and writing the states of one table took, as metrics. Each gauge tells of the last time.
package final class StateMetrics: Sendable {
    package let registry: MetricsRegistry
    private let readDuration: Gauge
    private let readManifests: Gauge
    private let readFiles: Gauge
    private let reads: Counter
    private let writeDuration: Gauge
    private let writeCompacted: Gauge
    private let writes: Counter
    private let compactions: Counter

    init(table: String) {
        registry = MetricsRegistry(labels: ["table": table])
        readDuration = registry.gauge(
            "firn_state_read_duration_ms",
            help: "Milliseconds that the last reading of the table's state took, versions after it included.")
        readManifests = registry.gauge(
            "firn_state_read_manifest_count", help: "Manifests that were read then, of all kinds.")
        readFiles = registry.gauge(
            "firn_state_read_file_count",
            help: "File entries that were read then, those of removed files included.")
        reads = registry.counter("firn_state_reads_total", help: "How often the state was read from storage.")
        writeDuration = registry.gauge(
            "firn_state_write_duration_ms", help: "Milliseconds that the last writing of a state took.")
        writeCompacted = registry.gauge(
            "firn_state_write_compacted", help: "1 where it wrote manifests anew, 0 where it only added some."
        )
        writes = registry.counter("firn_state_writes_total", help: "States written by this process.")
        compactions = registry.counter(
            "firn_state_compactions_total", help: "Of these, those that wrote manifests anew.")
    }

    func recordRead(_ replayed: Replayed, nanoseconds: UInt64) {
        readDuration.set(Self.milliseconds(nanoseconds))
        readManifests.set(Double(replayed.base.map { StateSummary($0).manifestCount } ?? 0))
        readFiles.set(Double(replayed.base?.files.entryCount ?? replayed.state.fileCount))
        reads.increment()
    }

    /// - Parameter base: the state that was built on.
    func recordWrite(_ manifest: StateManifest, base: StateManifest?, nanoseconds: UInt64) {
        let isCompacted = !Set(base?.manifestPaths ?? []).isSubset(of: manifest.manifestPaths)
        writeDuration.set(Self.milliseconds(nanoseconds))
        writeCompacted.set(isCompacted ? 1 : 0)
        writes.increment()
        if isCompacted { compactions.increment() }
    }

    private static func milliseconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e6 }
}
