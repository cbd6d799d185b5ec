import Bytes
import Glibc
import Records

/// Turns one column of a block's fields into values, in one loop that knows the type.
struct CSVColumnFiller {
    /// Appends the block's values of column `place` to `column`.
    func fill(_ column: inout ColumnBuilder, from scanner: CSVScanner, _ place: Int) throws(TextError) {
        switch column.type {
        case .boolean:
            column.nullCount += try fixed(scanner, place, column.type, &column.booleans, &column.validity, 0)
            {
                ValueParser.boolean($0).map { $0 ? 1 : 0 }
            }
        case .int8: try integers(&column, scanner, place, Int64(Int8.min)...Int64(Int8.max))
        case .int16: try integers(&column, scanner, place, Int64(Int16.min)...Int64(Int16.max))
        case .int32: try integers(&column, scanner, place, Int64(Int32.min)...Int64(Int32.max))
        case .uint8: try integers(&column, scanner, place, 0...0xFF)
        case .uint16: try integers(&column, scanner, place, 0...0xFFFF)
        case .uint32: try integers(&column, scanner, place, 0...Int64(UInt32.max))
        case .int64:
            column.nullCount += try fixed(scanner, place, column.type, &column.int64s, &column.validity, 0) {
                ValueParser.int64($0)
            }
        case .uint64:
            column.nullCount += try fixed(scanner, place, column.type, &column.int64s, &column.validity, 0) {
                ValueParser.integer128($0).flatMap { UInt64(exactly: $0) }.map { Int64(bitPattern: $0) }
            }
        case .float:
            column.nullCount += try fixed(scanner, place, column.type, &column.floats, &column.validity, 0) {
                ValueParser.float($0)
            }
        case .double:
            column.nullCount += try fixed(scanner, place, column.type, &column.doubles, &column.validity, 0) {
                ValueParser.double($0)
            }
        case .date:
            column.nullCount += try fixed(scanner, place, column.type, &column.int32s, &column.validity, 0) {
                ValueParser.date($0)
            }
        case .timestamp(let unit, let isUTC):
            column.nullCount += try fixed(scanner, place, column.type, &column.int64s, &column.validity, 0) {
                ValueParser.timestamp($0, unit, isUTC: isUTC)
            }
        case .decimal(let precision, let scale): try decimals(&column, scanner, place, precision, scale)
        case .string: strings(&column, scanner, place)
        case .binary, .undecided: try others(&column, scanner, place)
        }
    }

    private func integers(
        _ column: inout ColumnBuilder, _ scanner: CSVScanner, _ place: Int, _ range: ClosedRange<Int64>
    ) throws(TextError) {
        column.nullCount += try fixed(scanner, place, column.type, &column.int32s, &column.validity, 0) {
            guard let value = ValueParser.int64($0), range.contains(value) else { return nil }
            return Int32(truncatingIfNeeded: value)
        }
    }

    private func decimals(
        _ column: inout ColumnBuilder, _ scanner: CSVScanner, _ place: Int, _ precision: Int, _ scale: Int
    ) throws(TextError) {
        switch column.lane {
        case .int32:
            column.nullCount += try fixed(scanner, place, column.type, &column.int32s, &column.validity, 0) {
                ValueParser.decimal($0, precision: precision, scale: scale).map { Int32($0) }
            }
        case .int64:
            column.nullCount += try fixed(scanner, place, column.type, &column.int64s, &column.validity, 0) {
                ValueParser.decimal($0, precision: precision, scale: scale).map { Int64($0) }
            }
        default:
            column.nullCount += try fixed(scanner, place, column.type, &column.int128s, &column.validity, 0) {
                ValueParser.decimal($0, precision: precision, scale: scale)
            }
        }
    }

