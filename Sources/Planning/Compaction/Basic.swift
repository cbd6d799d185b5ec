package import Metadata

/// Sleeper's basic strategy: all free files, those of few rows first, in full batches; fewer than a batch wait.
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
        let files = picture.files
            .filter { !$0.isBusy && $0.bytes < targetFileSize / 2 }
            .sorted { ($0.rows, $0.sequence, $0.id) < ($1.rows, $1.sequence, $1.id) }
        return stride(from: 0, through: files.count - batchSize, by: batchSize).map { start in
            var job = job(
                picture, files: Array(files[start..<(start + batchSize)]),
                "\(batchSize) of \(files.count) small files")
            job.score = Double(files.count) / Double(batchSize)
            return job
        }
    }
}
