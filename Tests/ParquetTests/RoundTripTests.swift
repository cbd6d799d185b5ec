import Bytes
import Parquet
import Records
import Testing

struct RoundTripTests {
    @Test("random batches of every type come back as they were", arguments: [true, false])
    func everyType(nullable: Bool) throws {
        for seed in UInt64(1)...12 {
            print("seed \(seed)")
            var random = RandomBatches(random: SeededGenerator(seed))
            random.distinct = [0, 3, 300][Int(seed % 3)]
            random.nullPercent = [0, 20, 97][Int(seed / 3 % 3)]
            let schema = RandomBatches.schema(allTypes, nullable: nullable)
            let batches = [random.batch(schema, rows: 130), random.batch(schema, rows: 77)]
            let options = ParquetWriter.Options(
                rowGroupRows: 150, pageBytes: 400, pageRows: 60, zstdLevel: seed % 2 == 0 ? 1 : nil)
            let bytes = try written(schema, batches, options)
            let read = try readAll(bytes, .init(batchRows: 50, readAhead: 4096))
            #expect(rows(read) == rows(batches), "seed \(seed)")
            #expect(read.first?.schema == schema)
        }
    }

    @Test(
        "pages end where they should whatever the number of rows",
        arguments: [0, 1, 7, 8, 9, 63, 64, 65, 128])
    func pageBoundaries(rowCount: Int) throws {
        var random = RandomBatches(random: SeededGenerator(UInt64(rowCount)))
        let schema = RandomBatches.schema([.int64, .string, .boolean])
        let batch = random.batch(schema, rows: rowCount)
        let bytes = try written(schema, [batch], .init(pageRows: 8))
        #expect(rows(try readAll(bytes)) == rows([batch]))
    }

    @Test("strings from nothing to 100 kB come back")
    func longStrings() throws {
        let schema = RandomBatches.schema([.string])
        var strings = ByteColumn()
        var random = SeededGenerator(5)
        for size in [0, 1, 15, 16, 17, 63, 64, 65, 4095, 65535, 65536, 100_000, 3, 0] {
            strings.append(ByteString((0..<size).map { _ in UInt8(97 + random.next() % 26) }))
        }
        let batch = ColumnBatch(
            schema: schema, columns: [ColumnVector(values: .bytes(strings))], rowCount: strings.count)
        #expect(rows(try readAll(try written(schema, [batch]))) == rows([batch]))
    }

    @Test("columns of nulls and files without rows or columns are files")
    func nothing() throws {
        let schema = RandomBatches.schema(allTypes)
        let nulls = ColumnBatch(
            schema: schema, columns: schema.map { _ in ColumnVector(values: .none(count: 40)) }, rowCount: 40)
        let read = try readAll(try written(schema, [nulls]))
        #expect(rows(read) == Array(repeating: Array(repeating: "-", count: schema.count), count: 40))
        #expect(try readAll(try written(schema, [])).isEmpty)
        #expect(try readAll(try written([], [])).isEmpty)
    }

    @Test("a range of rows and some columns are read from wherever they lie")
    func ranges() throws {
        var random = RandomBatches(random: SeededGenerator(9))
        let schema = RandomBatches.schema([.int64, .string, .double])
        let batch = random.batch(schema, rows: 500)
        let bytes = try written(schema, [batch], .init(rowGroupRows: 170, pageRows: 24))
        let file = try ParquetFile(MemoryParquetSource(bytes))
        let all = rows([batch])
        for range in [0..<1, 3..<170, 169..<171, 100..<400, 340..<500, 499..<500, 250..<250] {
            let reader = ParquetReader(file, columns: [1, 0], rows: range)
            var read: [ColumnBatch] = []
            while let next = try reader.next() { read.append(next) }
            #expect(rows(read) == all[range].map { [$0[1], $0[0]] }, "\(range)")
        }
    }

    @Test("a null in a required column is refused")
    func nullInRequired() throws {
        let schema = RandomBatches.schema([.int32], nullable: false)
        let batch = ColumnBatch(
            schema: schema, columns: [ColumnVector(values: .int32([1, 0]), validity: [1, 0])], rowCount: 2)
        #expect(throws: ParquetError.self) { try written(schema, [batch]) }
    }

    @Test("copied row groups read like the ones they were copied from")
    func copying() throws {
        var random = RandomBatches(random: SeededGenerator(11))
        let schema = RandomBatches.schema(allTypes)
        let first = random.batch(schema, rows: 90)
        random.distinct = 4
        let second = random.batch(schema, rows: 50)
        let file = try ParquetFile(
            MemoryParquetSource(try written(schema, [first], .init(rowGroupRows: 40, pageRows: 10))))
        var out: [UInt8] = []
        let writer = try ParquetWriter(schema: schema) { out.append(contentsOf: $0) }
        try writer.append(second)
        for group in file.rowGroups.indices { try writer.appendRowGroup(copying: file, rowGroup: group) }
        try writer.append(second)
        let summary = try writer.finish()
        #expect(summary.rowCount == 190)
        #expect(rows(try readAll(out)) == rows([second, first, second]))
        let copy = try ParquetFile(MemoryParquetSource(out))
        #expect(
            try copy.pageIndex(rowGroup: 1, column: 0)?.map(\.rows) == [50..<60, 60..<70, 70..<80, 80..<90])
        #expect(copy.statistics(rowGroup: 1, column: 4) == file.statistics(rowGroup: 0, column: 4))
    }
}
