package import Bytes

/// A range of keys whose merge a job has finished: its output files are durable, and a later attempt goes on
/// behind it.
package struct JobPart: Hashable, Sendable {
    /// The normalised keys from `minKey` up to, and without, `maxKey`; nil is unbounded.
    package var minKey: ByteString?
    package var maxKey: ByteString?
    /// In key order. None where nothing was left of the rows.
    package var outputs: [FileEntry]
    /// Rows of the job's inputs in the range.
    package var rowsIn: Int64
    /// Those of them that no output holds: superseded and deleted ones.
    package var rowsDropped: Int64
    /// `rowsIn` by the input that the rows came from.
    package var rowsInByFile: [FileID: Int64]

    package init(
        minKey: ByteString?, maxKey: ByteString?, outputs: [FileEntry] = [], rowsIn: Int64 = 0,
        rowsDropped: Int64 = 0, rowsInByFile: [FileID: Int64] = [:]
    ) {
        self.minKey = minKey
        self.maxKey = maxKey
        self.outputs = outputs
        self.rowsIn = rowsIn
        self.rowsDropped = rowsDropped
        self.rowsInByFile = rowsInByFile
    }

    /// Rows of the outputs.
    package var rowsOut: Int64 { outputs.reduce(0) { $0 + ($1.rowCount ?? 0) } }
}
