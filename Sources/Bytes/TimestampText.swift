/// Points in time (UTC, counted from 1970-01-01, leap seconds not counted) as text.
package enum TimestampText {
    private static let microsecondsPerDay: Int64 = 86_400_000_000

    /// `2024-01-31T12:34:56.123456Z`.
    package static func iso(microseconds: Int64) -> String {
        text(microseconds, dateSeparator: "-", timeSeparator: ":", fractionDigits: 6)
    }

    /// `2024-01-31T12:34:56.123Z`.
    package static func iso(milliseconds: Int64) -> String {
        text(milliseconds * 1_000, dateSeparator: "-", timeSeparator: ":", fractionDigits: 3)
    }

    /// `20240131T123456.123Z`, for file names.
    package static func compact(milliseconds: Int64) -> String {
        text(milliseconds * 1_000, dateSeparator: nil, timeSeparator: nil, fractionDigits: 3)
    }

    private static func text(
        _ microseconds: Int64, dateSeparator: Unicode.Scalar?, timeSeparator: Unicode.Scalar?,
        fractionDigits: Int
    ) -> String {
        let (days, rest) = floorDivide(microseconds, by: microsecondsPerDay)
        let date = CivilDate(daysSinceEpoch: Int(days))
        let seconds = Int(rest / 1_000_000)
        let fraction = Int(rest % 1_000_000)
        var writer = DigitWriter()
        writer.year(date.year)
        if let dateSeparator { writer.byte(dateSeparator) }
        writer.digits(date.month, width: 2)
        if let dateSeparator { writer.byte(dateSeparator) }
        writer.digits(date.day, width: 2)
        writer.byte("T")
        writer.digits(seconds / 3_600, width: 2)
        if let timeSeparator { writer.byte(timeSeparator) }
        writer.digits(seconds / 60 % 60, width: 2)
        if let timeSeparator { writer.byte(timeSeparator) }
        writer.digits(seconds % 60, width: 2)
        writer.byte(".")
        writer.digits(fractionDigits == 6 ? fraction : fraction / 1_000, width: fractionDigits)
        writer.byte("Z")
        return writer.text
    }

    /// Reads `2024-01-31`, then optionally `T` or a space and `12:34[:56[.1 to 9 digits]]`, then optionally `Z`
    /// or `±hh[[:]mm]`; without a zone it is UTC. Digits beyond the microsecond are cut off.
    package static func parseMicroseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DigitReader(text)
        guard let date = reader.date() else { return nil }
        var result = Int64(date.daysSinceEpoch)
        let (days, tooLarge) = result.multipliedReportingOverflow(by: microsecondsPerDay)
        if tooLarge { return nil }
        result = days
        guard !reader.isAtEnd else { return result }
        guard reader.take("T") || reader.take(" ") || reader.take("t"), let time = reader.timeOfDay() else {
            return nil
        }
        guard let offset = reader.zone(), reader.isAtEnd else { return nil }
        return result + time - offset
    }

    package static func parseMicroseconds(_ text: ByteString) -> Int64? {
        text.withUnsafeBytes { parseMicroseconds($0) }
    }

    /// Reads `20240131T123456.123Z`, as ``compact(milliseconds:)`` writes it.
    package static func parseCompactMilliseconds(_ text: UnsafeRawBufferPointer) -> Int64? {
        var reader = DigitReader(text)
        guard let year = reader.digits(4), let month = reader.digits(2), let day = reader.digits(2),
            let date = CivilDate(year: year, month: month, day: day), reader.take("T"),
            let hour = reader.digits(2),
            let minute = reader.digits(2), let second = reader.digits(2), hour < 24, minute < 60, second < 60,
            reader.take("."), let fraction = reader.digits(3), reader.take("Z"), reader.isAtEnd
        else { return nil }
        return Int64(date.daysSinceEpoch) * 86_400_000 + Int64((hour * 60 + minute) * 60 + second) * 1_000
            + Int64(fraction)
    }

    static func floorDivide(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension DigitReader {
    /// Microseconds since midnight.
    fileprivate mutating func timeOfDay() -> Int64? {
        guard let hour = digits(2), take(":"), let minute = digits(2), hour < 24, minute < 60 else {
            return nil
        }
        var result = Int64(hour * 60 + minute) * 60_000_000
        guard take(":") else { return result }
        guard let second = digits(2), second < 60 else { return nil }
        result += Int64(second) * 1_000_000
        guard take(".") else { return result }
        guard var (fraction, count) = digits(upTo: 9) else { return nil }
        while count > 6 {
            fraction /= 10
            count -= 1
        }
        while count < 6 {
            fraction *= 10
            count += 1
        }
        return result + Int64(fraction)
    }

    /// Microseconds that the zone is ahead of UTC.
    fileprivate mutating func zone() -> Int64? {
        if isAtEnd || take("Z") || take("z") { return 0 }
        let behind = take("-")
        guard behind || take("+"), let hour = digits(2), hour < 24 else { return nil }
        var minute = 0
        if !isAtEnd {
            _ = take(":")
            guard let value = digits(2), value < 60 else { return nil }
            minute = value
        }
        let offset = Int64(hour * 60 + minute) * 60_000_000
        return behind ? -offset : offset
    }
}