    /// The loop over one column; returns the number of nulls.
    @inline(__always)
    private func fixed<T: BitwiseCopyable>(
        _ scanner: CSVScanner, _ place: Int, _ type: ColumnType, _ values: inout [T],
        _ validity: inout [UInt8],
        _ zero: T, _ parse: (UnsafeRawBufferPointer) -> T?
    ) throws(TextError) -> Int {
        let rowCount = scanner.rowCount
        let width = scanner.names.count
        let base = scanner.base
        let fields = scanner.fieldTable
        var nullCount = 0
        var wrong: Int?
        withUnsafeTemporaryAllocation(of: T.self, capacity: rowCount) { parsed in
            withUnsafeTemporaryAllocation(byteCount: rowCount, alignment: 1) { valid in
                for row in 0..<rowCount {
                    let field = fields[row * width + place]
                    valid[row] = 1
                    if let value = field.hasEscapes ? nil : parse(field.text(base)) {
                        parsed[row] = value
                    } else if CSVNull.isNull(field, base) {
                        parsed[row] = zero
                        valid[row] = 0
                        nullCount += 1
                    } else {
                        wrong = row
                        return
                    }
                }
                values.append(contentsOf: parsed)
                validity.append(contentsOf: valid)
            }
        }
        if let wrong { throw scanner.mismatch(wrong, place, type) }
        return nullCount
    }

    private func strings(_ column: inout ColumnBuilder, _ scanner: CSVScanner, _ place: Int) {
        let rowCount = scanner.rowCount
        let width = scanner.names.count
        let base = scanner.base
        let fields = scanner.fieldTable
        var room = 0
        for row in 0..<rowCount {
            let field = fields[row * width + place]
            room += field.end - field.start
        }
        let start = column.bytes.data.count
        withUnsafeTemporaryAllocation(byteCount: max(room, 1), alignment: 1) { text in
            var used = 0
            for row in 0..<rowCount {
                let field = fields[row * width + place]
                let length = field.end - field.start
                if length == 0, !field.isQuoted {
                    column.validity.append(0)
                    column.nullCount += 1
                } else {
                    column.validity.append(1)
                    // The room of all fields was counted above; there is an address because room is at least 1.
                    let target = text.baseAddress.unsafelyUnwrapped + used
                    if field.hasEscapes {
                        let plain = field.unescaped(base)
                        plain.withUnsafeBytes {
                            target.copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: plain.count)
                        }
                        used += plain.count
                    } else {
                        memcpy(target, base + field.start, length)
                        used += length
                    }
                }
                column.bytes.offsets.append(UInt32(truncatingIfNeeded: start + used))
            }
            column.bytes.data.append(contentsOf: text[..<used])
        }
    }

    private func others(_ column: inout ColumnBuilder, _ scanner: CSVScanner, _ place: Int) throws(TextError)
    {
        for row in 0..<scanner.rowCount {
            let field = scanner.field(row, place)
            if CSVNull.isNull(field, scanner.base), !(column.type == .binary && field.isQuoted) {
                column.appendNull()
                continue
            }
            guard column.type == .binary, let value = Base64.decode(field.text(scanner.base)) else {
                throw scanner.mismatch(row, place, column.type)
            }
            column.append(bytes: ByteString(value))
        }
    }
}

/// What stands for a null in a column that is no string.
enum CSVNull {
    /// An empty field, quoted or not, or one of `NA`, `NULL`, `null`, `\N` without quotes.
    static func isNull(_ field: CSVField, _ base: UnsafeRawPointer) -> Bool {
        if field.isEmpty { return true }
        return !field.isQuoted && isWord(field.text(base))
    }

    static func isWord(_ text: UnsafeRawBufferPointer) -> Bool {
        switch text.count {
        case 2:
            let word = text.loadUnaligned(as: UInt16.self)
            return word == Self.word("NA") || word == Self.word("\\N")
        case 4:
            let word = text.loadUnaligned(as: UInt32.self)
            return word == Self.word("NULL") || word == Self.word("null")
        default: return false
        }
    }

    /// The bytes of a word of two or four letters as a number, as they lie in memory.
    @inline(__always)
    private static func word<T: FixedWidthInteger & BitwiseCopyable>(_ text: StaticString) -> T {
        UnsafeRawPointer(text.utf8Start).loadUnaligned(as: T.self)
    }
}
