import Bytes
import Compaction
import Metadata
import Platform
import Records
import Storage
import Synchronization
import TransactionLog

/// The description of a table now.
extension Table {
    /// What `status` shows. Reads the store's free space and nothing else from storage.
    package func statusReport() -> StatusReport {
        let state = state
        var report = StatusReport()
        report.add("table", name.display)
        report.add("kind", state.definition.kind.rawValue)
        report.add("format", state.definition.provider.display)
        report.add("protocolVersion", state.tableProtocol.minReaderVersion)
        report.add("version", state.version.rawValue)
        report.add("committed", time: state.timestamp)
        report.add("schema", schemaSummary(state))
        report.add("files", state.fileCount)
        report.add("bytes", bytes: state.totalBytes)
        report.add("rows", state.totalRows)
        addPartitions(state, to: &report)
        addStoredState(to: &report)
        addUnknown(state, to: &report)
        addJobs(state, to: &report)
        report.add("garbageFiles", state.garbage.count)
        report.add("garbageBytes", bytes: state.garbage.totalBytes)
        addHolders(state, to: &report)
        report.add("refusals", Int64(clamping: refusals.total))
        if let space = try? storage.space() {
            report.add("freeBytes", bytes: Int64(clamping: space.availableBytes))
        }
        report.add("reserve", SpaceReserve(storage: storage).isFilled ? "held" : "given up: the disk is full")
        for line in services.extraStatus() { report.add(line.name, line.text) }
        return report
    }

    private func schemaSummary(_ state: TableState) -> String {
        guard let schema = state.definition.schema else { return "none yet: the first file decides" }
        let undecided = schema.columns.filter { $0.type == .undecided }.count
        var text = "\(schema.columns.count) columns"
        if !schema.rowKey.isEmpty { text += ", key " + Self.names(schema.rowKey) }
        if !schema.partitionColumns.isEmpty {
            text += ", partitioned by " + Self.names(schema.partitionColumns)
        }
        if undecided > 0 { text += ", \(undecided) undecided" }
        return text
    }

    private static func names(_ names: [ByteString]) -> String {
        names.map(\.display).joined(separator: ",")
    }

    private func addPartitions(_ state: TableState, to report: inout StatusReport) {
        let partitions = state.occupiedPartitions()
        report.add("partitions", partitions.count)
        // Runs are counted file by file; a table of very many partitions shows them where they are asked for.
        guard partitions.count <= 10_000 else { return }
        var mostRuns = 0
        var debt: Int64 = 0
        for partition in partitions {
            let runs = state.runs(in: partition)
            mostRuns = max(mostRuns, runs.runs.count)
            debt += runs.debtBytes
        }
        report.add("runsAtMost", mostRuns)
        report.add("debtBytes", bytes: debt)
    }

    private func addStoredState(to report: inout StatusReport) {
        guard let manifest = log.baseManifest else {
            let checkpoint = log.baseCheckpoint
            report.add(
                "state",
                checkpoint.map { "a JSON checkpoint of version \($0)" }
                    ?? "none yet: the version files are the state")
            return
        }
        let summary = StateSummary(manifest)
        report.add("stateVersion", summary.version.rawValue)
        report.add("manifests", summary.manifestCount)
        report.add("tombstones", summary.tombstoneCount)
        report.add(
            "tombstoneRatio", ratio: Double(summary.tombstoneCount) / Double(max(1, summary.fileCount)))
        report.add("versionsSinceState", log.unwritten.versionCount)
    }

    private func addJobs(_ state: TableState, to report: inout StatusReport) {
        let jobs = state.jobs.values
        report.add("jobsWaiting", jobs.filter { $0.status == .waiting }.count)
        report.add("jobsRunning", jobs.filter { $0.status == .running }.count)
        report.add("jobsSetAside", jobs.filter { $0.status == .setAside }.count)
        let isOff = !state.properties.compactionEnabled
        report.add("compaction", isOff ? "disabled" : compactor.isPaused ? "paused" : "running")
        let obstacles = compactor.obstacles.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
        if !obstacles.isEmpty { report.add("obstacles", list: obstacles) }
    }

    private func addHolders(_ state: TableState, to report: inout StatusReport) {
        let tags = state.tags.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        report.add("tags", list: tags)
        let pins = pinnedVersions.map { pin in
            "version \(pin.version) until \(TimestampText.iso(milliseconds: pin.untilMilliseconds))"
        }
        report.add("pins", list: pins)
    }
}
