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

    /// The bounds of each column as canonical text of its type; a column of nulls has none.
    ///
    /// Strings are cut between two characters, and a cut maximum is raised to the next text above all that begin
    /// so. A bound that is not known, that cannot be raised or that is no UTF-8 is left out: any value may then
    /// lie there. NaN sorts behind every number, so a column that may hold one ends at NaN.
    func bounds(
        _ statistics: [ColumnStatistics]
    ) -> (min: [FileEntry.ColumnText], max: [FileEntry.ColumnText]) {
        var min: [FileEntry.ColumnText] = []
        var max: [FileEntry.ColumnText] = []
        let notANumber: ByteString = "NaN"
        for (index, column) in columns.enumerated() where !SystemColumn.isReserved(column.name) {
            let known = statistics[index]
            let low = known.minimum?.lowerBound(longest: RowFacts.boundBytes, as: column.type).0
            let high = known.maximum?.upperBound(longest: RowFacts.boundBytes, as: column.type)?.0
            let hasOnlyNaN = hasNaN[index] && known.minimum == nil && !known.lacksMinimum
            if let text = hasOnlyNaN ? notANumber : text(low, column) {
                min.append(FileEntry.ColumnText(column: column.name, text: text))
            }
            if let text = hasNaN[index] ? notANumber : text(high, column) {
                max.append(FileEntry.ColumnText(column: column.name, text: text))
            }
        }
        return (min, max)
    }

    private func text(_ value: StatisticValue?, _ column: TableSchema.Column) -> ByteString? {
        guard let value, let text = ValueText.text(of: value.vector(column.type), row: 0, type: column.type)
        else { return nil }
        return text.isUTF8 ? text : nil
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
