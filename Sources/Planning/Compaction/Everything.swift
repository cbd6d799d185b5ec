package import Metadata

/// What a person asked for: one job of the chosen files, or of all of the partition, as far as they are free.
package struct Everything: CompactionStrategy {
    /// nil chooses all.
    package var chosen: Set<FileID>?

    package var name: String { "requested" }

    package init(chosen: Set<FileID>? = nil) { self.chosen = chosen }

    /// A single file is only worth a job where that may drop rows.
    package func plan(_ picture: PartitionPicture) -> [PlannedJob] {
        let files = picture.files.filter { file in
            !file.isBusy && (chosen?.contains(file.id) ?? true)
        }
        let mayDropRows =
            picture.kind == .upsert || files.contains { picture.ageOff?.reaches($0.age) ?? false }
        guard files.count > 1 || (files.count == 1 && mayDropRows) else { return [] }
        return [job(picture, files: files, "requested: \(filesText(files.count))")]
    }
}
