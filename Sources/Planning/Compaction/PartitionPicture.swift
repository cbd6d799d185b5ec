package import Bytes
package import Metadata

/// What a strategy may know of a partition: its runs, oldest first, and which files have a job already.
package struct PartitionPicture: Hashable, Sendable {
    package struct File: Hashable, Sendable {
        package var id: FileID
        package var bytes: Int64
        /// 0 where unknown.
        package var rows: Int64
        package var sequence: Int64
        /// Held by a job: not to be planned again.
        package var isBusy: Bool
        /// Where its keys lie; nil where that is not known, or there is no key: it may overlap every file.
        package var keys: KeySpan?
        /// When it came, epoch milliseconds; 0 where unknown.
        package var addedAt: Int64 = 0
        /// Between which sequences its rows lie.
        package var sequences: ClosedRange<Int64>
        /// What is known of the column that rows age by; nil where none do.
        package var age: AgeBounds?
        /// Whether a merge wrote it.
        package var isMerged = false
        /// Of a file that a job wrote what decides whether it is compact; nil where nobody asks.
        package var origin: Origin?

        /// Where a file comes from.
        package struct Origin: Hashable, Sendable {
            package var job: JobID
            package var mayHoldDeletes: Bool
            /// Other partitions reference it too.
            package var isShared: Bool

            package init(job: JobID, mayHoldDeletes: Bool = false, isShared: Bool = false) {
                self.job = job
                self.mayHoldDeletes = mayHoldDeletes
                self.isShared = isShared
            }
        }

        package init(
            id: FileID, bytes: Int64, rows: Int64, sequence: Int64, isBusy: Bool = false, keys: KeySpan? = nil
        ) {
            self.id = id
            self.bytes = bytes
            self.rows = rows
            self.sequence = sequence
            self.isBusy = isBusy
            self.keys = keys
            sequences = sequence...sequence
        }

        /// Whether a key may be in both.
        func mayShareKeys(with other: File) -> Bool {
            guard let keys, let others = other.keys else { return true }
            return keys.overlaps(others)
        }
    }

    /// Key-disjoint files, by first key.
    package struct Run: Hashable, Sendable {
        package var files: [File]
        package init(_ files: [File]) { self.files = files }

        package var bytes: Int64 { files.reduce(0) { $0 + $1.bytes } }
        package var rows: Int64 { files.reduce(0) { $0 + $1.rows } }
        package var isBusy: Bool { files.contains(where: \.isBusy) }
    }

    package var partition: PartitionID
    package var kind: TableKind
    package var hasRowKey: Bool
    package var runs: [Run]
    /// Files of the partition that are not shown: of jobs that were set aside, or not asked for.
    package var hiddenFileCount = 0
    /// From when on rows are too old to keep; nil where no age is set, or the time was not told.
    package var ageOff: AgeOff?
    /// Whether no file outside the picture may hold a row of one of its keys.
    package var holdsAllVersions = false

    package init(partition: PartitionID, kind: TableKind, hasRowKey: Bool, runs: [Run]) {
        self.partition = partition
        self.kind = kind
        self.hasRowKey = hasRowKey
        self.runs = runs
    }

    var files: [File] { runs.flatMap(\.files) }

    /// The same with some of its files.
    func filter(_ isKept: (File) -> Bool) -> PartitionPicture {
        var rest = self
        for index in rest.runs.indices { rest.runs[index].files.removeAll { !isKept($0) } }
        rest.runs.removeAll { $0.files.isEmpty }
        return rest
    }

    /// The same with more files that have a job.
    func withBusy(_ ids: Set<FileID>) -> PartitionPicture {
        var changed = self
        for run in changed.runs.indices {
            for file in changed.runs[run].files.indices where ids.contains(runs[run].files[file].id) {
                changed.runs[run].files[file].isBusy = true
            }
        }
        return changed
    }
}

/// The normalised keys between which a file's rows lie, both included.
package struct KeySpan: Hashable, Sendable {
    package var min: ByteString
    package var max: ByteString

    /// nil where the bounds contradict each other: then they say nothing.
    package init?(min: ByteString, max: ByteString) {
        if max < min { return nil }
        self.min = min
        self.max = max
    }

    func overlaps(_ other: KeySpan) -> Bool { !(max < other.min) && !(other.max < min) }
}
