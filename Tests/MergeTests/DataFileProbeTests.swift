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

    @Test("rows below any key are counted as a full decode counts them", arguments: keys)
    func counts(types: [ColumnType]) throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        let table = KeyTable(types)
        for (count, values) in [(1, 5), (2, 2), (400, 150), (500, 4)] {
            let (batch, keys) = table.batch(count, values: values, &random)
            let entry = try table.write(batch, options: DataFileProbeTests.small)
            let probe = try DataFileProbe(entry, schema: table.schema, open: { try table.context.open($0) })
            #expect(probe.rowCount == Int64(count) && probe.hasPageIndex)
            let asked = questions(keys)
            let expected = asked.map { Int64(rowsBelow($0, keys)) }
            let found = try probe.rowsBelow(asked)
            #expect(found == .init(counts: expected, isExact: true), "seed \(seed), \(count) rows")
            // In no order, one at a time.
            for key in asked.shuffled(using: &random).prefix(20) {
                let below = try probe.rowsBelow([key])
                #expect(below.isExact && below.counts == [Int64(rowsBelow(key, keys))], "seed \(seed)")
                #expect(try probe.firstKey(above: key) == keys.first { $0 > key }, "seed \(seed)")
            }
            for size in [1, 2, 7, count, 2_000] {
                try checkSample(try probe.sample(size), size, keys)
            }
        }
    }

    private func checkSample(_ sample: [(row: Int64, key: ByteString)], _ size: Int, _ keys: [ByteString])
        throws
    {
        #expect(sample.count == min(size, keys.count))
        #expect(sample.allSatisfy { $0.key == keys[Int($0.row)] })
        #expect(sample.first?.row == 0)
        if size > 1 { #expect(sample.last?.row == Int64(keys.count - 1)) }
        let steps = zip(sample, sample.dropFirst()).map { $1.row - $0.row }
        if let least = steps.min(), let most = steps.max() { #expect(least > 0 && most - least <= 1) }
    }

    @Test("without a page index what is exact is exact, and the rest says that it is estimated")
    func withoutPageIndex() throws {
        let seed = Seed.fresh()
        var random = SeededGenerator(seed: seed)
        for types in [[.int64], [.string, .int32]] as [[ColumnType]] {
            let table = KeyTable(types)
            let (batch, keys) = table.batch(800, values: 100, &random)
            let entry = try table.write(batch, options: DataFileProbeTests.small)
            let bytes = try KeyTable.withoutPageIndex(try table.bytes(entry))
            let groups = try ParquetFile(MemoryParquetSource(bytes)).rowGroups.map(\.rows)
            #expect(groups.count > 2)
            let source = CountingSource(bytes)
            let probe = try DataFileProbe(entry, schema: table.schema, open: { _ in source })
            #expect(!probe.hasPageIndex)
            let asked = questions(keys)
            var last: Int64 = 0
            var exactCount = 0
            for key in asked {
                let found = try probe.rowsBelow([key])
                let count = found.counts[0]
                let truth = rowsBelow(key, keys)
                #expect(count >= last && count <= 800, "seed \(seed)")
                last = count
                if found.isExact {
                    #expect(count == Int64(truth), "seed \(seed)")
                    exactCount += 1
                }
                // Off by less than the row group that it lies in.
                let group = try #require(groups.first { $0.lowerBound <= truth && truth <= $0.upperBound })
                #expect(abs(Int(count) - truth) < group.count, "seed \(seed)")
                let above = try probe.firstKey(above: key)
                #expect((above == nil) == (keys.last.map { $0 <= key } ?? true), "seed \(seed)")
                if let above { #expect(above > key && keys.contains(above), "seed \(seed)") }
            }
            #expect(exactCount > 2 && exactCount < asked.count)
            // All of a row group below, or none: at its first key where no row before it has that key.
            for group in groups
            where group.lowerBound > 0 && keys[group.lowerBound] != keys[group.lowerBound - 1] {
                let found = try probe.rowsBelow([keys[group.lowerBound]])
                #expect(found == .init(counts: [Int64(group.lowerBound)], isExact: true), "seed \(seed)")
            }
            for size in [1, 2, 3, 50] {
                let sample = try probe.sample(size)
                #expect(sample.count <= size && sample.allSatisfy { $0.key == keys[Int($0.row)] })
                #expect(sample.first?.row == 0 && (size == 1 || sample.last?.row == 799))
            }
        }
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
            let found = try probe.rowsBelow([wanted])
            #expect(found.isExact)
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
        #expect(try probe.rowsBelow([keys[0], keys[2], keys[3]]).counts == [0, 2, 3])
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
        #expect(try probe.rowsBelow(asked).counts == asked.map { Int64(rowsBelow($0, keys)) })
    }

    @Test("a table without a row key has one key for all rows")
    func noKey() throws {
        let table = KeyTable([])
        var random = SeededGenerator(seed: 1)
        let (batch, _) = table.batch(50, values: 3, &random)
        let entry = try table.write(batch, options: DataFileProbeTests.small)
        let probe = try DataFileProbe(entry, schema: table.schema, open: { try table.context.open($0) })
        #expect(try probe.rowsBelow(["", "a"]) == .init(counts: [0, 50], isExact: true))
        #expect(try probe.firstKey(above: "") == nil)
        #expect(try probe.sample(2).map(\.key) == ["", ""])
    }
}
