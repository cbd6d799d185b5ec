package import Metadata

/// All files that are free, oldest first, in batches of `batchSize`, of at least two.
///
/// Files of half the target size or more have been merged enough: taking them again would never end.
package struct Basic: CompactionStrategy {
    package var batchSize: Int
    package var targetFileSize: Int64

    package var name: String { "basic" }

    package init(batchSize: Int = 12, targetFileSize: Int64) {
        self.batchSize = batchSize
        self.targetFileSize = targetFileSize
    }

    package init(_ properties: TableProperties) {
        self.init(
            batchSize: properties.compactionBatchSize, targetFileSize: properties.compactionTargetFileSize)
    }

    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        let files = picture.runs.flatMap(\.files)
            .filter { !$0.isBusy && $0.bytes < targetFileSize / 2 }
            .sorted { ($0.sequence, $0.id) < ($1.sequence, $1.id) }
        return stride(from: 0, to: files.count, by: batchSize).compactMap { start in
            let batch = Array(files[start...].prefix(batchSize))
            guard batch.count > 1 else { return nil }
            return job(picture, files: batch, "the \(batch.count) oldest of \(files.count) files")
        }
    }
}

/// What a person asked for: one job of the chosen files, or of all of the partition, as far as they are free.
package struct Everything: CompactionStrategy {
    /// nil chooses all.
    package var chosen: Set<FileID>?

    package var name: String { "requested" }

    package init(chosen: Set<FileID>? = nil) { self.chosen = chosen }

    /// A single file is only worth a job where that may drop rows.
    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        let files = picture.runs.flatMap(\.files).filter { file in
            !file.isBusy && (chosen?.contains(file.id) ?? true)
        }
        guard files.count > 1 || (files.count == 1 && picture.kind == .upsert) else { return [] }
        return [job(picture, files: files, "requested: \(files.count) files")]
    }
}
