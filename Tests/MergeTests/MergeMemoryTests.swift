import Bytes
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit
import Testing

@testable import Merge

@Suite("The memory of a merge")
struct MergeMemoryTests {
    @Test(
        "the shares of all ranges together are less than the limit", arguments: [1, 2, 5],
        [16 << 20, 128 << 20, 1])
    func shares(ranges: Int, limit: Int) {
        let memory = MergeMemory(limitBytes: limit, ranges: ranges)
        let inFlight = (MergeMemory.queuedBatches + 2) * memory.batchBytes
        if limit > 1 { #expect(ranges * (memory.inputBytes + memory.rowGroupBytes + inFlight) < limit) }
        #expect(memory.inputBytes > 0 && memory.rowGroupBytes > 0 && memory.batchBytes > 0)
    }

    @Test("how many rows are taken at once follows what they hold, up and down")
    func pace() {
        var pace = RowPace(budgetBytes: 100_000)
        #expect(pace.rows == 64)
        var sizes: [Int] = []
        for rowBytes in [10, 10, 10, 10, 5_000, 5_000, 1_000_000, 10, 10] {
            pace.took(pace.rows, bytes: pace.rows * rowBytes)
            sizes.append(pace.rows)
        }
        #expect(sizes == [512, 4_096, 8_192, 8_192, 20, 20, 1, 8, 64])
    }

    /// Files of long texts; of so few that they stand in a dictionary, or each another one.
    private func wideFiles(_ table: SampleTable, distinct: Int) throws -> [FileEntry] {
        let texts = (0..<distinct).map { "\(1_000 + $0)" + String(repeating: "x", count: 996) }
        var entries: [FileEntry] = []
        for file in 0..<2 {
            let rows = (0..<320).map {
                SampleRow(key: texts[$0 * distinct / 320], number: Double($0 * 3 + file), serial: Int64($0))
            }
            entries += try table.write(rows, batchRows: 80)
        }
        return entries
    }

    @Test("pieces keep to their bytes where dictionaries hide how long the texts are")
    func dictionaries() throws {
        let table = SampleTable(.append)
        let entries = try wideFiles(table, distinct: 4)
        #expect(entries.allSatisfy { $0.sizeBytes < 50_000 }, "320 rows of 1,000 bytes")
        let files = try MergeInput.open(
            entries.map { MergeInput($0) }, schema: table.schema, isUpsert: false,
            { [context = table.context] in try context.open($0) })
        let monitor = MergeMonitor(files.map { _ in MergeMonitor.Input(rows: 320, sizeBytes: 1) })
        let blocks = try MergedBlocks(
            files,
            options: MergedBlocks.Options(
                isUpsert: false, dropsDeletes: false, inputBytes: 1 << 18, batchBytes: 20_000),
            monitor: monitor)
        var rowCount = 0
        var largest = 0
        while let piece = try blocks.next() {
            guard case .rows(let batch) = piece.content else { continue }
            rowCount += batch.rowCount
            largest = max(largest, batch.byteCount)
        }
        #expect(rowCount == 640)
        // The first piece is of a few rows, before anything is known.
        #expect(largest < 25_000 && largest > 10_000)
    }

    @Test("the row group that is written is a share of the limit")
    func rowGroups() throws {
        let table = SampleTable(.append)
        let entries = try wideFiles(table, distinct: 320)
        for (limit, ranges) in [(1 << 18, 1), (1 << 18, 2), (128 << 20, 1)] {
            let result = try MergeRun(
                entries.map { MergeInput($0) }, table.context,
                options: MergeRun.Options(rangeCount: ranges, memoryBytes: limit)
            ).run()
            #expect(result.rowsOut == 640)
            for output in result.outputs {
                let groups = try ParquetFile(try table.open(output)).rowGroups
                let most = groups.map(\.uncompressedSize).max() ?? 0
                // Over by the pieces that come before it is looked at.
                #expect(most < limit / ranges / 8 * 3 * 2 + 20_000)
                #expect(limit > 1 << 20 ? groups.count == 1 : groups.count > 2)
            }
        }
    }
}
