import Bytes
import Records
import Synchronization
import Testing

@testable import Parquet

/// Single pages are found by the offset index, and say what reading from the front says.
struct SeekingTests {
    struct Layout: Sendable, CustomTestStringConvertible {
        var distinct: Int
        var nullPercent: Int
        var isNullable = true
        var level: Int?
        var testDescription: String { "\(distinct) values, \(nullPercent) % null, zstd \(level ?? 0)" }
    }

    private static func file(_ layout: Layout, rows: Int = 700) throws -> (bytes: [UInt8], all: [[String]]) {
        var random = RandomBatches(random: SeededGenerator(11))
        random.distinct = layout.distinct
        random.nullPercent = layout.nullPercent
        let schema = RandomBatches.schema(allTypes, nullable: layout.isNullable)
        let batch = random.batch(schema, rows: rows)
        let options = ParquetWriter.Options(
            rowGroupRows: 300, pageBytes: 400, pageRows: 40, zstdLevel: layout.level)
        return (try written(schema, [batch], options), ParquetTests.rows([batch]))
    }

    @Test(
        "any row is found from anywhere, and what follows it is read",
        arguments: [
            Layout(distinct: 0, nullPercent: 20), Layout(distinct: 5, nullPercent: 20, level: 1),
            Layout(distinct: 5, nullPercent: 100), Layout(distinct: 0, nullPercent: 0, isNullable: false),
        ])
    func anywhere(layout: Layout) throws {
        let (bytes, all) = try SeekingTests.file(layout)
        let file = try ParquetFile(MemoryParquetSource(bytes))
        #expect(file.rowGroups.count == 3)
        var random = SeededGenerator(5)
        for column in file.columns.indices {
            for (number, group) in file.rowGroups.enumerated() {
                guard file.columns[column].type.lane != .none else { continue }
                let pages = try #require(try file.pageLocations(rowGroup: number, column: column))
                #expect(pages.count > 2)
                let reader = try ColumnChunkReader(file, rowGroup: number, column: column, readAhead: 0)
                for _ in 0..<12 {
                    let row = Int(random.next() % UInt64(group.rows.count))
                    let count = min(Int(random.next() % 90) + 1, group.rows.count - row)
                    try reader.seek(to: row, in: pages)
                    let vector = try reader.read(count)
                    #expect(reader.rowsLeft == group.rows.count - row - count)
                    let read = ParquetTests.rows([
                        ColumnBatch(schema: [file.columns[column]], columns: [vector], rowCount: count)
                    ])
                    let first = group.rows.lowerBound + row
                    #expect(read == all[first..<first + count].map { [$0[column]] }, "\(row)")
                }
            }
        }
    }

    @Test(
        "the headers of the pages say what the offset index says",
        arguments: [
            Layout(distinct: 0, nullPercent: 20), Layout(distinct: 5, nullPercent: 20, level: 1),
            Layout(distinct: 0, nullPercent: 0, isNullable: false),
        ])
    func headers(layout: Layout) throws {
        let (bytes, all) = try SeekingTests.file(layout)
        let file = try ParquetFile(MemoryParquetSource(bytes))
        for column in file.columns.indices where file.columns[column].type.lane != .none {
            for (number, group) in file.rowGroups.enumerated() {
                let index = try #require(try file.pageLocations(rowGroup: number, column: column))
                let found = try file.pageLocations(byHeadersOf: number, column: column)
                #expect(found.pages.map(\.offset) == index.pages.map(\.offset))
                #expect(found.pages.map(\.size) == index.pages.map(\.size))
                #expect(found.pages.map(\.firstRow) == index.pages.map(\.firstRow))
                // Forward by steps within pages and over their ends, and back.
                let reader = try ColumnChunkReader(file, rowGroup: number, column: column, readAhead: 0)
                let rows = Array(stride(from: 0, to: group.rows.count, by: 7)) + [group.rows.count - 1, 1]
                for row in rows {
                    try reader.move(to: row, in: found)
                    let read = ParquetTests.rows([
                        ColumnBatch(
                            schema: [file.columns[column]], columns: [try reader.read(1)], rowCount: 1)
                    ])
                    #expect(read == [[all[group.rows.lowerBound + row][column]]], "\(row)")
                }
            }
        }
    }

