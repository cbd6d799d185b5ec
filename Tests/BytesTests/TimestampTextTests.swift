import Bytes
import Testing

@Suite("Dates and times")
struct TimestampTextTests {
    @Test("days and dates agree over 5,000 years")
    func dates() {
        var previous = CivilDate(daysSinceEpoch: -800_001)
        for days in -800_000..<1_100_000 where days % 7 == 0 || (days > -800 && days < 30_000) {
            let date = CivilDate(daysSinceEpoch: days)
            #expect(date.daysSinceEpoch == days)
            #expect(
                CivilDate(year: date.year, month: date.month, day: date.day) != nil && date != previous)
            previous = date
        }
        #expect(CivilDate(daysSinceEpoch: 0).text == "1970-01-01")
        #expect(CivilDate(daysSinceEpoch: 19_753).text == "2024-01-31")
        #expect(CivilDate(daysSinceEpoch: -1).text == "1969-12-31")
        #expect(CivilDate("2000-02-29")?.daysSinceEpoch == 11_016)
    }

    @Test(
        "what the calendar does not have is refused",
        arguments: [
            "2023-02-29", "1900-02-29", "2024-13-01", "2024-00-10", "2024-04-31", "2024-1-1", "24-01-01", "",
            "2024-01-01 ", "2024/01/01", "2024-01-0x",
        ])
    func refusedDates(text: String) { #expect(CivilDate(ByteString(text)) == nil) }

    @Test("timestamps are written and read")
    func roundTrip() {
        let cases: [(Int64, String)] = [
            (0, "1970-01-01T00:00:00.000000Z"), (1_706_704_496_123_456, "2024-01-31T12:34:56.123456Z"),
            (-1, "1969-12-31T23:59:59.999999Z"), (253_402_300_800_000_000, "+10000-01-01T00:00:00.000000Z"),
            (-62_198_755_200_000_000, "-0001-01-01T00:00:00.000000Z"),
        ]
        for (value, text) in cases {
            #expect(TimestampText.iso(microseconds: value) == text)
            #expect(TimestampText.parseMicroseconds(ByteString(text)) == value)
        }
        #expect(TimestampText.iso(milliseconds: 1_706_704_496_123) == "2024-01-31T12:34:56.123Z")
        #expect(TimestampText.compact(milliseconds: 1_706_704_496_123) == "20240131T123456.123Z")
        let compact = ByteString("20240131T123456.123Z")
        #expect(compact.withUnsafeBytes { TimestampText.parseCompactMilliseconds($0) } == 1_706_704_496_123)
    }

    @Test("the forms that other programs write are read")
    func forms() {
        let noon: Int64 = 1_706_702_400_000_000
        let cases: [(String, Int64?)] = [
            ("2024-01-31", noon - 43_200_000_000), ("2024-01-31 12:00", noon), ("2024-01-31T12:00:00", noon),
            ("2024-01-31T12:00:00.5", noon + 500_000), ("2024-01-31T12:00:00.123456789Z", noon + 123_456),
            ("2024-01-31T12:00:00+02:00", noon - 7_200_000_000),
            ("2024-01-31T12:00:00-0130", noon + 5_400_000_000),
            ("2024-01-31 12:00:00+00", noon), ("2024-01-31T24:00:00", nil), ("2024-01-31T12:60:00", nil),
            ("2024-01-31T12:00:60", nil), ("2024-01-31T12", nil), ("2024-01-31T", nil),
            ("2024-01-31T12:00:00.", nil),
            ("2024-01-31T12:00:00ZZ", nil), ("2024-01-31T12:00:00+", nil),
            ("2024-01-31T12:00:00.1234567890", nil),
        ]
        for (text, value) in cases {
            #expect(TimestampText.parseMicroseconds(ByteString(text)) == value, "\(text)")
        }
    }
}
