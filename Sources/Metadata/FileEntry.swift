package import Bytes

/// The values of a root partition's columns in path order; nil is null.
package struct PartitionTuple: Hashable, Sendable {
    package var values: [ByteString?]
    package init(_ values: [ByteString?]) { self.values = values }
}

/// Everything a state says of one data file. This is the form for a file about to be written and for one
/// looked at; a state holds its files as columns and makes one of these on demand.
package struct FileEntry: Hashable, Sendable {
    /// Relative to the table, `/`-separated.
    package var path: ByteString
    package var id: FileID
    package var partitionValues: PartitionTuple
    package var sizeBytes: Int64
    /// Epoch milliseconds.
    package var modificationTime: Int64
    /// False for what only moves rows (compaction).
    package var dataChange: Bool
    package var rowCount: Int64?
    /// Typed bounds as text, by column name; a truncated maximum is incremented.
    package var minValues: [ColumnText]?
    package var maxValues: [ColumnText]?
    /// JSON: null counts and the like.
    package var stats: ByteString?
    package var footerStartOffset: Int64?
    package var footerEndOffset: Int64?
    package var mergeOperationCount: Int32?
    /// The id of the schema the file was written with, a key of the schema registry.
    package var schemaID: ByteString?
    package var uncompressedSizeBytes: Int64?
    package var tags: [ByteString]?
    /// 0 until committed; 0 in a foreign table means unknown.
    package var addedAtVersion: Version
    package var addedAtTimestamp: Int64

    // Firn's own fields (ids from 200).
    /// The partition of the one implicit reference; nil is the root partition of `partitionValues`.
    package var partition: PartitionID?
    /// Normalised row keys of the first and last row.
    package var minKey: ByteString?
    package var maxKey: ByteString?
    /// Place among the files of its commit; with the version it makes the sequence of its rows.
    package var ordinal: Int32
    /// Range of the row sequences inside, where they are not the file's own (merged upsert files).
    package var minSequence: Int64?
    package var maxSequence: Int64?
    /// Rows that are delete markers.
    package var deletedRowCount: Int64
    /// The job that wrote it.
    package var job: JobID?
    /// The ingested file's name, percent-encoded.
    package var source: ByteString?

    /// A column's name and a value of it as text.
    package struct ColumnText: Hashable, Sendable {
        package var column: ByteString
        package var text: ByteString
        package init(column: ByteString, text: ByteString) {
            self.column = column
            self.text = text
        }
    }

    package init(
        path: ByteString, id: FileID, partitionValues: PartitionTuple, sizeBytes: Int64,
        modificationTime: Int64
    ) {
        self.path = path
        self.id = id
        self.partitionValues = partitionValues
        self.sizeBytes = sizeBytes
        self.modificationTime = modificationTime
        dataChange = true
        addedAtVersion = Version(0)
        addedAtTimestamp = 0
        ordinal = 0
        deletedRowCount = 0
    }

    /// The sequence of a row that has none of its own: later commits win, later files of a commit win.
    package var sequence: Int64 { addedAtVersion.rawValue << 20 | Int64(ordinal) }

    /// The file's name without its directories.
    package var name: ByteString {
        guard let slash = path.bytes.lastIndex(of: UInt8(ascii: "/")) else { return path }
        return ByteString(path.bytes[(slash + 1)...])
    }
}