    @Test("a range of rows is read by its own pages alone")
    func ranges() throws {
        let (bytes, all) = try SeekingTests.file(Layout(distinct: 0, nullPercent: 20))
        let source = CountingSource(bytes)
        let file = try ParquetFile(source)
        for range in [0..<700, 299..<301, 1..<2, 250..<270, 650..<700, 310..<590] {
            let before = source.bytesRead
            let reader = ParquetReader(file, rows: range, options: .init(batchRows: 33, readAhead: 1))
            var batches: [ColumnBatch] = []
            while let batch = try reader.next(atMost: 7) {
                #expect(batch.rowCount <= 7)
                batches.append(batch)
            }
            #expect(rows(batches) == Array(all[range]), "\(range)")
            if range.count < 3 { #expect(source.bytesRead - before < bytes.count / 2) }
        }
    }

    @Test("an offset index that cannot be is as good as none, and one that lies is found out")
    func lies() throws {
        let (bytes, all) = try SeekingTests.file(Layout(distinct: 0, nullPercent: 0), rows: 200)
        let honest = try ParquetFile(MemoryParquetSource(bytes))
        let chunk = honest.rowGroups[0].chunks[4]
        let span = try #require(chunk.offsetIndex)
        let index = try StoredOffsetIndex(decoding: Array(bytes[span.offset..<span.offset + span.size]))
        func located(_ change: (inout StoredOffsetIndex) -> Void) -> PageLocations? {
            var changed = index
            change(&changed)
            return PageLocations(changed.pages, of: chunk, rowCount: 200)
        }
        #expect(located { _ in } != nil)
        #expect(located { $0.pages = [] } == nil)
        #expect(located { $0.pages[0].firstRow = 1 } == nil)
        #expect(located { $0.pages[1].firstRow = 300 } == nil)
        // A page behind the last row would be one without rows.
        #expect(located { $0.pages[$0.pages.count - 1].firstRow = 200 } == nil)
        #expect(located { $0.pages[2].firstRow = 0 } == nil)
        #expect(located { $0.pages[1].offset = 3 } == nil)
        #expect(located { $0.pages[1].offset = .max } == nil)
        #expect(located { $0.pages[1].size = .max } == nil)
        let lying = try #require(located { $0.pages[1].firstRow += 1 })
        let reader = try ColumnChunkReader(honest, rowGroup: 0, column: 4, readAhead: 0)
        let error = #expect(throws: ParquetError.self) { try reader.seek(to: 60, in: lying) }
        #expect(error?.kind == .malformed && error?.column == "c4")
        // Bytes that are no index at all: the rows are found by the headers of their pages.
        var garbled = bytes
        for place in span.offset..<span.offset + span.size { garbled[place] = 0xFF }
        let file = try ParquetFile(MemoryParquetSource(garbled))
        #expect(try file.pageLocations(rowGroup: 0, column: 4) == nil)
        let options = ParquetReader.Options(readAhead: 1)
        let read = ParquetReader(file, columns: [4], rows: 150..<151, options: options)
        let batch = try #require(try read.next())
        #expect(rows([batch]) == [[all[150][4]]])
    }
}

/// Counts what is read of a file in memory.
final class CountingSource: ParquetSource {
    private let inner: MemoryParquetSource
    private let count = Mutex(0)

    init(_ bytes: [UInt8]) { inner = MemoryParquetSource(bytes) }

    var sizeBytes: Int { inner.sizeBytes }
    var bytesRead: Int { count.withLock { $0 } }

    func read(at offset: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        count.withLock { $0 += buffer.count }
        try inner.read(at: offset, into: buffer)
    }
}
