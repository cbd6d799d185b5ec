import Bytes
import Records
import Testing

@testable import Parquet

/// What a reader holds of a file is known before it is read.
@Suite("What a reader holds")
struct FootprintTests {
    struct Layout: Sendable, CustomTestStringConvertible {
        var pageRows: Int
        var distinct: Int
        var level: Int? = 1
        var testDescription: String { "pages of \(pageRows) rows, \(distinct) values, zstd \(level ?? 0)" }
    }

    private static let rows = 60_000
    private static let schema = RandomBatches.schema([.int64, .int32, .string, .boolean], nullable: true)

    private static func file(_ layout: Layout) throws -> [UInt8] {
        var random = RandomBatches(random: SeededGenerator(3))
        random.distinct = layout.distinct
        let options = ParquetWriter.Options(
            rowGroupRows: 25_000, pageBytes: 1 << 30, pageRows: layout.pageRows, zstdLevel: layout.level)
        return try written(schema, [random.batch(schema, rows: rows)], options)
    }

    /// The most that a reader held, and its rows.
    private static func read(
        _ file: ParquetFile, scratch: ReadScratch = ReadScratch()
    ) throws -> (held: Int, batches: [ColumnBatch]) {
        let reader = ParquetReader(
            file, options: ParquetReader.Options(batchRows: 500, readAhead: 4_096), scratch: scratch)
        var held = 0
        var batches: [ColumnBatch] = []
        while let batch = try reader.next() {
            held = max(held, reader.heldBytes)
            batches.append(batch)
        }
        return (held, batches)
    }

    @Test(
        "is what the footer, the page index and a few headers let expect",
        arguments: [
            Layout(pageRows: 20_000, distinct: 0), Layout(pageRows: 20_000, distinct: 5_000),
            Layout(pageRows: 20_000, distinct: 0, level: nil), Layout(pageRows: 1_000, distinct: 0),
            Layout(pageRows: 25_000, distinct: 7),
        ])
    func expected(layout: Layout) throws {
        let file = try ParquetFile(MemoryParquetSource(try FootprintTests.file(layout)))
        let footprint = try file.footprint(columns: Array(file.columns.indices))
        let (held, _) = try FootprintTests.read(file)
        // Windows and the rounding of allocations come to the pages.
        let windows = file.columns.count * (2 * 4_096 + 1_024)
        #expect(held <= footprint.openBytes + windows, "\(held) held, \(footprint.openBytes) expected")
        // A small chunk is taken whole.
        #expect(footprint.openBytes <= held * 3 / 2 + windows + (64 << 10))
    }

    @Test("is not how large a page is in the file: that is memory of all readers together")
    func stored() throws {
        let layout = Layout(pageRows: 25_000, distinct: 0, level: nil)
        let file = try ParquetFile(MemoryParquetSource(try FootprintTests.file(layout)))
        let scratch = ReadScratch()
        let (held, first) = try FootprintTests.read(file, scratch: scratch)
        let page = 25_000 * 20
        #expect(scratch.body.capacity > page, "strings of 20 letters on average")
        #expect(held < file.rowGroups[0].uncompressedSize * 5 / 4)
        // Another reader of the same thread reads the same with the same memory.
        let (_, second) = try FootprintTests.read(file, scratch: scratch)
        let all = ParquetTests.rows(first)
        #expect(all == ParquetTests.rows(second))
        #expect(all == ParquetTests.rows(try readAll(try FootprintTests.file(layout))))
    }

    @Test("is told from the first pages and what is usual where there is no page index")
    func withoutIndex() throws {
        var bytes = try FootprintTests.file(Layout(pageRows: 1_000, distinct: 0))
        let whole = try ParquetFile(MemoryParquetSource(bytes))
        #expect(try whole.footprint(columns: [0, 2]).openBytes < 100_000)
        for span in whole.rowGroups.flatMap(\.chunks).compactMap(\.offsetIndex) {
            for place in span.offset..<span.offset + span.size { bytes[place] = 0xFF }
        }
        let file = try ParquetFile(MemoryParquetSource(bytes))
        // Pages of 1 MiB may follow, but none is larger than its chunk.
        let largest = [0, 2].map { column in
            file.rowGroups.map { $0.chunks[column].uncompressedSize }.max() ?? 0
        }
        let footprint = try file.footprint(columns: [0, 2])
        #expect(footprint.openBytes == largest.reduce(0, +) && footprint.openBytes > 500_000)
        #expect(footprint.sharedBytes == file.rowGroups.map { $0.chunks[2].compressedSize }.max())
    }
}
