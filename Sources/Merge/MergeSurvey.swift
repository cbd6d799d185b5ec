import Metadata

/// What is found out about the inputs of a merge before it begins: how many rows they are to give, and where their
/// keys lie.
struct MergeSurvey {
    private let files: [(file: OpenDataFile, range: KeyRange)]
    /// Of each file, the rows in its range.
    private let rows: [Range<Int>]

    private static let samplesOfInput = 33

    init(_ files: [(file: OpenDataFile, range: KeyRange)]) throws {
        self.files = files
        rows = try files.map { file, range in try KeySearch(file).rows(in: range) }
    }

    var inputs: [MergeMonitor.Input] {
        zip(files, rows).map { file, rows in
            let share = Double(rows.count) / Double(max(file.file.rowCount, 1))
            return MergeMonitor.Input(
                rows: rows.count, sizeBytes: Int64(share * Double(file.file.entry.sizeBytes)))
        }
    }

    /// Keys of all inputs, a few of each.
    func samples() throws -> [MergeRanges.Sample] {
        try zip(files, rows).flatMap { file, rows in
            let known = try KeySearch(file.file).sample(Self.samplesOfInput, of: rows)
            let bytes = Double(file.file.entry.sizeBytes) / Double(max(file.file.rowCount, 1))
            return known.indices.map { index in
                let end = index + 1 < known.count ? known[index + 1].row : rows.upperBound
                return MergeRanges.Sample(
                    key: known[index].key, bytes: bytes * Double(end - known[index].row))
            }
        }
    }

    /// Rows in = rows out + rows dropped, and rows in = rows of the inputs, each counted on its own: at the files,
    /// at the readers, in the merge and at the writers. Else the outputs are not given out.
    func check(_ result: MergeResult, _ finished: [JobPart], _ monitor: MergeMonitor) throws(MergeError) {
        guard result.rowsIn == result.rowsOut + result.rowsDropped else {
            throw MergeError(
                .accounting,
                "\(result.rowsIn) rows came in, \(result.rowsOut) went out and \(result.rowsDropped) were dropped"
            )
        }
        var read = finished.reduce(into: [:]) { sums, part in sums.merge(part.rowsInByFile) { $0 + $1 } }
        var stated: [FileID: Int64] = [:]
        for (index, entered) in monitor.enteredCounts.enumerated() {
            let file = files[index].file.entry.id
            read[file, default: 0] += Int64(entered)
            stated[file, default: 0] += Int64(rows[index].count)
        }
        for (file, stated) in stated {
            let counted = result.rowsInByFile[file] ?? 0
            guard counted == read[file], counted == stated else {
                throw MergeError(
                    .accounting,
                    "an input has \(stated) rows, \(read[file] ?? 0) were read and \(counted) merged",
                    path: files.first { $0.file.entry.id == file }?.file.entry.path)
            }
        }
    }
}
