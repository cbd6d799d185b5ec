import Bytes
import Glibc

/// Cuts bytes into records of fields.
///
/// One step for each field: eight bytes are looked at together for the delimiter and the newline; a quote means
/// something only at the beginning of a field.
struct CSVTokenizer {
    let delimiter: UInt8
    /// Fields that every record must have; nil for the header.
    let fieldCount: Int?

    /// What one pass found.
    struct Result {
        var rowCount = 0
        /// Bytes up to the end of the last whole record.
        var consumed = 0
        /// Newlines in them.
        var lineCount = 0
        /// Set where the pass ended at something that is wrong.
        var failure: (offset: Int, message: String)?
    }

    private enum FieldEnd: UInt8 {
        case delimiter, record, incomplete
        /// What is wrong is at the index.
        case endlessQuote, textAfterQuote
    }

    /// Cuts whole records off the front of `bytes` until these, `fields` or `maximumRows` are used up.
    ///
    /// With `isLast` the last record may end without a newline.
    func tokenize(
        _ bytes: UnsafeRawBufferPointer, isLast: Bool, maximumRows: Int,
        into fields: UnsafeMutableBufferPointer<CSVField>
    ) -> Result {
        var result = Result()
        var used = 0
        let width = fieldCount ?? fields.count
        while result.rowCount < maximumRows, used + width <= fields.count, result.consumed < bytes.count {
            var index = result.consumed
            if fieldCount != 1, let next = blankLine(bytes, index, isLast) {
                guard next > index else { return result }
                result.consumed = next
                result.lineCount += 1
                continue
            }
            var count = 0
            var newlines = 0
            record: while true {
                guard count < width else {
                    result.failure = (index, tooMany(bytes, index))
                    return result
                }
                var field = CSVField(0, 0)
                let end = next(bytes, &index, isLast, &field, &newlines)
                switch end {
                case .delimiter:
                    fields[used + count] = field
                    count += 1
                case .record:
                    fields[used + count] = field
                    count += 1
                    break record
                case .incomplete: return result
                case .endlessQuote:
                    result.failure = (index, "a quote is never closed")
                    return result
                case .textAfterQuote:
                    result.failure = (
                        index,
                        "a closing quote is followed by something else than a delimiter or a line's end"
                    )
                    return result
                }
            }
            if let fieldCount, count != fieldCount {
                let place = fields[used + count - 1].end
                result.failure = (place, "the record has \(count) fields, the header \(fieldCount)")
                return result
            }
            used += count
            result.rowCount += 1
            result.consumed = index
            result.lineCount += newlines
            if fieldCount == nil {
                result.rowCount = count
                return result
            }
        }
        return result
    }

    private func tooMany(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> String {
        guard let fieldCount else { return "the header has too many fields" }
        return "the record has more fields than the header, which has \(fieldCount)"
    }

    /// The offset behind a line without anything; `index` itself where that cannot be said yet; nil for others.
    @inline(__always)
    private func blankLine(_ bytes: UnsafeRawBufferPointer, _ index: Int, _ isLast: Bool) -> Int? {
        if bytes[index] == 0x0A { return index + 1 }
        guard bytes[index] == 0x0D else { return nil }
        if index + 1 == bytes.count { return isLast ? nil : index }
        return bytes[index + 1] == 0x0A ? index + 2 : nil
    }

    /// Takes the field at `index` and moves behind its delimiter or newline.
    @inline(__always)
    private func next(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ isLast: Bool, _ field: inout CSVField,
        _ newlines: inout Int
    ) -> FieldEnd {
        let start = index
        if start < bytes.count, bytes[start] == UInt8(ascii: "\"") {
            return quoted(bytes, &index, isLast, &field, &newlines)
        }
        let end = plainEnd(bytes, start)
        if end == bytes.count {
            guard isLast else { return .incomplete }
            index = end
            let hasReturn = end > start && bytes[end - 1] == 0x0D
            field = CSVField(start, hasReturn ? end - 1 : end)
            return .record
        }
        index = end + 1
        if bytes[end] == delimiter {
            field = CSVField(start, end)
            return .delimiter
        }
        newlines += 1
        field = CSVField(start, end > start && bytes[end - 1] == 0x0D ? end - 1 : end)
        return .record
    }

    /// The next delimiter or newline.
    @inline(__always)
    private func plainEnd(_ bytes: UnsafeRawBufferPointer, _ start: Int) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let lows: UInt64 = ones &* 0x7F
        var index = start
        while index + 8 <= bytes.count {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let a = word ^ (ones &* UInt64(delimiter))
            let b = word ^ (ones &* 0x0A)
            // The high bit of every byte that is zero in a or in b, exactly.
            let found = ~((((a & lows) &+ lows) | a) & (((b & lows) &+ lows) | b)) & (ones &* 0x80)
            if found != 0 { return index + found.trailingZeroBitCount >> 3 }
            index += 8
        }
        while index < bytes.count, bytes[index] != delimiter, bytes[index] != 0x0A { index += 1 }
        return index
    }

    private func quoted(
        _ bytes: UnsafeRawBufferPointer, _ index: inout Int, _ isLast: Bool, _ field: inout CSVField,
        _ newlines: inout Int
    ) -> FieldEnd {
        let opening = index
        // The field begins with a quote, so there are bytes and an address.
        let base = bytes.baseAddress.unsafelyUnwrapped
        var place = opening + 1
        var hasEscapes = false
        while true {
            guard let found = memchr(base + place, 0x22, bytes.count - place) else {
                return isLast ? .endlessQuote : .incomplete
            }
            place = UnsafeRawPointer(found) - base
            if place + 1 == bytes.count, !isLast { return .incomplete }
            guard place + 1 < bytes.count, bytes[place + 1] == UInt8(ascii: "\"") else { break }
            hasEscapes = true
            place += 2
        }
        field = CSVField(quoted: opening + 1, place, hasEscapes: hasEscapes)
        for inside in (opening + 1)..<place where bytes[inside] == 0x0A { newlines += 1 }
        place += 1
        if place == bytes.count {
            index = place
            return .record
        }
        if bytes[place] == delimiter {
            index = place + 1
            return .delimiter
        }
        if bytes[place] == 0x0D {
            place += 1
            if place == bytes.count {
                index = place
                return isLast ? .record : .incomplete
            }
        }
        guard bytes[place] == 0x0A else {
            index = place
            return .textAfterQuote
        }
        newlines += 1
        index = place + 1
        return .record
    }
}
