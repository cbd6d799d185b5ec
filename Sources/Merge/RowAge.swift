package import Bytes
import Metadata
import Records

/// From when on rows are too old to keep: those whose value of a column of dates or timestamps lies below a cutoff. A
/// null is no age.
package struct RowAge: Hashable, Sendable {
    package var column: ByteString
    /// In the column's own unit.
    package var cutoff: Int128

    package init(column: ByteString, cutoff: Int128) {
        self.column = column
        self.cutoff = cutoff
    }

    /// Tells the rows of a batch that are too old; nil where the batch has no such column.
    func test(of batch: ColumnBatch) -> ((Int) -> Bool)? {
        guard let index = batch.index(of: column) else { return nil }
        let vector = batch.columns[index]
        let validity = vector.validity
        let cutoff = cutoff
        switch vector.values {
        case .int32(let values):
            return { row in (validity.map { $0[row] != 0 } ?? true) && Int128(values[row]) < cutoff }
        case .int64(let values):
            return { row in (validity.map { $0[row] != 0 } ?? true) && Int128(values[row]) < cutoff }
        default: return nil
        }
    }

    /// Whether the file's entry proves that none of its rows is too old.
    func spares(_ entry: FileEntry, columns: [TableSchema.Column]) -> Bool {
        guard let type = columns.first(where: { $0.name == column })?.type,
            let text = entry.minValues?.first(where: { $0.column == column })?.text,
            case .integer(let least)? = ValueText.parse(text, type)
        else { return false }
        return least >= cutoff
    }
}
