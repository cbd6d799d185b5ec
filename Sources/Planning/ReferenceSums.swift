import Bytes
import Metadata

/// What is referenced in each partition, by one look at each reference.
struct ReferenceSums {
    struct Place {
        var files = 0
        var filesOnJobs = 0
        var rowsExact: Int64 = 0
        var rowsEstimated: Int64 = 0
        var filesOfUnknownRows = 0
        var bytes: Int64 = 0
        /// Only where there is a threshold.
        var references: [SplitPlan.Reference] = []
        /// The least and the greatest key; nil where a file does not tell.
        fileprivate var keys: (first: ByteString, last: ByteString)?
        fileprivate var areKeysKnown = true

        /// Whether all rows are known to have one key.
        var isOfOneKey: Bool { areKeysKnown && keys.map { $0.first == $0.last } ?? false }
    }

    private(set) var places: [PartitionID: Place] = [:]

    init(_ state: TableState) {
        let hasThreshold = SplitPlan(state.properties).hasThreshold
        state.files.forEach { file in
            let keys = hasThreshold ? file.keyRange : nil
            for reference in state.references(of: file) {
                let isOnJob = state.job(holding: file.id, in: reference.partition) != nil
                places[reference.partition, default: Place()].add(
                    reference, file, keys, isOnJob: isOnJob, keepsReference: hasThreshold)
            }
        }
    }
}

extension ReferenceSums.Place {
    /// What is referenced in one partition.
    init(of partition: PartitionID, in state: TableState) {
        for file in state.files(in: partition) {
            guard let reference = state.reference(file, in: partition) else { continue }
            let isOnJob = state.job(holding: file.id, in: partition) != nil
            add(reference, file, file.keyRange, isOnJob: isOnJob, keepsReference: true)
        }
    }

    fileprivate mutating func add(
        _ reference: FileReference, _ file: FileView, _ range: (min: ByteString, max: ByteString)?,
        isOnJob: Bool, keepsReference: Bool
    ) {
        let part = SplitPlan.Reference(
            rows: reference.rowCount, isEstimated: reference.isEstimated, fileRows: file.rowCount,
            fileBytes: file.sizeBytes)
        files += 1
        filesOnJobs += isOnJob ? 1 : 0
        bytes += part.bytes
        if file.rowCount == nil { filesOfUnknownRows += 1 }
        if reference.isEstimated {
            rowsEstimated += reference.rowCount
        } else {
            rowsExact += reference.rowCount
        }
        guard keepsReference else { return }
        references.append(part)
        guard let range else {
            areKeysKnown = false
            return
        }
        keys = keys.map { (min($0.first, range.min), max($0.last, range.max)) } ?? (range.min, range.max)
    }
}
