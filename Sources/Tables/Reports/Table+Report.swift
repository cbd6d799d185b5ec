import Bytes
import JSON
import Metadata
import Planning

/// What can be reported of a table.
package enum ReportKind: String, CaseIterable, Sendable {
    case files, partitions, jobs
}

extension Table {
    /// Writes reports of one state, each as it would be by itself; as JSON they are members of one object.
    ///
    /// - Precondition: CSV is of one kind.
    package func writeReports(_ kinds: [ReportKind], _ form: ReportForm, _ emit: ([UInt8]) -> Void) {
        precondition(form != .csv || kinds.count == 1, "one table of CSV has one kind of rows")
        let state = state
        guard form == .json, kinds.count > 1 else {
            for (index, kind) in kinds.enumerated() {
                if kinds.count > 1 {
                    emit(Array("\(index > 0 ? "\n" : "")\(kind.rawValue)\n\n".utf8))
                }
                write(kind, of: state, form, emit)
            }
            return
        }
        var writer = JSONWriter(.compact)
        writer.beginObject()
        for kind in kinds {
            writer.key(kind.rawValue)
            switch kind {
            case .files:
                FileListing(FileReport(state)).write(to: &writer) { writer in
                    emit(writer.bytes)
                    writer.bytes.removeAll(keepingCapacity: true)
                }
            case .partitions:
                let listing = partitionListing(of: state)
                listing.write(listing.table(), to: &writer)
            case .jobs: JobListing(jobViews(), in: state).write(to: &writer)
            }
        }
        writer.endObject()
        emit(writer.bytes + [UInt8(ascii: "\n")])
    }

    private func write(
        _ kind: ReportKind, of state: TableState, _ form: ReportForm, _ emit: ([UInt8]) -> Void
    ) {
        switch kind {
        case .files: FileListing(FileReport(state)).write(form, emit)
        case .partitions: emit(partitionListing(of: state).bytes(form))
        case .jobs: emit(JobListing(jobViews(), in: state).bytes(form))
        }
    }
}
