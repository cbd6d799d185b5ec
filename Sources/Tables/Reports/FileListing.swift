import Bytes
import JSON
import Metadata
package import Planning

/// The files of a table and their references as text, JSON and CSV; of any size, so it is told in pieces.
package struct FileListing: Sendable {
    let report: FileReport
    let paths: PartitionPathText

    package init(_ report: FileReport) {
        self.report = report
        paths = PartitionPathText(report.state)
    }

    static let pieceBytes = 1 << 16

    /// - Parameter emit: gets the report, piece by piece.
    package func write(_ form: ReportForm, _ emit: ([UInt8]) -> Void) {
        switch form {
        case .text: writeText(emit)
        case .csv: writeCSV(emit)
        case .json:
            var writer = JSONWriter(.compact)
            write(to: &writer) { writer in
                emit(writer.bytes)
                writer.bytes.removeAll(keepingCapacity: true)
            }
            emit(writer.bytes + [UInt8(ascii: "\n")])
        }
    }

    // MARK: Text

    private func writeText(_ emit: ([UInt8]) -> Void) {
        var writer = ByteWriter()
        writer.append(text: summary)
        forEachFile { file, references in
            writer.append(file.path)
            writer.append(text: "  \(ByteCountText.text(file.sizeBytes))")
            writer.append(text: file.rowCount.map { "  \(RowCountText.text($0))" } ?? "  rows unknown")
            if !report.state.isWhole(file) { writer.append(text: "  live in part") }
            writer.append(text: "\n")
            for reference in references { append(reference, to: &writer) }
            if writer.count >= Self.pieceBytes {
                emit(writer.bytes)
                writer.removeAll()
            }
        }
        for garbage in report.garbage {
            writer.append(garbage.entry.path)
            writer.append(text: "  \(ByteCountText.text(garbage.entry.sizeBytes))  without references since ")
            writer.append(text: TimestampText.iso(milliseconds: garbage.entry.removedAtTimestamp))
            writer.append(text: ": \(garbage.reason)\n")
        }
        emit(writer.bytes)
    }

    private func append(_ reference: FileReference, to writer: inout ByteWriter) {
        let path = paths.path(of: reference.partition)
        let rows = RowCountText.text(
            known: reference.isEstimated ? 0 : reference.rowCount,
            estimated: reference.isEstimated ? reference.rowCount : 0)
        writer.append(text: "    ")
        writer.append(path.isEmpty ? "-" : path)
        writer.append(text: "  \(rows)")
        if !report.state.partitions.contains(reference.partition) {
            writer.append(text: "  the partition does not exist")
        }
        if let job = report.state.job(holding: reference.file, in: reference.partition) {
            writer.append(text: "  in job \(job.id)")
        }
        writer.append(text: "\n")
    }

    var summary: String {
        let garbage = report.garbage
        let bytes = garbage.reduce(Int64(0)) { $0 + $1.entry.sizeBytes }
        var lines = [
            "version:             \(report.state.version)",
            "files:               \(report.fileCount) (\(ByteCountText.text(report.bytes)))",
            "references:          \(report.referenceCount)",
            "half-live files:     \(report.halfLiveFiles)",
            "without references:  \(garbage.count) (\(ByteCountText.text(bytes)))",
            "rows:                \(text(report.rows))", "  in leaves:         \(text(report.rowsInLeaves))",
            "  in inner nodes:    \(text(report.rowsInInnerNodes))",
        ]
        if let percent = report.percentInLeaves {
            lines.append("percent in leaves:   \(FixedText.text(percent, digits: 1))%")
        }
        if report.filesOfUnknownRows > 0 {
            lines.append("files of unknown rows: \(report.filesOfUnknownRows), in none of these sums")
        }
        if report.lostReferences > 0 {
            lines.append("references in partitions that do not exist: \(report.lostReferences)")
        }
        for (name, spread) in spreads {
            lines.append(
                "references per \(name): \(spread.count) of them, min \(spread.min), mean "
                    + "\(FixedText.text(spread.mean, digits: 2)), median \(spread.median), p90 \(spread.p90), "
                    + "p99 \(spread.p99), max \(spread.max), total \(spread.total)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func text(_ rows: FileReport.Rows) -> String {
        RowCountText.text(known: rows.known, estimated: rows.estimated)
    }

    var spreads: [(name: String, spread: Distribution)] {
        [
            ("file", report.referencesPerFile), ("leaf", report.referencesPerLeaf),
            ("inner node", report.referencesPerInnerNode),
        ]
    }

    // MARK: CSV

    /// A line a reference.
    private func writeCSV(_ emit: ([UInt8]) -> Void) {
        let columns: [ReportTable.Column] = [
            .init("path", nil), .init("bytes", nil, .number), .init("fileRows", nil, .number),
            .init("partition", nil),
            .init("rows", nil, .number), .init("rowsEstimated", nil), .init("job", nil),
            .init("version", nil, .number),
            .init("removed", nil), .init("reason", nil),
        ]
        var table = ReportTable(columns)
        var isFirst = true
        func flush() {
            emit(isFirst ? table.csv : table.csvRows)
            isFirst = false
            table = ReportTable(columns)
        }
        forEachFile { file, references in
            for reference in references {
                let job = report.state.job(holding: file.id, in: reference.partition)
                table.append([
                    .text(file.path), .bytes(file.sizeBytes), file.rowCount.map { .integer($0) } ?? .none,
                    .text(paths.path(of: reference.partition)), .integer(reference.rowCount),
                    .flag(reference.isEstimated), job.map { .text(ByteString($0.id.description)) } ?? .none,
                    .integer(file.addedAtVersion.rawValue), .none, .none,
                ])
            }
            if table.rows.count >= 1_000 { flush() }
        }
        for garbage in report.garbage {
            table.append([
                .text(garbage.entry.path), .bytes(garbage.entry.sizeBytes), .none, .none, .none, .none,
                .none, .integer(garbage.entry.addedAtVersion.rawValue),
                .time(garbage.entry.removedAtTimestamp),
                .text(ByteString(garbage.reason)),
            ])
        }
        flush()
    }

    func forEachFile(_ body: (FileView, [FileReference]) -> Void) {
        report.state.files.forEach { body($0, report.state.references(of: $0)) }
    }
}
