import Bytes
import Compaction
import Metadata
import Platform
import TestKit
import Testing
import TransactionLog

@Suite("Rows that are too old")
struct AgeOffTests {
    private static let day: Int64 = 86_400_000

    private func table(_ kind: TableKind, days: Int) throws -> CompactionTable {
        let table = try CompactionTable(kind, schema: CompactionTable.agingSchema)
        try table.set("ageOff.column", "at")
        try table.set("ageOff.days", ByteString(String(days)))
        return table
    }

    /// Rows of so many days before now, one a day, the serial being the time.
    private func rows(_ table: CompactionTable, keys: Range<Int64>, daysAgo: (Int64) -> Int64) -> [SampleRow]
    {
        let now = table.clock.nowMilliseconds()
        return keys.map { SampleRow(key: $0, serial: now - daysAgo($0) * Self.day) }
    }

    @Test(
        "leave with their file where all of it is too old, without a merge, also where nothing else happens")
    func wholeFile() throws {
        let table = try table(.append, days: 10)
        try table.ingest(rows(table, keys: 0..<5) { _ in 20 })
        try table.ingest(rows(table, keys: 0..<5) { _ in 1 })
        let events = EventBox()
        table.compactor(events: events).runOnce()
        #expect(try table.rows().count == 5 && table.fileCount() == 1)
        #expect(table.log.current.garbage.count == 1 && events.summaries.isEmpty)
        #expect(events.all.contains { if case .aged = $0 { true } else { false } })
        // Time passes, nothing comes: the rest goes too.
        table.clock.advance(milliseconds: 12 * Self.day)
        let later = table.compactor()
        later.runOnce()
        #expect(table.fileCount() == 0)
    }

    @Test("leave as their file is merged, and only they", arguments: [TableKind.append, .upsert])
    func merged(kind: TableKind) throws {
        let table = try table(kind, days: 10)
        for round in 0..<5 {
            try table.ingest(rows(table, keys: 0..<20) { $0 + Int64(round) % 2 })
        }
        let expected = try table.rows().filter {
            $0.serial >= table.clock.nowMilliseconds() - 10 * Self.day
        }
        _ = try table.compactor().foreground()
        #expect(try table.rows() == expected)
        #expect(!expected.isEmpty)
    }

    @Test("of an upsert table stay while older rows of their key could come back")
    func hiding() throws {
        let table = try table(.upsert, days: 10)
        // The newest row of the key is older by its time than the one that it replaced.
        let now = table.clock.nowMilliseconds()
        try table.ingest([SampleRow(key: 1, serial: now)])
        let first = table.log.current.files(in: CompactionTable.partition("1")).map(\.id)
        try table.ingest([SampleRow(key: 1, serial: now - 30 * Self.day)])
        let second = table.log.current.files(in: CompactionTable.partition("1")).map(\.id)
            .filter { !first.contains($0) }
        let compactor = table.compactor()
        _ = try compactor.request(files: second)
        compactor.runOnce()
        #expect(try table.rows().map(\.serial) == [now - 30 * Self.day])
        _ = try compactor.request(partitions: [CompactionTable.partition("1")])
        compactor.runOnce()
        #expect(try table.rows() == [])
    }
}
