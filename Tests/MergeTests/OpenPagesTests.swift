import Bytes
import Metadata
import Parquet
import Platform
import Records
import Storage
import TestKit
import Testing

@testable import Merge

@Suite("The open pages of a merge")
struct OpenPagesTests {
    private static func input(
        _ low: ByteString, _ high: ByteString, _ openBytes: Int, shared: Int = 0, range: KeyRange = .all
    ) -> InputFootprint {
        InputFootprint(keys: low...high, range: range, openBytes: openBytes, sharedBytes: shared)
    }

    @Test("files that overlap are open together, others one after another")
    func overlaps() {
        let input = Self.input
        #expect(InputFootprint.openBytes([]) == 0)
        #expect(InputFootprint.openBytes([input("a", "c", 5, 0, .all), input("b", "d", 7, 0, .all)]) == 12)
        #expect(InputFootprint.openBytes([input("a", "b", 5, 0, .all), input("c", "d", 7, 0, .all)]) == 7)
        // A key at which two meet is in both.
        #expect(InputFootprint.openBytes([input("a", "b", 5, 0, .all), input("b", "d", 7, 0, .all)]) == 12)
        // What they use in turns counts once.
        #expect(InputFootprint.openBytes([input("a", "c", 5, 3, .all), input("b", "d", 7, 2, .all)]) == 15)
        let three = [
            input("a", "c", 5, 0, .all), input("b", "d", 7, 0, KeyRange(min: "c1")),
            input("e", "f", 100, 0, .all),
        ]
        #expect(InputFootprint.openBytes(three) == 100)
        #expect(InputFootprint.openBytes(three, in: KeyRange(max: "e")) == 7)
        #expect(InputFootprint.openBytes(three, in: KeyRange(min: "x")) == 0)
    }

    @Test(
        "leave what is left of the limit to rows", arguments: [1, 2, 3], [0, 1 << 20, 30 << 20, 64 << 20])
    func shares(ranges: Int, openBytes: Int) {
        let limit = 128 << 20
        let fits = MergeMemory.fits(openBytes: openBytes, ranges: ranges, footerBytes: 0, limitBytes: limit)
        #expect(fits == (ranges * openBytes <= limit / 2))
        let memory = MergeMemory(limitBytes: limit, ranges: ranges, openBytes: openBytes)
        let rows =
            memory.inputBytes + memory.rowGroupBytes + (MergeMemory.queuedBatches + 2) * memory.batchBytes
        if fits {
            #expect(ranges * (rows + openBytes) <= limit)
            #expect(ranges * rows >= limit / 4)
        } else {
            // The least that any merge has.
            #expect(ranges * rows >= limit / 10 && ranges * rows < limit)
        }
    }

    @Test("footers count once, whatever the ranges, and leave a quarter")
    func footers() {
        #expect(MergeMemory.fits(openBytes: 30, ranges: 1, footerBytes: 20, limitBytes: 100))
        #expect(!MergeMemory.fits(openBytes: 31, ranges: 1, footerBytes: 20, limitBytes: 100))
        #expect(!MergeMemory.fits(openBytes: 1, ranges: 1, footerBytes: .max, limitBytes: 100))
        #expect(!MergeMemory.fits(openBytes: .max / 2, ranges: 4, footerBytes: 0, limitBytes: .max))
        let much = MergeMemory(limitBytes: 1 << 20, footerBytes: 1 << 30)
        #expect(much.inputBytes == 3 * (1 << 20) / 4 / 8)
    }

    @Test("larger ones than expected take room from the blocks, up to a point")
    func account() {
        let pages = OpenPages(expectedBytes: 1_000)
        pages.changed(by: 900)
        #expect(pages.budget(800, lanes: 2) == 800)
        pages.changed(by: 500)
        #expect(pages.budget(800, lanes: 2) == 600)
        pages.changed(by: 100_000)
        #expect(pages.budget(800, lanes: 2) == 100)
        pages.changed(by: -101_400)
        #expect(pages.heldBytes == 0 && pages.peakBytes == 101_400)
        #expect(pages.budget(800, lanes: 2) == 800)
    }

