/// What a finished file holds.
package struct ParquetSummary: Sendable {
    package var rowCount: Int
    /// Where the Thrift structure of the footer begins.
    package var footerStart: Int
    /// The size of the file.
    package var footerEnd: Int
    /// Bytes of all pages before compression.
    package var uncompressedBytes: Int
    /// Bounds and null counts of each column over the whole file, uncut.
    package var columnStatistics: [ColumnStatistics]
}
