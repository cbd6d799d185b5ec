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
        let stored = log.storedState
        var report = StatusReport()
        report.add("table", name.display)
        report.add("kind", state.definition.kind.rawValue)
        report.add("provider", state.definition.provider.display)
        report.add("format", stored.format.rawValue)
        report.add("protocolVersion", state.tableProtocol.minReaderVersion)
        report.add("version", state.version.rawValue)
        report.add("committed", time: state.timestamp)
        report.add("schema", schemaSummary(state))
        report.add("numFiles", state.fileCount)
        report.add("totalBytes", bytes: state.totalBytes)
        report.add("rows", state.totalRows)
        addPartitions(state, to: &report)
        addStoredState(stored, to: &report)
        addUnknown(state, to: &report)
        addJobs(state, to: &report)
        addPressure(to: &report)
        report.add("garbageFiles", state.garbage.count)
        report.add("garbageBytes", bytes: state.garbage.totalBytes)
        addHolders(state, to: &report)
        report.add("refusals", Int64(clamping: refusals.total))
        if let space = try? storage.space() {
            report.add("freeBytes", bytes: Int64(clamping: space.availableBytes))
        }
        addReserve(to: &report)
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

    private func addStoredState(_ stored: StoredState, to report: inout StatusReport) {
        report.add("numManifests", stored.manifestCount)
        report.add("numTombstones", stored.tombstoneCount)
        report.add("tombstoneRatio", ratio: stored.tombstoneRatio)
        report.add(
            "createdAt", time: stored.createdAt, orElse: stored.format == .none ? "none yet" : "unknown")
        if let version = stored.version { report.add("stateVersion", version.rawValue) }
        report.add("setManifests", stored.setManifestCount)
        report.add("setTombstones", stored.setTombstoneCount)
        report.add("versionsSinceState", log.unwritten.versionCount)
    }

    private func addJobs(_ state: TableState, to report: inout StatusReport) {
        let jobs = state.jobs.values
        report.add("jobsWaiting", jobs.filter { $0.status == .waiting }.count)
        report.add("jobsRunning", jobs.filter { $0.status == .running }.count)
        report.add("jobsSetAside", jobs.filter { $0.status == .setAside }.count)
        let isOff = !state.properties.compactionEnabled
        report.add("compaction", isOff ? "disabled" : compactor.isPaused ? "paused" : "running")
        let paths = PartitionPathText(state)
        let obstacles = compactor.obstacles.sorted { $0.key < $1.key }.map { partition, obstacle in
            let path = paths.path(of: partition)
            return "\(path.isEmpty ? "all rows" : path.display): \(obstacle)"
        }
        if !obstacles.isEmpty { report.add("obstacles", list: obstacles) }
    }

    private func addPressure(to report: inout StatusReport) {
        let picture = backPressure.picture
        report.add("ingestRate", bytesPerSecond: picture.rate)
        report.add("stall", reason: picture.reason)
    }

    private func addReserve(to report: inout StatusReport) {
        let held = context.reserve.heldBytes
        report.add("reserve", held > 0 ? "held" : "not held: there was no room, or no mount to take it")
        report.add("reserveBytes", bytes: Int64(clamping: held))
    }

    private func addHolders(_ state: TableState, to report: inout StatusReport) {
        let tags = state.tags.sorted { $0.key < $1.key }.map { "\($0.key) = \($0.value)" }
        report.add("tags", list: tags)
        let properties = state.properties.overrides.sorted { $0.key < $1.key }
        report.add("properties", list: properties.map { "\($0.key.display) = \($0.value.display)" })
        let pins = pinnedVersions.map { pin in
            let end = pin.untilMilliseconds.map { "until \(TimestampText.iso(milliseconds: $0))" }
            return "version \(pin.version) \(end ?? "while a file of it is open")"
        }
        report.add("pins", list: pins)
    }
}
