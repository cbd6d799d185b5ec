import Bytes

// Dates and timestamps.
extension ValueParser {
    /// `2024-01-31`, a year of four digits or, with a sign, more; days since 1970-01-01.
    package static func date(_ text: UnsafeRawBufferPointer) -> Int32? {
        var index = 0
        guard let days = days(text, &index), index == text.count else { return nil }
        return Int32(exactly: days)
    }

    /// `2024-01-31T12:34:56.123456Z` in units since 1970-01-01T00:00:00.
    ///
    /// `t` or a space may stand for `T`; seconds, and time altogether, may be missing; a fraction may have more
    /// digits than the unit where they are zeros. A UTC timestamp may end in `Z`, `z`, an offset (`+01:00`,
    /// `+0100`, `+01`), or nothing, which is UTC; one without a zone must not name one.
    package static func timestamp(_ text: UnsafeRawBufferPointer, _ unit: TimeUnit, isUTC: Bool) -> Int64? {
        var index = 0
        guard let days = days(text, &index) else { return nil }
        // A year has at most nine digits, so this is far from overflow.
        var seconds: Int64 = days * 86_400
        var fraction: Int64 = 0
        if index < text.count {
            guard isTimeSeparator(text[index]) else { return nil }
            index += 1
            guard let time = time(text, &index), let units = self.fraction(text, &index, unit) else {
                return nil
            }
            seconds += time
            fraction = units
            if index < text.count {
                guard isUTC, let offset = zone(text, &index) else { return nil }
                seconds -= offset
            }
        }
        guard index == text.count else { return nil }
        // The fraction is positive and the seconds may be far below zero, so the sum is taken wide.
        return Int64(exactly: Int128(seconds) * Int128(unit.perSecond) + Int128(fraction))
    }

    /// Whether a text of a timestamp names its zone.
    package static func hasZone(_ text: UnsafeRawBufferPointer) -> Bool {
        guard text.count > 16 else { return false }
        return text[16...].contains { $0 | 0x20 == UInt8(ascii: "z") || $0 == 0x2B || $0 == 0x2D }
    }

    private static func isTimeSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "T") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "t")
    }

    private static func days(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int64? {
        var sign: Int64 = 1
        var widest = 4
        if let first = text.first, first == UInt8(ascii: "-") || first == UInt8(ascii: "+") {
            sign = first == UInt8(ascii: "-") ? -1 : 1
            widest = 9
            index = 1
        }
        let start = index
        var year: Int64 = 0
        while index < text.count, index - start < widest {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            year = year * 10 + Int64(digit)
            index += 1
        }
        guard index - start >= 4, skip(text, &index, UInt8(ascii: "-")), let month = twoDigits(text, &index),
            skip(text, &index, UInt8(ascii: "-")), let day = twoDigits(text, &index)
        else { return nil }
        guard let date = CivilDate(year: Int(sign * year), month: Int(month), day: Int(day)) else {
            return nil
        }
        return Int64(date.daysSinceEpoch)
    }

    private static func time(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int64? {
        guard let hour = twoDigits(text, &index), hour < 24, skip(text, &index, UInt8(ascii: ":")),
            let minute = twoDigits(text, &index), minute < 60
        else { return nil }
        var second: Int64 = 0
        if index < text.count, text[index] == UInt8(ascii: ":") {
            index += 1
            guard let value = twoDigits(text, &index), value < 60 else { return nil }
            second = value
        }
        return hour * 3_600 + minute * 60 + second
    }

    private static func fraction(
        _ text: UnsafeRawBufferPointer, _ index: inout Int, _ unit: TimeUnit
    ) -> Int64? {
        guard index < text.count, text[index] == UInt8(ascii: ".") || text[index] == UInt8(ascii: ",")
        else { return 0 }
        index += 1
        let start = index
        var value: Int64 = 0
        while index < text.count {
            let digit = text[index] &- UInt8(ascii: "0")
            guard digit < 10 else { break }
            if index - start < unit.fractionDigits {
                value = value * 10 + Int64(digit)
            } else if digit != 0 {
                return nil
            }
            index += 1
        }
        guard index > start else { return nil }
        for _ in (index - start)..<max(unit.fractionDigits, index - start) { value *= 10 }
        return value
    }

    /// The seconds by which the zone is ahead of UTC.
    private static func zone(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int64? {
        let first = text[index]
        index += 1
        if first | 0x20 == UInt8(ascii: "z") { return 0 }
        guard first == UInt8(ascii: "+") || first == UInt8(ascii: "-"), let hours = twoDigits(text, &index),
            hours < 24
        else { return nil }
        var minutes: Int64 = 0
        if index < text.count {
            if text[index] == UInt8(ascii: ":") { index += 1 }
            guard let value = twoDigits(text, &index), value < 60 else { return nil }
            minutes = value
        }
        let offset = hours * 3_600 + minutes * 60
        return first == UInt8(ascii: "-") ? -offset : offset
    }

    private static func skip(_ text: UnsafeRawBufferPointer, _ index: inout Int, _ byte: UInt8) -> Bool {
        guard index < text.count, text[index] == byte else { return false }
        index += 1
        return true
    }

    private static func twoDigits(_ text: UnsafeRawBufferPointer, _ index: inout Int) -> Int64? {
        guard index + 2 <= text.count else { return nil }
        let tens = text[index] &- UInt8(ascii: "0")
        let ones = text[index + 1] &- UInt8(ascii: "0")
        guard tens < 10, ones < 10 else { return nil }
        index += 2
        return Int64(tens) * 10 + Int64(ones)
    }
}
