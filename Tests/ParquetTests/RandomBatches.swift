import Bytes
import Parquet
import Records

/// A small generator whose sequence is fixed by its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

/// Every column type that a file may have.
let allTypes: [ColumnType] = [
    .boolean, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .float, .double, .string,
    .binary, .date, .timestamp(.millisecond, isUTC: true), .timestamp(.microsecond, isUTC: false),
    .timestamp(.nanosecond, isUTC: true), .decimal(precision: 7, scale: 2),
    .decimal(precision: 18, scale: 0), .decimal(precision: 38, scale: 10), .undecided,
]

/// Batches of random values whose shape (few or many distinct values, nulls, long strings) varies.
struct RandomBatches {
    var random: SeededGenerator
    /// Of 100 rows, how many are null; never for columns that are not nullable.
    var nullPercent = 20
    var longestString = 40
    /// How many different values a column has; 0 for as many as there are.
    var distinct = 0

    static func schema(_ types: [ColumnType], nullable: Bool = true) -> [TableSchema.Column] {
        types.enumerated().map { index, type in
            TableSchema.Column(
                id: index + 1, name: ByteString("c\(index)"), type: type,
                isNullable: nullable || type == .undecided)
        }
    }

    mutating func batch(_ schema: [TableSchema.Column], rows: Int) -> ColumnBatch {
        let columns = schema.map { vector($0, rows: rows) }
        return ColumnBatch(schema: schema, columns: columns, rowCount: rows)
    }

    private mutating func word() -> UInt64 {
        let word = random.next()
        guard distinct > 0 else { return word }
        var chosen = SeededGenerator(word % UInt64(distinct))
        return chosen.next()
    }

    private mutating func vector(_ column: TableSchema.Column, rows: Int) -> ColumnVector {
        if column.type.lane == .none { return ColumnVector(values: .none(count: rows)) }
        var validity = [UInt8](repeating: 1, count: rows)
        if column.isNullable {
            for row in 0..<rows where random.next() % 100 < UInt64(nullPercent) { validity[row] = 0 }
        }
        let values = values(column.type, validity)
        return ColumnVector(values: values, validity: validity.contains(0) ? validity : nil)
    }

    private mutating func values(_ type: ColumnType, _ validity: [UInt8]) -> ColumnValues {
        func each<T>(_ zero: T, _ make: () -> T) -> [T] { validity.map { $0 == 0 ? zero : make() } }
        switch type.lane {
        case .boolean: return .boolean(each(0) { UInt8(word() & 1) })
        case .int32: return .int32(each(0) { small(type, word()) })
        case .int64:
            return .int64(
                each(0) {
                    if case .decimal = type { return Int64(bitPattern: word()) % 1_000_000_000_000_000_000 }
                    return Int64(bitPattern: word())
                })
        case .int128:
            return .int128(each(0) { Int128(Int64(bitPattern: word())) * 1_000_000_000_000_000_000 + 7 })
        case .float: return .float(each(0) { Float(bitPattern: UInt32(truncatingIfNeeded: word())) })
        case .double: return .double(each(0) { Double(bitPattern: word()) })
        case .bytes:
            var column = ByteColumn()
            for level in validity {
                if level == 0 { column.appendEmpty() } else { column.append(text()) }
            }
            return .bytes(column)
        case .none: return .none(count: validity.count)
        }
    }

    private func small(_ type: ColumnType, _ word: UInt64) -> Int32 {
        switch type {
        case .int8: Int32(Int8(truncatingIfNeeded: word))
        case .uint8: Int32(UInt8(truncatingIfNeeded: word))
        case .int16: Int32(Int16(truncatingIfNeeded: word))
        case .uint16: Int32(UInt16(truncatingIfNeeded: word))
        case .decimal: Int32(truncatingIfNeeded: word) % 10_000_000
        case .date: Int32(word % 60000) - 20000
        default: Int32(truncatingIfNeeded: word)
        }
    }

    private mutating func text() -> ByteString {
        var letters = SeededGenerator(word())
        let length = Int(letters.next() % UInt64(longestString + 1))
        var scalars = String.UnicodeScalarView()
        for _ in 0..<length {
            let choice = letters.next()
            scalars.append(choice % 9 == 0 ? "ß" : Unicode.Scalar(UInt8(97 + choice % 26)))
        }
        return ByteString(String(scalars))
    }
}

/// Writes batches into memory.
func written(
    _ schema: [TableSchema.Column], _ batches: [ColumnBatch], _ options: ParquetWriter.Options = .init()
) throws -> [UInt8] {
    final class Bytes { var all: [UInt8] = [] }
    let bytes = Bytes()
    let writer = try ParquetWriter(schema: schema, options: options) { bytes.all.append(contentsOf: $0) }
    for batch in batches { try writer.append(batch) }
    let summary = try writer.finish()
    precondition(summary.footerEnd == bytes.all.count)
    precondition(summary.rowCount == batches.reduce(0) { $0 + $1.rowCount })
    return bytes.all
}

/// All rows as text, null as "-": two tables are equal where these are. Floats show their bits.
func rows(_ batches: [ColumnBatch]) -> [[String]] {
    var result: [[String]] = []
    for batch in batches {
        for row in 0..<batch.rowCount { result.append(batch.columns.map { cell($0, row) }) }
    }
    return result
}

private func cell(_ vector: ColumnVector, _ row: Int) -> String {
    if vector.isNull(row) { return "-" }
    switch vector.values {
    case .boolean(let values): return "\(values[row])"
    case .int32(let values): return "\(values[row])"
    case .int64(let values): return "\(values[row])"
    case .int128(let values): return "\(values[row])"
    case .float(let values): return "\(values[row].bitPattern)"
    case .double(let values): return "\(values[row].bitPattern)"
    case .bytes(let values): return Hex.string(values[row].bytes)
    case .none: return "-"
    }
}

func readAll(_ bytes: [UInt8], _ options: ParquetReader.Options = .init()) throws -> [ColumnBatch] {
    let reader = ParquetReader(try ParquetFile(MemoryParquetSource(bytes)), options: options)
    var batches: [ColumnBatch] = []
    while let batch = try reader.next() { batches.append(batch) }
    return batches
}
