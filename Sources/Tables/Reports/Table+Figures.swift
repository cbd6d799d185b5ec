import Bytes
import Metadata
import Planning
import Telemetry

/// The shape of a table as numbers, for `status` and `metrics`.
extension Table {
    /// Runs are counted file by file: of more partitions than these `status` and `metrics` do not tell them. Reports,
    /// which are asked for, do.
    static let mostMeasuredPartitions = 10_000

    /// The shape of a state, remembered for the newest that was asked for.
    func figures(of state: TableState) -> TableFigures {
        history.figures(of: state) { TableFigures(state) }
    }

    /// nil where it would take too long for something that is asked for all the time.
    private func cheapFigures(of state: TableState) -> TableFigures? {
        state.occupiedPartitions().count <= Self.mostMeasuredPartitions ? figures(of: state) : nil
    }

    func addPartitions(_ state: TableState, to report: inout StatusReport) {
        report.add("partitions", state.occupiedPartitions().count)
        guard let figures = cheapFigures(of: state) else { return }
        report.add("leaves", figures.leaves)
        report.add("references", figures.references)
        report.add("rowsEstimated", figures.rowsEstimated)
        report.add("halfLiveFiles", figures.halfLiveFiles)
        report.add("runsAtMost", figures.mostRuns)
        report.add("debtBytes", bytes: figures.debtBytes)
    }

    func addFigures(of state: TableState, to registry: MetricsRegistry) {
        func gauge(_ name: String, _ help: String, _ value: Double) {
            registry.gauge("firn_table_" + name, help: help).set(value)
        }
        for (status, name) in [
            (Job.Status.waiting, "waiting"), (.running, "running"), (.setAside, "set aside"),
        ] {
            var count = 0
            state.jobs.forEach { _, job in count += job.status == status ? 1 : 0 }
            registry.gauge(
                "firn_table_jobs_by_state", help: "Compaction jobs in the log, by what becomes of them.",
                labels: ["state": name]
            ).set(Double(count))
        }
        if let garbage = services.garbage {
            gauge(
                "garbage_pinned_bytes", "Garbage that a session has open or pinned, as of the last round.",
                Double(garbage.pinnedBytes))
            gauge(
                "garbage_held_bytes",
                "Garbage that a kept version, a session or gc.delayMinutes holds, as of the last round.",
                Double(garbage.heldBytes))
            gauge(
                "garbage_reclaimable_bytes", "Garbage that nothing holds, as of the last round.",
                Double(garbage.reclaimableBytes))
        }
        guard let figures = cheapFigures(of: state) else { return }
        gauge("leaves", "Leaf partitions.", Double(figures.leaves))
        gauge("inner_nodes", "Partitions that are split.", Double(figures.innerNodes))
        gauge("references", "References of partitions to files.", Double(figures.references))
        gauge("rows_known", "Live rows that were counted.", Double(figures.rowsKnown))
        gauge(
            "rows_estimated", "Live rows of references whose rows are estimated.",
            Double(figures.rowsEstimated))
        gauge("half_live_files", "Files of which only some rows are live.", Double(figures.halfLiveFiles))
        gauge("runs_most", "Most runs of a partition.", Double(figures.mostRuns))
        gauge("runs_mean", "Runs of a partition that has any, on average.", figures.meanRuns)
        gauge(
            "debt_bytes", "Bytes outside the largest run of each partition.", Double(figures.debtBytes))
        gauge(
            "space_amplification", "All bytes over those of the largest run of each partition.",
            figures.spaceAmplification)
        gauge(
            "read_amplification", "Runs that a key meets, on average over leaves.",
            figures.readAmplificationMean)
        gauge(
            "read_amplification_most", "Runs that a key meets at most.", Double(figures.readAmplificationMost)
        )
    }
}

/// What a round of garbage collection found.
struct GarbageFigures: Sendable {
    private(set) var pinnedBytes: Int64 = 0
    private(set) var heldBytes: Int64 = 0
    private(set) var reclaimableBytes: Int64 = 0

    init(_ plan: GarbagePlan) {
        for decision in plan.decisions {
            let bytes = decision.entry.sizeBytes
            if decision.reasons.isEmpty { reclaimableBytes += bytes } else { heldBytes += bytes }
            if decision.reasons.contains(where: \.isOfSession) { pinnedBytes += bytes }
        }
    }
}

extension GarbagePlan.Reason {
    fileprivate var isOfSession: Bool {
        switch self {
        case .pinned, .version(.pin): true
        default: false
        }
    }
}
