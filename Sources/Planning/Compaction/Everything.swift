import Metadata

/// What a person asked for: one job of the files that the picture shows, as far as they are free.
///
/// What is compact already needs none: all files of the partition, of which one job wrote every byte, if a merge could
/// drop nothing of them. Everything else gets a job, a single file too: who asks may want it written anew.
package struct Everything: CompactionStrategy {
    package var name: String { "requested" }

    package init() {}

    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        let files = picture.files.filter { !$0.isBusy }
        guard !files.isEmpty, !isCompact(files, of: picture) else { return [] }
        return [job(picture, files: files, "requested: \(filesText(files.count))")]
    }

    private func isCompact(_ files: [PartitionPicture.File], of picture: PartitionPicture) -> Bool {
        guard files.count == picture.files.count + picture.hiddenFileCount, let writer = files[0].origin?.job
        else { return false }
        // Aged rows of an upsert table stay where delete markers do.
        let ageOff = picture.kind == .append || picture.holdsAllVersions ? picture.ageOff : nil
        return files.allSatisfy { file in
            guard let origin = file.origin, origin.job == writer else { return false }
            return !origin.isShared && !origin.mayHoldDeletes && !(ageOff?.reaches(file.age) ?? false)
        }
    }
}
