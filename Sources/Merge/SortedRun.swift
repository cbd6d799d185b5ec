package import Records

/// The rows of an ``ExternalSorter`` in key order, batch by batch. Scratch space is given back with it.
package final class SortedRun {
    package let rowCount: Int
    private let step: () throws -> ColumnBatch?

    init(rowCount: Int, step: @escaping () throws -> ColumnBatch?) {
        self.rowCount = rowCount
        self.step = step
    }

    /// The next rows; nil at the end.
    package func next() throws -> ColumnBatch? { try step() }
}
