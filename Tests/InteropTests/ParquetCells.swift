import Bytes
import Parquet
import Records

/// The rows of batches as the text that `parquetPeerPrelude` describes.
func parquetRows(_ batches: [ColumnBatch]) -> [String] {
    var result: [String] = []
    for batch in batches {
        for row in 0..<batch.rowCount {
            let cells = zip(batch.schema, batch.columns).map { cell($1, $0.type, row) }
            result.append(cells.joined(separator: " "))
        }
    }
    return result
}

private func cell(_ vector: ColumnVector, _ type: ColumnType, _ row: Int) -> String {
    if vector.isNull(row) { return "-" }
    switch vector.values {
    case .boolean(let values): return "\(values[row])"
    case .int32(let values): return type.isUnsigned ? "\(UInt32(bitPattern: values[row]))" : "\(values[row])"
    case .int64(let values):
        if case .timestamp(let unit, _) = type { return instant(values[row], unit) }
        return type.isUnsigned ? "\(UInt64(bitPattern: values[row]))" : "\(values[row])"
    case .int128(let values): return "\(values[row])"
    case .float(let values): return "\(values[row].bitPattern)"
    case .double(let values): return "\(values[row].bitPattern)"
    case .bytes(let values): return "x" + Hex.string(values[row].bytes)
    case .none: return "-"
    }
}

private func instant(_ value: Int64, _ unit: TimeUnit) -> String {
    let factor: Int128 =
        switch unit {
        case .millisecond: 1_000_000
        case .microsecond: 1000
        case .nanosecond: 1
        }
    return "\(Int128(value) * factor)"
}

/// All batches of a file in memory.
func parquetBatches(_ bytes: [UInt8]) throws -> [ColumnBatch] {
    let reader = ParquetReader(try ParquetFile(MemoryParquetSource(bytes)), options: .init(batchRows: 700))
    var batches: [ColumnBatch] = []
    while let batch = try reader.next() { batches.append(batch) }
    return batches
}

/// The lines of a text, without the empty one at its end.
func lines(_ text: String) -> [String] { text.split(separator: "\n").map(String.init) }
