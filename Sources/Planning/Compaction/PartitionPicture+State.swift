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
                Run(run.files.map { File($0, in: partition, of: state) })
            })
        hiddenFileCount = found.setAside.count
        guard let now, let ageOff = AgeOff.setting(of: state, now: now).ageOff else { return }
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

    /// The picture of the files of a partition that a person asks for, with what decides whether they are compact.
    ///
    /// Each is shown as a run: it costs no look at the others.
    ///
    /// - Parameter now: epoch milliseconds.
    init(asked files: [FileView], of partition: PartitionID, in state: TableState, now: Int64) {
        let ageOff = AgeOff.setting(of: state, now: now).ageOff
        var reader = ageOff.map { AgeReader($0, in: state) }
        var cursor = FileRecordCursor()
        // Where others stay, what is asked for is not compact, whatever it is.
        let hiddenCount = state.files(in: partition).count - files.count
        self.init(
            partition: partition, kind: state.definition.kind, hasRowKey: !state.definition.rowKey.isEmpty,
            runs: files.map { file in
                var shown = File(file, in: partition, of: state)
                if hiddenCount == 0, let job = file.job {
                    shown.origin = File.Origin(
                        job: job, mayHoldDeletes: file.entry(&cursor).deletedRowCount != 0,
                        isShared: state.referenceCount(of: file.id) > 1)
                    shown.age = reader?.bounds(of: file)
                }
                return Run([shown])
            })
        hiddenFileCount = hiddenCount
        self.ageOff = ageOff
        if kind == .upsert, ageOff != nil, hiddenCount == 0 {
            holdsAllVersions = holdsAllVersions(in: state)
        }
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
    /// Of a file of several partitions what lies in this one counts.
    fileprivate init(_ file: FileView, in partition: PartitionID, of state: TableState) {
        self.init(
            id: file.id, bytes: state.bytes(of: file.id, in: partition),
            rows: state.reference(file, in: partition)?.rowCount ?? file.rowCount ?? 0,
            sequence: file.sequence, isBusy: state.holder(of: file.id, in: partition) != nil,
            keys: KeySpan(of: file))
        addedAt = file.addedAtTimestamp
        isMerged = !file.dataChange
    }
}

extension AgeOff.Setting {
    fileprivate var ageOff: AgeOff? { if case .on(let ageOff) = self { ageOff } else { nil } }
}

extension KeySpan {
    fileprivate init?(of file: FileView) {
        guard let range = file.keyRange else { return nil }
        self.init(min: range.min, max: range.max)
    }
}
