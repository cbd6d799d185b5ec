package import Bytes
import JSON

extension FileView {
    /// What the entry tells of one column of its file.
    package struct ColumnStatistics: Hashable, Sendable {
        /// Bounds as text; nil where there is none.
        package var min: ByteString?
        package var max: ByteString?
        /// nil where it is not known.
        package var nullCount: Int64?

        package init(min: ByteString? = nil, max: ByteString? = nil, nullCount: Int64? = nil) {
            self.min = min
            self.max = max
            self.nullCount = nullCount
        }
    }

    /// What the entry tells of each of these columns.
    ///
    /// - Parameter cursor: one for many files, see ``forEachDetail(_:_:)``.
    package func statistics(of columns: [ByteString], _ cursor: inout FileRecordCursor) -> [ColumnStatistics]
    {
        var result = [ColumnStatistics](repeating: ColumnStatistics(), count: columns.count)
        forEachDetail(&cursor) { field in
            switch field.tag {
            case .minValue, .maxValue:
                let place = columns.firstIndex { column in
                    column.withUnsafeBytes { compareBytes($0, field.column) == 0 }
                }
                guard let place else { break }
                let text = ByteString(Array(field.bytes))
                if field.tag == .minValue { result[place].min = text } else { result[place].max = text }
            case .stats:
                // `{"numRecords":3,"nullCount":{"a":0,"b":1}}`
                guard let counts = try? JSONValue.parse(Array(field.bytes))["nullCount"] else { break }
                for (index, column) in columns.enumerated() {
                    result[index].nullCount = counts[column]?.int64Value
                }
            default: break
            }
            return true
        }
        return result
    }
}
