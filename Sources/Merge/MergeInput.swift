package import Metadata
package import Parquet

/// One data file to merge, or the part of it in a range of keys.
package struct MergeInput: Sendable {
    package var entry: FileEntry
    /// Only rows with keys in it come in: a job is clipped to its partition.
    package var range: KeyRange

    package init(_ entry: FileEntry, range: KeyRange = .all) {
        self.entry = entry
        self.range = range
    }
}

/// Gives the bytes of a data file.
package typealias DataFileOpener = @Sendable (FileEntry) throws -> any ParquetSource
