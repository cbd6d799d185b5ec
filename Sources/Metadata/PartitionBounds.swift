package import Bytes

/// The least and the greatest value that a partition column has in some files, by the column's type, as text.
package struct PartitionBounds: Hashable, Sendable {
    package var column: ByteString
    /// nil where every value is null.
    package var min: ByteString?
    package var max: ByteString?
    /// nil where it is not known.
    package var hasNull: Bool?

    package init(column: ByteString, min: ByteString?, max: ByteString?, hasNull: Bool?) {
        self.column = column
        self.min = min
        self.max = max
        self.hasNull = hasNull
    }
}
