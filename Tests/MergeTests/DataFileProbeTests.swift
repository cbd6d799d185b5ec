import Bytes
import Merge
import Metadata
import Parquet
import Records
import TestKit
import Testing

@Suite("A look at the keys of one file")
struct DataFileProbeTests {
    private static let keys: [[ColumnType]] = [
        [.boolean], [.int8], [.int16], [.int32], [.int64], [.uint8], [.uint16], [.uint32], [.uint64],
        [.float],
        [.double], [.string], [.binary], [.date], [.timestamp(.microsecond, isUTC: true)],
        [.decimal(precision: 7, scale: 2)], [.decimal(precision: 18, scale: 0)],
        [.decimal(precision: 38, scale: 10)], [.string, .int64], [.double, .string, .boolean],
        [.int64, .undecided],
    ]
    /// Pages of a few rows, whose columns do not end at the same rows.
    private static let small = DataFileOptions(rowGroupBytes: 4_000, pageBytes: 100)

    /// Keys of the file, and such as lie between, before and behind them.
    private func questions(_ keys: [ByteString]) -> [ByteString] {
        var asked: Set<ByteString> = ["", ByteString([0xFF]), ByteString([1])]
        for key in keys {
            asked.insert(key)
            asked.insert(key + ByteString([0]))
            asked.insert(ByteString(key.bytes.dropLast()))
        }
        return asked.sorted()
    }

    /// How many of the keys, which ascend, are below one.
    private func rowsBelow(_ key: ByteString, _ keys: [ByteString]) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// What the file tells, and what it would be without a page index.
    private func sources(_ table: KeyTable, _ entry: FileEntry) throws -> [[UInt8]] {
        let bytes = try table.bytes(entry)
        return [bytes, try KeyTable.withoutPageIndex(bytes)]
    }