    // MARK: Merges

    /// Files of which each has a page of about 500 KB open.
    private static func bigPages(_ table: SampleTable, files: Int = 4) throws -> [FileEntry] {
        let filler = String(repeating: "x", count: 990)
        var entries: [FileEntry] = []
        for file in 0..<files {
            let rows = (0..<1_000).map { row in
                SampleRow(
                    key: "\(10_000 + row * files + file)" + filler, number: Double(row), serial: Int64(row))
            }
            entries += try table.write(
                rows, batchRows: 1_000, options: DataFileOptions(pageBytes: 1 << 20, zstdLevel: 1))
        }
        return entries
    }

    private static func open(
        _ entries: [FileEntry], _ table: SampleTable
    ) throws -> [(file: OpenDataFile, range: KeyRange)] {
        try MergeInput.open(
            entries.map { MergeInput($0) }, schema: table.schema, isUpsert: table.kind == .upsert,
            { [context = table.context] in try context.open($0) })
    }

    @Test("are at most what was expected of the files", arguments: [TableKind.append, .upsert])
    func peak(kind: TableKind) throws {
        let table = SampleTable(kind)
        let entries = try Self.bigPages(table)
        let files = try Self.open(entries, table)
        let footprints = try files.map { try InputFootprint($0.file, range: $0.range) }
        let expected = InputFootprint.openBytes(footprints)
        #expect(expected > entries.count * 400_000)
        let inputBytes = 4 << 20
        let monitor = MergeMonitor(files.map { _ in MergeMonitor.Input(rows: 1_000, sizeBytes: 1) })
        let blocks = try MergedBlocks(
            files,
            options: MergedBlocks.Options(
                isUpsert: kind == .upsert, dropsDeletes: false, inputBytes: inputBytes, openBytes: expected),
            monitor: monitor)
        var rowCount = 0
        while let piece = try blocks.next() { rowCount += piece.rowCount }
        #expect(rowCount == entries.count * 1_000)
        // What is read ahead is of the blocks' share.
        #expect(blocks.pages.peakBytes <= expected + inputBytes / 4, "\(expected) expected")
        #expect(blocks.pages.peakBytes > expected / 3)
        #expect(blocks.pages.heldBytes == 0, "nothing is open at the end")
    }

    @Test("of two ranges are not open at once where they would not leave half of the limit")
    func ranges() throws {
        let table = SampleTable(.append)
        let entries = try Self.bigPages(table)
        let inputs = entries.map { MergeInput($0) }
        let footprints = try Self.open(entries, table).map { try InputFootprint($0.file, range: $0.range) }
        let demand = MergeDemand(footprints)
        let open = InputFootprint.openBytes(footprints)
        var outputs: [[SampleRow]] = []
        for (limit, ranges) in [
            (4 * open + 2 * demand.footerBytes, 2), (4 * open, 1), (2 * open, 1), (open, 1), (1, 1),
        ] {
            let result = try MergeRun(
                inputs, table.context, options: MergeRun.Options(rangeCount: 2, memoryBytes: limit)
            ).run()
            #expect(result.outputs.count == ranges, "\(limit) of \(open)")
            outputs.append(try result.outputs.flatMap { try table.stored($0) })
        }
        #expect(outputs.allSatisfy { $0 == outputs[0] && $0.count == 4_000 })
    }

    @Test("say how many inputs can be merged at once")
    func demand() throws {
        let table = SampleTable(.append)
        let inputs = try Self.bigPages(table).map { MergeInput($0) }
        let demand = try MergeDemand(inputs, table.context)
        let limit = 4 << 20
        #expect(demand.count == 4)
        #expect(demand.fits(0..<2, memoryBytes: limit) && !demand.fits(0..<4, memoryBytes: limit))
        #expect(demand.fits(0..<4, memoryBytes: 128 << 20))
    }
}
