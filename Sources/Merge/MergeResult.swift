package import Metadata

/// What a merge has done.
package struct MergeResult: Sendable {
    /// The files written, in key order, durable and not yet committed.
    package var outputs: [FileEntry]
    /// Rows of the inputs, those outside the inputs' ranges left out.
    package var rowsIn: Int64
    /// `rowsIn` by file: so many rows of it are in the outputs or dropped.
    package var rowsInByFile: [FileID: Int64]
    package var rowsOut: Int64
    /// Rows superseded by a newer row of their key, and deleted ones.
    package var rowsDropped: Int64
    /// Of `rowsOut`, those in row groups passed through undecoded, in parts finished by this run.
    package var rowsPassedThrough: Int64
}

extension MergeResult {
    /// All parts together.
    init(_ parts: [JobPart], rowsPassedThrough: Int64) {
        outputs = parts.sorted { $0.range.isBelow($1.range) }.flatMap(\.outputs)
        rowsIn = parts.reduce(0) { $0 + $1.rowsIn }
        rowsInByFile = parts.reduce(into: [:]) { sums, part in
            sums.merge(part.rowsInByFile) { $0 + $1 }
        }
        rowsOut = parts.reduce(0) { $0 + $1.rowsOut }
        rowsDropped = parts.reduce(0) { $0 + $1.rowsDropped }
        self.rowsPassedThrough = rowsPassedThrough
    }
}

extension JobPart {
    var range: KeyRange { KeyRange(min: minKey, max: maxKey) }
}