    @Test(
        "rows below any key are counted as a full decode counts them, with a page index or without",
        arguments: keys)
    func counts(types: [ColumnType]) throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        let table = KeyTable(types)
        for (count, values) in [(1, 5), (2, 2), (400, 150), (500, 4)] {
            let (batch, keys) = table.batch(count, values: values, &random)
            let entry = try table.write(batch, options: DataFileProbeTests.small)
            for bytes in try sources(table, entry) {
                let probe = try DataFileProbe(
                    entry, schema: table.schema, open: { _ in MemoryParquetSource(bytes) })
                #expect(probe.rowCount == Int64(count))
                try check(probe, keys, "seed \(seed), \(count) rows", &random)
            }
        }
    }

    private func check(
        _ probe: DataFileProbe, _ keys: [ByteString], _ comment: Comment, _ random: inout SeededGenerator
    ) throws {
        let asked = questions(keys)
        #expect(try probe.rowsBelow(asked) == asked.map { Int64(rowsBelow($0, keys)) }, comment)
        // In no order, one at a time.
        for key in asked.shuffled(using: &random).prefix(20) {
            #expect(try probe.rowsBelow([key]) == [Int64(rowsBelow(key, keys))], comment)
            #expect(try probe.firstKey(above: key) == keys.first { $0 > key }, comment)
            let end = asked.randomElement(using: &random)
            let range = KeyRange(min: key, max: end)
            let inside = keys.indices.filter { range.contains(keys[$0]) }
            #expect(try probe.rowCount(in: range) == Int64(inside.count), comment)
            let bounds = try probe.bounds(in: range)
            #expect(bounds?.min == inside.first.map { keys[$0] }, comment)
            #expect(bounds?.max == inside.last.map { keys[$0] }, comment)
            try checkSample(
                try probe.sample(5, in: range), 5, keys, inside.first.map { $0..<inside.last! + 1 })
        }
        for size in [1, 2, 7, keys.count, 2_000] {
            try checkSample(try probe.sample(size), size, keys, 0..<keys.count)
        }
    }

    private func checkSample(
        _ sample: [(row: Int64, key: ByteString, rows: Int64)], _ size: Int, _ keys: [ByteString],
        _ rows: Range<Int>?
    ) throws {
        guard let rows else {
            #expect(sample.isEmpty)
            return
        }
        #expect(sample.count == min(size, rows.count))
        #expect(sample.allSatisfy { $0.key == keys[Int($0.row)] })
        #expect(sample.first?.row == Int64(rows.lowerBound))
        if size > 1 { #expect(sample.last?.row == Int64(rows.upperBound - 1)) }
        #expect(sample.reduce(0) { $0 + $1.rows } == Int64(rows.count))
        let steps = zip(sample, sample.dropFirst()).map { $1.row - $0.row }
        #expect(steps == sample.dropLast().map(\.rows))
        if let least = steps.min(), let most = steps.max() { #expect(least > 0 && most - least <= 1) }
    }

    @Test(
        "without a page index the headers of a row group's pages are read, once, and no page but those asked about"
    )
    func costWithoutPageIndex() throws {
        let table = KeyTable([.int64])
        var builder = BatchBuilder(schema: table.schema.columns)
        let rowCount = 120_000
        // Of numbers that nothing makes smaller.
        var random = SeededGenerator(seed: 9)
        let numbers = (0..<rowCount).map { _ in Int64.random(in: 0...Int64.max, using: &random) }.sorted()
        for (row, number) in numbers.enumerated() {
            builder.append(row: [.integer(Int128(row)), .integer(Int128(number))])
        }
        let entry = try table.write(
            builder.finish(), batchRows: 2_000,
            options: DataFileOptions(rowGroupBytes: 900_000, pageBytes: 16_000))
        let source = CountingSource(try KeyTable.withoutPageIndex(try table.bytes(entry)))
        let file = try ParquetFile(source)
        #expect(file.rowGroups.count > 1)
        let group = file.rowGroups.count / 2
        let rows = file.rowGroups[group].rows
        let pages = try file.pageLocations(byHeadersOf: group, column: 1).count
        #expect(try pages > 20 && file.pageLocations(rowGroup: group, column: 1) == nil)
        let size = file.rowGroups[group].chunks[1].compressedSize
        let probe = try DataFileProbe(entry, schema: table.schema, open: { _ in source })
        let keys = KeyEncoder(schema: table.schema)
        func key(_ row: Int) -> ByteString { keys.encode(values: [.integer(Int128(numbers[row]))]) }
        _ = source.takeReads()
        #expect(try probe.rowsBelow([key(rows.lowerBound + 100)]) == [Int64(rows.lowerBound + 100)])
        let first = source.takeReads()
        #expect(first.reduce(0, +) < size, "\(first) of \(size)")
        #expect(try probe.rowsBelow([key(rows.upperBound - 100)]) == [Int64(rows.upperBound - 100)])
        let second = source.takeReads()
        #expect(second.count < first.count - pages / 2 && second.reduce(0, +) < size / 2, "\(second)")
        // All rows from one to the next: each page is read once.
        #expect(try probe.sample(rowCount).map(\.key) == (0..<rowCount).map(key))
        let sequential = source.takeReads().reduce(0, +)
        let all = file.rowGroups.reduce(0) { $0 + $1.chunks[1].compressedSize }
        #expect(sequential < 2 * all, "\(sequential) of \(all)")
    }

    @Test("a question reads a few small ranges, as many as the logarithm of the pages")
    func cost() throws {
        let table = KeyTable([.int64])
        var builder = BatchBuilder(schema: table.schema.columns)
        let rowCount = 60_000
        for row in 0..<rowCount { builder.append(row: [.integer(Int128(row)), .integer(Int128(row) * 7)]) }
        let entry = try table.write(
            builder.finish(), batchRows: 64, options: DataFileOptions(pageBytes: 512))
        let source = CountingSource(try table.bytes(entry))
        let probe = try DataFileProbe(entry, schema: table.schema, open: { _ in source })
        let pages = try #require(
            try ParquetFile(source).pageLocations(rowGroup: 0, column: 1)?.count)
        #expect(pages > 800)
        _ = source.takeReads()
        let middle = try #require(try probe.sample(3).dropFirst().first)
        // The index once, then pages.
        let index = source.takeReads()
        #expect(index.max().map { $0 < 40_000 } == true)
        for wanted in [middle.key, middle.key + ByteString([0]), ByteString([1, 0x80, 0, 0, 0, 0, 1])] {
            _ = try probe.rowsBelow([wanted])
            let reads = source.takeReads()
            // Each step reads one page; the first key of the row group is asked for once.
            #expect(reads.count <= 16, "\(reads)")
            #expect(reads.reduce(0, +) < 90_000, "\(reads)")
        }
    }

    @Test("rows count as they lie in the file: superseded ones and delete markers too")
    func physicalRows() throws {
        let table = SampleTable(.upsert)
        let rows = [
            SampleRow(key: "a", number: 1, serial: 1), SampleRow(key: "a", number: 1, serial: 2),
            SampleRow(key: "b", number: 1, serial: 3, isDeleted: true),
            SampleRow(key: "c", number: 1, serial: 4),
        ]
        let entry = try #require(try table.write(rows).first)
        let keys = KeyEncoder(schema: SampleTable.schema).encode(table.batch(rows))
        let probe = try DataFileProbe(
            entry, schema: table.schema, open: { [context = table.context] in try context.open($0) })
        #expect(try probe.rowsBelow([keys[0], keys[2], keys[3]]) == [0, 2, 3])
        #expect(try probe.firstKey(above: keys[0]) == keys[2])
    }

    @Test("keys are those of the table's types, where the file has narrower ones")
    func widened() throws {
        let narrow = KeyTable([.int32])
        let wide = KeyTable([.int64])
        var random = SeededGenerator(seed: 4)
        let (batch, _) = narrow.batch(300, values: 90, &random)
        let entry = try narrow.write(batch, options: DataFileProbeTests.small)
        let reader = try DataFileReader(
            entry, try narrow.context.open(entry), schema: wide.schema, kind: .append)
        var keys: [ByteString] = []
        while let read = try reader.next() {
            let encoded = KeyEncoder(schema: wide.schema).encode(read)
            keys += (0..<encoded.count).map { encoded[$0] }
        }
        #expect(keys.count == 300)
        let probe = try DataFileProbe(entry, schema: wide.schema, open: { try narrow.context.open($0) })
        let asked = questions(keys)
        #expect(try probe.rowsBelow(asked) == asked.map { Int64(rowsBelow($0, keys)) })
    }

    @Test("a table without a row key has one key for all rows")
    func noKey() throws {
        let table = KeyTable([])
        var random = SeededGenerator(seed: 1)
        let (batch, _) = table.batch(50, values: 3, &random)
        let entry = try table.write(batch, options: DataFileProbeTests.small)
        let probe = try DataFileProbe(entry, schema: table.schema, open: { try table.context.open($0) })
        #expect(try probe.rowsBelow(["", "a"]) == [0, 50])
        #expect(try probe.firstKey(above: "") == nil)
        #expect(try probe.sample(2).map(\.key) == ["", ""])
    }
}
