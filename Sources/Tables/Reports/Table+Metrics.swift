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
        if let manifest = log.baseManifest {
            let summary = StateSummary(manifest)
            gauge("firn_state_version", "Version of the newest state.", Double(summary.version.rawValue))
            gauge("firn_state_manifests", "Manifests of the newest state.", Double(summary.manifestCount))
            gauge("firn_state_tombstones", "Tombstones of the newest state.", Double(summary.tombstoneCount))
        }
        return Array(MetricsRegistry.render([registry, services.metrics, context.options.metrics]).utf8)
    }
}
