package import Metadata

// Pictures of a table's partitions.
extension PartitionPicture {
    /// Files of jobs that were set aside are left out, as they are of the runs.
    ///
    /// - Parameter now: epoch milliseconds; nil leaves age out, and with it the cost of asking each file's record.
    package init(of partition: PartitionID, in state: TableState, now: Int64? = nil) {
        let found = state.runs(in: partition)
        self.init(
            partition: partition, kind: state.definition.kind, hasRowKey: found.hasRowKey,
            runs: found.runs.map { run in
                Run(
                    run.files.map { file in
                        var shown = File(
                            file, isBusy: state.holder(of: file.id, in: partition) != nil)
                        // Of a file of several partitions what lies in this one counts.
                        shown.bytes = state.bytes(of: file.id, in: partition)
                        shown.rows = state.reference(file, in: partition)?.rowCount ?? shown.rows
                        return shown
                    })
            })
        guard let now, case .on(let ageOff) = AgeOff.setting(of: state, now: now) else { return }
        self.ageOff = ageOff
        var reader = AgeReader(ageOff, in: state)
        for (place, run) in found.runs.enumerated() {
            for (index, file) in run.files.enumerated() {
                runs[place].files[index].age = reader.bounds(of: file)
                guard kind == .upsert else { continue }
                runs[place].files[index].sequences = reader.sequences(of: file)
            }
        }
        if kind == .upsert { holdsAllVersions = holdsAllVersions(in: state) }
    }

    /// Whether nothing else is referenced where rows of the partition may be: files above and below it, or of jobs
    /// that were set aside. The commit of a merge asks the same before delete markers go.
    private func holdsAllVersions(in state: TableState) -> Bool {
        let own = files
        return own.allSatisfy { state.referenceCount(of: $0.id) == 1 }
            && state.oldest(overlapping: partition, besides: Set(own.map(\.id))) == nil
    }
}

extension PartitionPicture.File {
    fileprivate init(_ file: FileView, isBusy: Bool) {
        self.init(
            id: file.id, bytes: file.sizeBytes, rows: file.rowCount ?? 0, sequence: file.sequence,
            isBusy: isBusy,
            keys: KeySpan(of: file))
        addedAt = file.addedAtTimestamp
        isMerged = !file.dataChange
    }
}

extension KeySpan {
    fileprivate init?(of file: FileView) {
        guard let range = file.keyRange else { return nil }
        self.init(min: range.min, max: range.max)
    }
}
