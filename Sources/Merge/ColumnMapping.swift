import Bytes
import Parquet
import Records

/// How the columns of a file become the columns that are wanted: by name, absent ones as nulls, values
/// converted where the table's type is not the file's (the table's may have widened since).
struct ColumnMapping {
    private enum Origin {
        /// The file's column at that place among ``fileColumns``.
        case same(Int)
        case converted(Int, from: ColumnType)
        case absent
    }

    /// Positions in the file of the columns to read.
    let fileColumns: [Int]
    private let wanted: [TableSchema.Column]
    private let origins: [Origin]
    private let path: ByteString

    /// - Parameter path: the file, for errors.
    init(
        of file: [TableSchema.Column], to wanted: [TableSchema.Column], path: ByteString
    ) throws(MergeError) {
        var fileColumns: [Int] = []
        var origins: [Origin] = []
        for column in wanted {
            guard let index = file.firstIndex(where: { $0.name == column.name }),
                file[index].type != .undecided
            else {
                origins.append(.absent)
                continue
            }
            let type = file[index].type
            guard ColumnConversion.isPossible(from: type, to: column.type) else {
                let error = ConversionError(from: type, to: column.type)
                throw MergeError(.schema, "column \"\(column.name.display)\": \(error)", path: path)
            }
            origins.append(
                type == column.type ? .same(fileColumns.count) : .converted(fileColumns.count, from: type))
            fileColumns.append(index)
        }
        self.fileColumns = fileColumns
        self.wanted = wanted
        self.origins = origins
        self.path = path
    }

    func map(_ batch: ColumnBatch) throws(MergeError) -> ColumnBatch {
        var columns: [ColumnVector] = []
        columns.reserveCapacity(wanted.count)
        for (column, origin) in zip(wanted, origins) {
            switch origin {
            case .same(let index): columns.append(batch.columns[index])
            case .absent: columns.append(.nulls(type: column.type, count: batch.rowCount))
            case .converted(let index, let type):
                do throws(ConversionError) {
                    columns.append(
                        try ColumnConversion.convert(batch.columns[index], from: type, to: column.type))
                } catch {
                    throw MergeError(
                        .schema, "column \"\(column.name.display)\": \(error)", path: path,
                        underlying: error)
                }
            }
        }
        return ColumnBatch(schema: wanted, columns: columns, rowCount: batch.rowCount)
    }
}
