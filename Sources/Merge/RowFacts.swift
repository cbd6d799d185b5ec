import Bytes
import JSON
import Metadata
import Parquet
import Records

/// What an entry says of a file's rows and Parquet's statistics do not.
struct RowFacts {
    private let columns: [TableSchema.Column]
    /// For each column, whether one of its values may be NaN.
    private var hasNaN: [Bool]
    private(set) var deletedCount: Int64 = 0
    /// The least and the greatest sequence of the rows that have one.
    private(set) var sequences: ClosedRange<Int64>?

    /// Bounds of strings are cut to this many bytes.
    private static let boundBytes = 128

    init(_ columns: [TableSchema.Column]) {
        self.columns = columns
        hasNaN = Array(repeating: false, count: columns.count)
    }

    mutating func add(_ batch: ColumnBatch) {
        for (index, vector) in batch.columns.enumerated() {
            switch vector.values {
            case .float(let lane) where !hasNaN[index]: hasNaN[index] = lane.contains { $0.isNaN }
            case .double(let lane) where !hasNaN[index]: hasNaN[index] = lane.contains { $0.isNaN }
            case .int64(let lane) where columns[index].name == SystemColumn.sequence.name:
                addSequences(lane, vector.validity)
            case .boolean(let lane) where columns[index].name == SystemColumn.deleted.name:
                for row in 0..<lane.count where vector.validity.map({ $0[row] != 0 }) ?? true {
                    deletedCount += Int64(lane[row])
                }
            default: break
            }
        }
    }

    private mutating func addSequences(_ lane: [Int64], _ validity: [UInt8]?) {
        for row in 0..<lane.count where validity.map({ $0[row] != 0 }) ?? true {
            let value = lane[row]
            guard let range = sequences else {
                sequences = value...value
                continue
            }
            if value < range.lowerBound { sequences = value...range.upperBound }
            if value > range.upperBound { sequences = range.lowerBound...value }
        }
    }

    /// Rows of another file that are not looked at: what its entry does not rule out may be.
    mutating func add(copiedFrom entry: FileEntry) {
        for (index, column) in columns.enumerated() where !hasNaN[index] {
            guard column.type == .float || column.type == .double else { continue }
            let text = entry.maxValues?.first { $0.column == column.name }?.text
            hasNaN[index] = text == nil || text == "NaN"
        }
    }

    /// The bounds of each column as text; a column of nulls has none.
    ///
    /// NaN sorts behind every number, so a column that may hold one ends at NaN.
    func bounds(
        _ statistics: [ColumnStatistics]
    ) -> (min: [FileEntry.ColumnText], max: [FileEntry.ColumnText]) {
        var min: [FileEntry.ColumnText] = []
        var max: [FileEntry.ColumnText] = []
        for (index, column) in columns.enumerated() where !SystemColumn.isReserved(column.name) {
            let known = statistics[index]
            if let value = known.minimum {
                let bound = value.lowerBound(longest: RowFacts.boundBytes, as: column.type).0
                append(bound, column, to: &min)
            } else if hasNaN[index] {
                min.append(FileEntry.ColumnText(column: column.name, text: "NaN"))
            }
            if hasNaN[index] {
                max.append(FileEntry.ColumnText(column: column.name, text: "NaN"))
            } else if let value = known.maximum {
                let bound = value.upperBound(longest: RowFacts.boundBytes, as: column.type).0
                append(bound, column, to: &max)
            }
        }
        return (min, max)
    }

    private func append(
        _ value: StatisticValue, _ column: TableSchema.Column, to texts: inout [FileEntry.ColumnText]
    ) {
        if let text = ValueText.text(of: value.vector(column.type), row: 0, type: column.type) {
            texts.append(FileEntry.ColumnText(column: column.name, text: text))
        }
    }
}

extension RowFacts {
    /// `{"numRecords":3,"nullCount":{"a":0,"b":1}}`
    static func statisticsJSON(
        _ columns: [TableSchema.Column], _ statistics: [ColumnStatistics], rowCount: Int
    ) -> ByteString {
        var json = JSONWriter()
        json.beginObject()
        json.key("numRecords")
        json.value(Int64(rowCount))
        json.key("nullCount")
        json.beginObject()
        for (column, known) in zip(columns, statistics) {
            guard let count = known.nullCount, !SystemColumn.isReserved(column.name) else { continue }
            json.key(column.name)
            json.value(Int64(count))
        }
        json.endObject()
        json.endObject()
        return ByteString(json.bytes)
    }
}
