import Bytes
import Metadata
import Telemetry
import TransactionLog

/// The table as numbers for Prometheus: the file `metrics`.
extension Table {
    package func metricsText() -> [UInt8] {
        let state = state
        let registry = MetricsRegistry(labels: ["table": name.display])
        func gauge(_ name: String, _ help: String, _ value: Double) {
            registry.gauge(name, help: help).set(value)
        }
        gauge("firn_table_version", "Number of the newest commit.", Double(state.version.rawValue))
        gauge("firn_table_files", "Live data files.", Double(state.fileCount))
        gauge("firn_table_bytes", "Bytes of live data files.", Double(state.totalBytes))
        gauge("firn_table_rows", "Rows of live data files.", Double(state.totalRows))
        gauge(
            "firn_table_garbage_files", "Files that nothing references and that wait.",
            Double(state.garbage.count))
        gauge(
            "firn_table_garbage_bytes", "Bytes of files that wait for their deletion.",
            Double(state.garbage.totalBytes))
        gauge("firn_table_jobs", "Compaction jobs in the log.", Double(state.jobs.count))
        gauge("firn_table_refusals", "Requests refused since the daemon started.", Double(refusals.total))
        gauge(
            "firn_table_unwritten_versions", "Commits since the newest state.",
            Double(log.unwritten.versionCount))
        let stored = log.storedState
        if let version = stored.version {
            gauge("firn_state_version", "Version of the newest state.", Double(version.rawValue))
        }
        gauge(
            "firn_state_manifests", "Manifests of the newest state, of all kinds.",
            Double(stored.manifestCount + stored.setManifestCount))
        gauge(
            "firn_state_tombstone_count", "Files that the newest state's manifests list and that are gone.",
            Double(stored.tombstoneCount))
        gauge("firn_state_tombstone_ratio", "These over the live files.", stored.tombstoneRatio)
        addPressure(to: registry)
        addFigures(of: state, to: registry)
        let registries = [
            registry, log.stateMetrics.registry, writes.registry, services.metrics, context.options.metrics,
        ]
        return Array(MetricsRegistry.render(registries).utf8)
    }

    private func addPressure(to registry: MetricsRegistry) {
        let picture = backPressure.picture
        let totals = picture.totals
        registry.gauge(
            "firn_ingest_rate_limit_bytes", help: "Bytes a second that may come in; +Inf without a limit."
        ).set(picture.rate ?? .infinity)
        registry.gauge("firn_ingest_waiting_writes", help: "Writes whose answers wait.")
            .set(Double(picture.waitingWrites))
        registry.counter(
            "firn_ingest_delayed_writes_total", help: "Writes whose answers had to wait."
        ).increment(by: totals.writes)
        registry.counter("firn_ingest_delayed_bytes_total", help: "Bytes of these writes.")
            .increment(by: totals.bytes)
        registry.counter("firn_ingest_delay_seconds_total", help: "How long they have waited together.") {
            Double(totals.delayNanoseconds) / 1e9
        }
        registry.counter("firn_ingest_stalls_total", help: "How often writers began to be held up.")
            .increment(by: totals.stalls)
    }
}
