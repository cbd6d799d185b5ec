package import Bytes
package import Metadata

/// How data files are cut and laid out, and what their entries say of where they come from.
package struct DataFileOptions: Sendable {
    /// A file ends at the first change of key behind this size.
    package var targetFileSizeBytes: Int64
    /// A row group ends at these bytes of values; the writer holds one row group.
    package var rowGroupBytes: Int
    package var pageBytes: Int
    /// Row groups smaller than this are merged, not passed through, so that rewriting makes them larger.
    package var smallestPassedBytes: Int
    package var zstdLevel: Int?
    /// False for what only moves rows.
    package var dataChange: Bool
    package var mergeOperationCount: Int32?
    package var job: JobID?
    package var source: ByteString?

    package init(
        targetFileSizeBytes: Int64 = 256 << 20, rowGroupBytes: Int = 64 << 20, pageBytes: Int = 128 << 10,
        smallestPassedBytes: Int = 1 << 20, zstdLevel: Int? = 1, dataChange: Bool = true,
        mergeOperationCount: Int32? = nil, job: JobID? = nil, source: ByteString? = nil
    ) {
        self.targetFileSizeBytes = targetFileSizeBytes
        self.rowGroupBytes = rowGroupBytes
        self.pageBytes = pageBytes
        self.smallestPassedBytes = smallestPassedBytes
        self.zstdLevel = zstdLevel
        self.dataChange = dataChange
        self.mergeOperationCount = mergeOperationCount
        self.job = job
        self.source = source
    }
}
